"""Command `synth`: invent a synthetic world, write it, describe it, or lodge it with a running service."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from features.identity import IdentityKey
from features.parcel.problems import ParcelRiskError
from features.parcel.schema import OUTCOME_SCHEMA
from parcel_risk.console import out, working
from serving.settings import Settings

if TYPE_CHECKING:
    from data.synthetic import World

_PER_REQUEST = 2_000
# What the API sets itself, or does not take from an officer.
_NOT_SENT = ("known_at", "cause", "propensity", "operator", "officer")


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
    facts: Annotated[bool, typer.Option("--facts", help="Write a fact sheet with plots next to the files.")] = False,
    hardness: Annotated[bool, typer.Option("--hardness", help="Train models for the sheet; takes minutes.")] = False,
    service: Annotated[str, typer.Option(help="Address of a running service: lodge the world there, day by day.")] = "",
    key: Annotated[
        str, typer.Option(help="Operator's API key, for --service.", envvar="PARCEL_RISK_OPERATOR_KEY")
    ] = "",
    officer_key: Annotated[
        str, typer.Option(help="Officer's API key, to record the outcomes as well.", envvar="PARCEL_RISK_OFFICER_KEY")
    ] = "",
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two days of the simulation.")] = 1.0,
) -> None:
    """Invent a synthetic world: manifests, outcomes of inspected parcels, and apart from them the truth."""
    from parcel_risk.worlds import make_world, write_world

    world = make_world(scenario, n_parcels=parcels, n_days=days, seed=seed, end_on=day(end))
    if service:
        lodge_world(world, service.rstrip("/"), key=key, officer_key=officer_key or None, pause_s=pause)
        return
    wanted = tuple(formats or ("csv", "outcomes", "truth"))
    identity = IdentityKey(Settings().secret("identity")) if "log" in wanted else None
    write_world(world, out_folder, wanted, identity)
    if facts or hardness:
        describe_world(world, out_folder, hardness=hardness)


def day(text: str) -> date:
    """Read a day written as in 2026-11-01."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ParcelRiskError(f"{text!r} is not a day; write it as in 2026-11-01.") from error


def describe_world(world: World, folder: Path, *, hardness: bool) -> Path:
    """Write the fact sheet of a world; with `hardness`, train the models that show how hard it is."""
    from data.synthetic.facts import fact_sheet
    from data.synthetic.hardness import measure

    measured = None
    if hardness:
        with working("replaying and training, to see how hard the world is") as progress:
            task = progress.task_ids[0]
            progress.update(task, total=1.0)
            # The key only has to be the same within this sheet.
            measured = measure(
                world,
                IdentityKey(b"fact sheet, nothing of it is kept"),
                progress=lambda share: progress.update(task, completed=share),
            )
    sheet = fact_sheet(world, world.scenario, folder, hardness=measured)
    out.print(f"facts in {sheet}")
    return sheet


def lodge_world(world: World, address: str, *, key: str, officer_key: str | None, pause_s: float) -> None:
    """Lodge a world with a running service, one day after the other, and record outcomes on the day they became known.

    Every parcel is lodged by the operator of `key`, at the time of the service's clock. Outcomes are sent when
    `officer_key` is given.
    """
    from data.synthetic.formats import by_day

    outcomes = world.outcomes.with_columns(pl.col("known_at").dt.strftime("%Y-%m-%d").alias("day"))
    days = dict(by_day(world.parcels))
    with working("lodging") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=len(days))
        for today, parcels in days.items():
            lodged = _lodge(address, key, parcels)
            known = outcomes.filter(pl.col("day") == today) if officer_key else outcomes.clear()
            recorded = _record(address, officer_key, known) if officer_key and known.height else 0
            out.print(f"{today}: {lodged['n_scored']:,} scored, {lodged['n_open']:,} to open, {recorded:,} outcomes")
            progress.advance(task)
            time.sleep(pause_s)


def _lodge(address: str, key: str, parcels: pl.DataFrame) -> dict[str, int]:
    from parcel_risk.worlds import given

    counts = {"n_scored": 0, "n_open": 0}
    for start in range(0, parcels.height, _PER_REQUEST):
        rows = [given(row) for row in parcels.slice(start, _PER_REQUEST).drop("operator").to_dicts()]
        answer = _post(f"{address}/v1/manifests", key, {"parcels": rows})
        counts["n_scored"] += answer["n_scored"]
        counts["n_open"] += sum(item.get("referral") == "open" for item in answer["results"])
    return counts


def _record(address: str, key: str, outcomes: pl.DataFrame) -> int:
    from parcel_risk.worlds import given

    names = [name for name in OUTCOME_SCHEMA if name not in _NOT_SENT]
    rows = [given(row) for row in outcomes.select(names).to_dicts()]
    return int(_post(f"{address}/v1/outcomes", key, {"outcomes": rows})["n_recorded"])


def _post(url: str, key: str, body: dict[str, Any]) -> Any:
    data = json.dumps(body, default=lambda moment: moment.isoformat()).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=120) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise ParcelRiskError(f"{url} answered {error.code}: {_detail(error)}") from error
    except (urllib.error.URLError, ValueError) as error:
        raise ParcelRiskError(f"{url} cannot be reached: is the service running there?") from error


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError):
        return error.reason
