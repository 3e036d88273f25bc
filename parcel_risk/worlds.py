"""Chores on synthetic worlds: write them as files, describe them, play them against a running service."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from data.synthetic import World, generate, load_scenario
from data.synthetic.formats import by_day, write
from features.identity import IdentityKey
from features.parcel.problems import ParcelRiskError
from features.parcel.schema import OUTCOME_SCHEMA
from parcel_risk.console import out, working

_PER_REQUEST = 2_000
# What the API sets itself, or does not take from an officer.
_NOT_SENT = ("known_at", "cause", "propensity", "operator", "officer")


def day(text: str) -> date:
    """Read a day written as in 2026-11-01."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ParcelRiskError(f"{text!r} is not a day; write it as in 2026-11-01.") from error


def make_world(scenario: str, *, n_parcels: int, n_days: int, seed: int, end_on: date) -> World:
    """Generate a world with a progress bar."""
    chosen = load_scenario(scenario)
    with working(f"inventing {n_parcels:,} synthetic parcels ({chosen.title})") as progress:
        task = progress.task_ids[0]
        progress.update(task, total=1.0)
        return generate(
            chosen,
            n_parcels=n_parcels,
            n_days=n_days,
            seed=seed,
            end_on=end_on,
            progress=lambda share: progress.update(task, completed=share),
        )


def write_world(world: World, folder: Path, formats: tuple[str, ...], identity: IdentityKey | None = None) -> None:
    """Write a world as files; what parcels really held goes into a folder of its own."""
    with working(f"writing to {folder}"):
        files = write(world, folder, formats=formats, identity=identity)
    out.print(f"{world.parcels.height:,} synthetic parcels and {world.outcomes.height:,} outcomes in {folder}")
    out.print(f"{len(files):,} files: {', '.join(formats)}")


def describe_world(world: World, folder: Path, *, hardness: bool) -> Path:
    """Write the fact sheet of a world; with `hardness`, train the models that show how hard it is."""
    from data.synthetic.facts import fact_sheet
    from data.synthetic.hardness import measure

    found = None
    if hardness:
        with working("replaying and training, to see how hard the world is") as progress:
            task = progress.task_ids[0]
            progress.update(task, total=1.0)
            # The key only has to be the same within this sheet.
            found = measure(
                world,
                IdentityKey(b"fact sheet, nothing of it is kept"),
                progress=lambda share: progress.update(task, completed=share),
            )
    sheet = fact_sheet(world, world.scenario, folder, hardness=found)
    out.print(f"facts in {sheet}")
    return sheet


def play_world(world: World, address: str, *, key: str, officer_key: str | None, pause_s: float) -> None:
    """Lodge a world at a running service, one day after the other, and record outcomes on the day they became known.

    Every parcel is lodged by the operator of `key`, at the time of the service's clock. Outcomes are sent when
    `officer_key` is given.
    """
    outcomes = world.outcomes.with_columns(pl.col("known_at").dt.strftime("%Y-%m-%d").alias("day"))
    days = dict(by_day(world.parcels))
    with working("playing") as progress:
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
    counts = {"n_scored": 0, "n_open": 0}
    for start in range(0, parcels.height, _PER_REQUEST):
        rows = [given(row) for row in parcels.slice(start, _PER_REQUEST).drop("operator").to_dicts()]
        answer = _post(f"{address}/v1/manifests", key, {"parcels": rows})
        counts["n_scored"] += answer["n_scored"]
        counts["n_open"] += sum(item.get("referral") == "open" for item in answer["results"])
    return counts


def _record(address: str, key: str, outcomes: pl.DataFrame) -> int:
    names = [name for name in OUTCOME_SCHEMA if name not in _NOT_SENT]
    rows = [given(row) for row in outcomes.select(names).to_dicts()]
    return int(_post(f"{address}/v1/outcomes", key, {"outcomes": rows})["n_recorded"])


def given(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, down into the pieces."""
    return {
        name: [given(piece) for piece in value] if isinstance(value, list) else value
        for name, value in row.items()
        if value is not None
    }


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
