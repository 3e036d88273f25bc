"""Historical backfill: parcels and outcomes of the past, appended to the log without being scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.identity import derive
from features.log import SUBJECT_SCHEMA, past_events
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.reading import Reading
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.office.writer import Transaction
from serving.store import log as event_log


@dataclass(frozen=True, kw_only=True)
class Backfilled:
    """What became of a historical backfill."""

    n_parcels: int
    n_outcomes: int
    rejections: tuple[Rejection, ...]


def backfill(office: Office, transaction: Transaction, reading: Reading) -> Backfilled:
    """Append parcels and outcomes of the past to the log without scoring them.

    Parcels count as known when they were lodged. Clear personal data are not kept.
    """
    earlier = event_log.parcel_events_of(transaction.connection, reading.parcels["parcel_id"].unique())
    listed = event_log.parcel_events_of(transaction.connection, reading.outcomes["parcel_id"].unique())
    earlier = pl.concat([earlier, listed]).unique("seq").sort("seq").select(SUBJECT_SCHEMA.names())
    now = office.clock()
    parcels, refused = _usable(reading.parcels, earlier, now)
    lines = pl.Series([rejection.line for rejection in refused], dtype=pl.Int64)
    outcomes = reading.outcomes.filter(~pl.col(LINE).is_in(lines.implode()))
    unknown_yet = outcomes.filter(pl.col("known_at") > now)
    outcomes = outcomes.filter(pl.col("known_at") <= now)
    derived = derive(parcels, office.secrets.identity, reference=office.reference)
    events, orphans = past_events(derived, outcomes, earlier)
    if events.height:
        transaction.append(events)
    return Backfilled(
        n_parcels=parcels.height,
        n_outcomes=events.height - parcels.height,
        rejections=(
            *reading.rejections,
            *refused,
            *(_in_future(line, "known_at") for line in unknown_yet[LINE]),
            *(orphan(line) for line in orphans[LINE]),
        ),
    )


def _in_future(line: int, field: str) -> Rejection:
    return Rejection(
        line=line,
        field=field,
        code="in_future",
        reason="the time is in the future, so nobody can know this yet.",
        remedy="Check the date and its time zone; ingest the row again when its time has come.",
    )


def _usable(parcels: pl.DataFrame, earlier: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, tuple[Rejection, ...]]:
    """Parcels that say when they were lodged and are not in the log or higher up in the file."""
    untimed = parcels.filter(pl.col("lodged_at").is_null())
    known = earlier.select("operator", "parcel_id")
    key = ["operator", "parcel_id"]
    timed = parcels.filter(pl.col("lodged_at") <= now)
    early = parcels.filter(pl.col("lodged_at") > now)
    new = timed.unique(key, keep="first", maintain_order=True).join(
        known, on=key, how="anti", nulls_equal=True, maintain_order="left"
    )
    twins = timed.join(new.select(LINE), on=LINE, how="anti")
    return new, (
        *(
            Rejection(
                line=line,
                field="lodged_at",
                code="required",
                reason="the time of lodging is missing, so the row cannot be ordered in the log.",
                remedy="Give it, or map a column to it.",
            )
            for line in untimed[LINE]
        ),
        *(_in_future(line, "lodged_at") for line in early[LINE]),
        *(
            Rejection(
                line=line,
                field="parcel_id",
                code="already_lodged",
                reason="a parcel with this operator and identifier is in the log, or higher up in the file.",
                remedy="Nothing to do when the file was ingested before.",
            )
            for line in twins[LINE]
        ),
    )
