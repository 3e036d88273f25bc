"""Commands `evidence ...`: a bag of everything that is on record of a parcel, and its check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from serving.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Bags of evidence: made for a parcel or a case, checked offline.")


@app.command("make")
def make(
    number: Annotated[str, typer.Argument(help="Number of the parcel.", show_default=False)],
    person: Annotated[str, typer.Option("--as", help="Who does it: a person with a valid key.", show_default=False)],
    case: Annotated[str, typer.Option(help="Own case number.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", help="Folder for both editions.", show_default=False)],
    operator: Annotated[str | None, typer.Option(help="Operator, where several use the number.")] = None,
    stamp: Annotated[
        bool,
        typer.Option("--stamp", help="Ask the authority of PARCEL_RISK_STAMP_URL for a time stamp of each edition."),
    ] = False,
) -> None:
    """Make a bag of evidence in two editions: full, and for disclosure with other persons and methods withheld."""
    settings = Settings()
    if stamp and not settings.stamp_url:
        raise ParcelRiskError(
            "no time-stamping authority is configured. Set PARCEL_RISK_STAMP_URL, or leave --stamp out."
        )
    made = make_bags(settings, number, person, case, to, operator=operator)
    if stamp:
        stamp_bags(made, settings.stamp_url)


@app.command("case")
def of_case(
    case: Annotated[str, typer.Argument(help="Own case number, as in the register of investigations.")],
    person: Annotated[str, typer.Option("--as", help="Who does it: a person with a valid key.", show_default=False)],
    to: Annotated[Path, typer.Option("--out", help="Folder for the folders 001, 002, ...", show_default=False)],
) -> None:
    """Make bags of every parcel that came under investigation in a case, each in a folder of its own."""
    settings = Settings()
    found = parcels_of_case(settings, case)
    if not found:
        raise ParcelRiskError(
            f"no parcel came under investigation in the case {case[:70]}. Check its number in the register of "
            "investigations, or make the bag of a single parcel with `evidence make`."
        )
    for position, (operator, number) in enumerate(found, start=1):
        make_bags(settings, number, person, case, to / f"{position:03}", operator=operator)


def parcels_of_case(settings: Settings, case: str) -> list[tuple[str, str]]:
    """Operator and number of the parcels of a case, in the order of the register; erased ones have none."""
    from serving.installation import opened_store
    from serving.store import log as event_log
    from serving.store.casework import investigations, rows

    with opened_store(settings) as store, store.begin_read() as connection:
        seqs = [one["seq"] for one in rows(connection, investigations) if one["case_reference"] == case]
        events = {event["seq"]: event for event in event_log.events_at(connection, seqs)}
    named = ((events[seq]["operator"], events[seq]["parcel_id"]) for seq in seqs)
    return list(dict.fromkeys((operator, number) for operator, number in named if number is not None))


def stamp_bags(made: dict[str, Path], url: str) -> None:
    """Write the stamp of each edition next to it."""
    from serving.office.stamping import STAMPED, asked_stamp

    for folder in made.values():
        path = folder.with_suffix(".tsr")
        path.write_bytes(asked_stamp((folder / STAMPED).read_bytes(), url))
        out.print(f"time stamp: {path}", markup=False, soft_wrap=True)


def make_bags(
    settings: Settings, number: str, person: str, case: str, to: Path, *, operator: str | None = None
) -> dict[str, Path]:
    """Make both editions next to a running service; return their folders by name."""
    from serving.installation import Installation
    from serving.office.bags import Order, put
    from serving.office.bags import make as make_both
    from serving.office.evidence import Sources
    from serving.office.persons import acting
    from serving.pages.evidence_pdf import record_files
    from serving.store import Connection, Role
    from serving.store.times import microseconds
    from serving.verification import checkpoints_of

    installation, kept = Installation.open(settings), checkpoints_of(settings)
    at = installation.clock()
    with installation.store() as store, installation.secrets.vault as vault:
        with store.begin_read() as connection:
            client = acting(connection, person, Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR, at_us=microseconds(at))

        def sources(connection: Connection) -> Sources:
            given = {"vault": vault, "models": installation.models, "draw_secret": settings.secret("draw")}
            return Sources(connection=connection, at_us=microseconds(at), client=client, **given)  # type: ignore[arg-type]

        order = Order(number=number, operator=operator, case=case, client=client, at=at)
        with working("gathering the evidence"):
            made = put(to, make_both(store, store.begin, sources, kept, order, record_files))
    for name, folder in made.items():
        out.print(f"{name}: {folder}", markup=False, soft_wrap=True)
    out.print(f"verify with the public key {kept.public_key}", soft_wrap=True)
    return made


@app.command("verify")
def verify(
    bag: Annotated[Path, typer.Argument(help="Folder of one edition.", show_default=False)],
    key: Annotated[str | None, typer.Option(help="Public key (hex). Default: that of this installation.")] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Later checkpoint of the log, as `audit checkpoint --since BAG/data/audit/made.checkpoint` writes it "
            "(or before.checkpoint, for a bag that was made in a restored copy)."
        ),
    ] = None,
    stamp: Annotated[Path | None, typer.Option(help="Time stamp of the bag (RFC 3161).")] = None,
    roots: Annotated[
        Path | None, typer.Option(help="Root certificates of the time-stamping authority, in PEM; needed with --stamp.")
    ] = None,
) -> None:
    """Check a bag, and say where it was changed; `verify.py` in the bag does the same without this program."""
    from serving.office.bag_verifier import Refused
    from serving.office.bag_verifier import verify as verify_bag
    from serving.office.checkpoints import text_of
    from serving.verification import public_key

    try:
        later = text_of(checkpoint) if checkpoint is not None else None
        for line in verify_bag(bag, key or public_key(Settings()), later):
            out.print(line, soft_wrap=True)
    except (Refused, ValueError, KeyError, IndexError) as error:
        raise ParcelRiskError(f"the bag is refused: {error}. Ask whoever made it for another copy.") from error
    if stamp is not None:
        _check_stamp(bag, stamp, roots)


def _check_stamp(bag: Path, stamp: Path, roots: Path | None) -> None:
    """Say when a bag was stamped."""
    from serving.office.stamping import STAMPED, stamped_at

    if roots is None:
        raise ParcelRiskError("roots: a stamp proves nothing without them. Give the authority's root with --roots.")
    at = stamped_at(stamp.read_bytes(), (bag / STAMPED).read_bytes(), roots)
    out.print(f"stamped at {at:%Y-%m-%d %H:%M:%S} UTC by an authority of {roots.name}", markup=False, soft_wrap=True)
