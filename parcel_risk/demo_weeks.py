"""The last weeks of the demonstration, lived through: parcels arrive hour by hour, and what is referred is opened.

So a supervisor sees what a capacity would have meant, an officer a queue, and an analyst a record, as in an office that
has worked with the model for four weeks. The clock of the installation moves with the parcels; results are the truth of
the synthetic world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from features.parcel.schema import LINE, PARCEL_SCHEMA
from serving.settings import Settings

if TYPE_CHECKING:
    from data.synthetic import World
    from serving.intake.submissions import Lodging
    from serving.office.office import Office
    from serving.store import Client

SIMULATED = timedelta(weeks=4)
"""As far back as a preview of capacities looks."""
_STEP = timedelta(hours=4)
_OPENED_AFTER = timedelta(hours=8)
_CONTAINS = "contains"
Key = tuple[str, str]
"""Operator and identifier."""


def weeks_of(folder: Path) -> Path:
    """File of the weeks that are not lived through yet."""
    return folder / "weeks.parquet"


def split(world: World, since: datetime) -> tuple[World, pl.DataFrame]:
    """The world as it was known at a time, and the parcels that came later with what they contain."""
    key = ["operator", "parcel_id"]
    early = world.parcels.filter(pl.col("lodged_at") < since)
    known = world.outcomes.filter(pl.col("known_at") < since).join(early.select(key), on=key, how="semi")
    late = world.parcels.filter(pl.col("lodged_at") >= since).sort("lodged_at", maintain_order=True)
    held = world.truth.select(*key, _CONTAINS)
    return replace(world, parcels=early, outcomes=known), late.join(held, on=key, how="left", maintain_order="left")


@dataclass
class _Clock:
    """The time that it is in the demonstration."""

    at: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at


def simulate(settings: Settings, weeks: pl.DataFrame, officer: str, progress: Callable[[int], None]) -> list[Key]:
    """Lodge the parcels of `weeks` when they came, and record what is found in those that are to be looked at.

    Parcels that an interrupted call has lodged are passed over.

    Parameters
    ----------
    officer:
        Name of the person who records what was found.
    progress:
        Of the parcels that were lodged.

    Returns
    -------
    list[Key]
        In which something was found, in the order of their lodging.
    """
    from serving.installation import Installation
    from serving.store import Client, Role
    from serving.store import log as event_log

    first = weeks["lodged_at"].min()
    if not isinstance(first, datetime):
        return []
    clock = _Clock(first)
    office = Installation.open(settings, clock=clock).office()
    try:
        with office.store.begin_read() as connection:
            newest = event_log.events_at(connection, [event_log.last_seq(connection)])
        lodged_at = max([first - _STEP, *(event["known_at"] for event in newest)])
        person = Client(client_id=officer, role=Role.OFFICER, operator=None)
        holds = {(operator, number): what for operator, number, what in weeks.select(*_HELD).iter_rows() if what}
        due: list[tuple[datetime, Key]] = []
        found: list[Key] = []
        for until, lodgings in _steps(office, weeks.filter(pl.col("lodged_at") > lodged_at)):
            clock.at = until
            _open([key for at, key in due if at <= until], holds, office, person)
            found += [key for at, key in due if at <= until and key in holds]
            due = [(at, key) for at, key in due if at > until]
            due += [(until + _OPENED_AFTER, key) for key in _lodge(office, lodgings)]
            progress(sum(one.n_rows for one in lodgings))
        return found
    finally:
        office.close()


_HELD = ("operator", "parcel_id", _CONTAINS)


def _steps(office: Office, weeks: pl.DataFrame) -> Iterator[tuple[datetime, list[Lodging]]]:
    """What the operators lodge in each step, with the time at which it ends."""
    from features.sources.adapter import Batch
    from features.sources.reading import checked
    from serving.intake.parts import of_lines
    from serving.intake.submissions import lodging_of
    from serving.store import Client, Role

    numbered = weeks.select(PARCEL_SCHEMA.names()).with_row_index(LINE, 1).with_columns(pl.col(LINE).cast(pl.Int64))
    reading = checked(Batch(rows=numbered, n_rows=numbered.height), reference=office.reference)
    step = pl.col("lodged_at").dt.truncate(_STEP)
    for (begins,), rows in reading.parcels.with_columns(step.alias("step")).group_by("step", maintain_order=True):
        lodgings = []
        for (operator,), part in rows.drop("step").group_by("operator", maintain_order=True):
            client = Client(client_id=str(operator), role=Role.OPERATOR, operator=str(operator))
            doubts = of_lines(reading.doubts, part[LINE])
            one = replace(reading, parcels=part, n_rows=part.height, rejections=(), doubts=doubts)
            lodgings.append(lodging_of(one, client, "csv"))
        if isinstance(begins, datetime):
            yield begins + _STEP, lodgings


def _lodge(office: Office, lodgings: list[Lodging]) -> list[Key]:
    """Lodge parcels of all operators at once; those that are to be looked at."""
    from serving.intake.submissions import take_at_once

    answers = [one for result in take_at_once(office, lodgings) for one in result.answers.values()]
    return [(one.operator or "", one.parcel_id) for one in answers if one.referral.asks_inspection]


def _open(keys: list[Key], holds: Mapping[Key, str], office: Office, person: Client) -> None:
    """Record what is found in parcels."""
    from features.parcel.validation import validate_outcomes
    from serving.office.outcomes import record

    if not keys:
        return
    rows: list[dict[str, Any]] = [
        {
            LINE: line,
            "operator": operator,
            "parcel_id": number,
            "result": "found" if (operator, number) in holds else "nothing_found",
            "finding_class": holds.get((operator, number)),
            "method": "opened",
        }
        for line, (operator, number) in enumerate(keys, start=1)
    ]
    accepted = validate_outcomes(pl.DataFrame(rows, schema_overrides={LINE: pl.Int64, "finding_class": pl.String}))
    with office.writer.transaction() as transaction:
        record(office, transaction, accepted.rows, person)
