"""The `parcel-risk` command. Heavy packages are imported by the chore that needs them, so that --help is quick."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from features.identity import IdentityKey
from features.parcel.problems import ParcelRiskError
from parcel_risk.console import err, out
from parcel_risk.learning_commands import app as learning
from serving.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Risk scores for postal and courier parcels: manifests in, an explained and signed advice out.\n\n"
    "Try `parcel-risk demo` first: it plays one parcel's whole journey on synthetic data. Settings are environment "
    "variables that begin with PARCEL_RISK_; docs/settings.md lists them.",
)
app.add_typer(learning)
FileArg = Annotated[Path, typer.Argument(help="Manifest of any format.", show_default=False)]
MappingOpt = Annotated[Path | None, typer.Option("--mapping", help="Column mapping (TOML); see docs/mapping.md.")]
OutOpt = Annotated[Path | None, typer.Option("--out", help="Write one row per parcel to this Parquet file.")]
RejectionsOpt = Annotated[Path | None, typer.Option("--rejections", help="Write every rejection to this CSV file.")]


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Check the running service, print what was seen, and exit.")
    ] = False,
    parcels: Annotated[int, typer.Option(min=5_000, help="Parcels in the synthetic world.")] = 60_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic world.")] = 1,
) -> None:
    """Play one parcel's whole journey on synthetic data, then serve until Ctrl-C."""
    from parcel_risk.demo import run_demo

    run_demo(Settings(), once=once, n_parcels=parcels, seed=seed)


@app.command()
def init(approver: Annotated[str, typer.Option(help="Name of the local approver.")] = "local approver") -> None:
    """Make the secret keys of this installation, where they are missing."""
    from serving.keys import make_keys

    made = make_keys(Settings(), approver=approver)
    out.print("\n".join(f"made {path}" for path in made) or "nothing to make: all keys exist")


@app.command()
def migrate() -> None:
    """Upgrade the store of an earlier version; a copy of it is kept. Stop the service first."""
    from parcel_risk.migrate import migrate

    migrate(Settings())


@app.command()
def client(
    name: Annotated[str, typer.Argument(help="Name of the client, as it shall stand in the audit.")],
    operator: Annotated[str | None, typer.Option(help="Operator for whom it lodges parcels.")] = None,
    officer: Annotated[bool, typer.Option("--officer", help="It reads answers and records outcomes.")] = False,
) -> None:
    """Give a client an API key, which is shown once; a client that has keys already gets one more."""
    from parcel_risk.clients import new_client

    out.print(new_client(Settings(), name, operator=operator, officer=officer), soft_wrap=True)


@app.command()
def clients() -> None:
    """List the clients with their keys: identifier, last characters, end, and whether it is valid."""
    from parcel_risk.clients import list_clients

    list_clients(Settings())


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(help="Name of the client.", show_default=False)],
    overlap_hours: Annotated[float, typer.Option(min=0, help="Hours for which the earlier keys stay valid.")] = 24,
) -> None:
    """Give a client a new API key, which is shown once; its earlier keys expire after an overlap."""
    from parcel_risk.clients import rotate_key

    out.print(rotate_key(Settings(), name, overlap_hours=overlap_hours), soft_wrap=True)


@app.command()
def revoke(
    name: Annotated[str | None, typer.Argument(help="Client whose keys are all revoked.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option("--key", help="Identifier of the one key to revoke.")] = None,
) -> None:
    """Revoke the keys of a client, or one key, from now on."""
    from parcel_risk.clients import revoke_keys

    revoke_keys(Settings(), name, key)


@app.command()
def synth(
    scenario: Annotated[str, typer.Argument(help="A shipped scenario, or your own file ending in .toml.")] = "baseline",
    parcels: Annotated[int, typer.Option(min=100, help="Parcels in the world.")] = 60_000,
    days: Annotated[int, typer.Option(min=2, help="Days over which they are lodged.")] = 180,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same bytes.")] = 1,
    end: Annotated[str, typer.Option(help="Last day, as in 2026-09-30.")] = "2026-09-30",
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("var/synthetic"),
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="csv, outcomes, days, log, xml, json or truth; repeatable. Default: the first two, truth."
        ),
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help="Write a fact sheet with plots beside the files.")] = False,
    hardness: Annotated[bool, typer.Option("--hardness", help="Train models for the sheet; takes minutes.")] = False,
    play: Annotated[str, typer.Option(help="Address of a running service: lodge the world there, day by day.")] = "",
    key: Annotated[str, typer.Option(help="Operator's API key, to play.", envvar="PARCEL_RISK_OPERATOR_KEY")] = "",
    officer_key: Annotated[
        str, typer.Option(help="Officer's API key, to play the outcomes as well.", envvar="PARCEL_RISK_OFFICER_KEY")
    ] = "",
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two days that are played.")] = 1.0,
) -> None:
    """Invent a synthetic world: manifests, outcomes of inspected parcels, and apart from them the truth."""
    from parcel_risk.worlds import day, describe_world, make_world, play_world, write_world

    world = make_world(scenario, n_parcels=parcels, n_days=days, seed=seed, end_on=day(end))
    if play:
        play_world(world, play.rstrip("/"), key=key, officer_key=officer_key or None, pause_s=pause)
        return
    wanted = tuple(formats or ("csv", "outcomes", "truth"))
    identity = IdentityKey(Settings().secret("identity")) if "log" in wanted else None
    write_world(world, out_folder, wanted, identity)
    if facts or hardness:
        describe_world(world, out_folder, hardness=hardness)


@app.command()
def ingest(
    file: Annotated[Path, typer.Argument(help="Manifest of any format, or a folder of them.", show_default=False)],
    mapping: MappingOpt = None,
    outcomes: Annotated[Path | None, typer.Option(help="CSV file of outcomes that belong to the parcels.")] = None,
    rejections: RejectionsOpt = None,
    operator: Annotated[
        str | None, typer.Option(help="Lodge the folder's files for this operator as of now, like the API does.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with files that arrive in the folder.")] = False,
) -> None:
    """Append files of the past to the log, or lodge files as of now; those of a folder move to `done` or `failed`."""
    from parcel_risk.chores import ingest_file, ingest_folder

    if file.is_dir():
        ingest_folder(Settings(), file, mapping, operator=operator, watch=watch)
        return
    if operator is not None or watch:
        raise ParcelRiskError(f"{file} is not a folder; --operator and --watch are for folders.")
    ingest_file(Settings(), file, mapping, outcomes, rejections)


@app.command()
def score(file: FileArg, mapping: MappingOpt = None, out_file: OutOpt = None, rejections: RejectionsOpt = None) -> None:
    """Score the parcels of a file as lodged now, like the API does, and store the answers."""
    from parcel_risk.chores import score_file

    score_file(Settings(), file, mapping, out_file, rejections)


@app.command()
def outcomes(file: FileArg, rejections: RejectionsOpt = None) -> None:
    """Record outcomes from a CSV file as known now, like the API does."""
    from parcel_risk.chores import record_file

    record_file(Settings(), file, rejections)


@app.command()
def log(out_folder: Annotated[Path, typer.Option("--out", help="Folder to write to.", show_default=False)]) -> None:
    """Write the event log, which holds no personal data, as Parquet files."""
    from parcel_risk.replaying import write_log

    write_log(Settings(), out_folder)


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(help="Folder with Parquet files of a log.", show_default=False)],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the feature rows.", show_default=False)],
    workers: Annotated[int, typer.Option(min=1, help="Processes, each with a part of the keys.")] = 1,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, or 'local' to start a cluster here.")
    ] = None,
) -> None:
    """Replay a log of any size into feature rows, one per parcel; a replay that was broken off goes on."""
    from parcel_risk.replaying import replay_log

    replay_log(folder, out_folder, n_workers=workers, dask=dask)


@app.command()
def explain(
    parcel: Annotated[str, typer.Argument(help="Identifier of a parcel in the log.", show_default=False)],
    operator: Annotated[str | None, typer.Option(help="Operator, where several used the identifier.")] = None,
) -> None:
    """Print every feature of a parcel: value, unit, words, and what is usual on its lane."""
    from parcel_risk.inquiry import explain_parcel

    explain_parcel(Settings(), parcel, operator)


@app.command(context_settings={"ignore_unknown_options": True})  # a key may be negative
def entity(
    kind: Annotated[str, typer.Argument(help="Kind of entity: sender, recipient, address, lane, look_alike ...")],
    key: Annotated[int | None, typer.Argument(help="Its key.", show_default=False)] = None,
    parcel: Annotated[str | None, typer.Option(help="Take it from this parcel.")] = None,
    operator: Annotated[str | None, typer.Option(help="Operator of the parcel or of the account.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the party.")] = None,
    street: Annotated[str | None, typer.Option(help="Street.")] = None,
    number: Annotated[str | None, typer.Option(help="House number.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Postcode.")] = None,
    city: Annotated[str | None, typer.Option(help="City.")] = None,
    country: Annotated[str | None, typer.Option(help="Country, two capitals.")] = None,
    phone: Annotated[str | None, typer.Option(help="Phone.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    account: Annotated[str | None, typer.Option(help="Account at the operator.")] = None,
    tax_id: Annotated[str | None, typer.Option(help="Tax number.")] = None,
) -> None:
    """Print the history of a sender, an address, a lane ...: its numbers, and the parcels behind them."""
    from parcel_risk.inquiry import show_entity

    given = {
        "name": name,
        "street": street,
        "number": number,
        "postcode": postcode,
        "city": city,
        "country": country,
        "phone": phone,
        "email": email,
        "account": account,
        "tax_id": tax_id,
    }
    party = {field: text for field, text in given.items() if text is not None}
    show_entity(Settings(), kind, key=key, parcel_id=parcel, operator=operator, party=party)


@app.command()
def serve() -> None:
    """Start the service; Ctrl-C ends it."""
    from parcel_risk.running import serve_forever

    serve_forever(Settings())


def main() -> None:
    """Run the command; failures end it with a sentence, not a traceback."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        app()
    except ParcelRiskError as error:
        err.print(f"parcel-risk: {error}", markup=False, soft_wrap=True)
        sys.exit(1)
    except FileExistsError as error:
        err.print(f"parcel-risk: {error.filename} exists and is no folder. Give another one.", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        err.print(
            f"parcel-risk: {what}. Give a file or folder that can be read or written.", markup=False, soft_wrap=True
        )
        sys.exit(1)
