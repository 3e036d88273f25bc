"""Historical backfill of a file that is in memory as a whole: slow and obvious, to compare with."""

from __future__ import annotations

import polars as pl

from features.event_rows import rows_of, table_of
from features.identity import derive
from features.log import SUBJECT_SCHEMA, past_events
from features.parcel.schema import LINE
from features.sources.reading import Reading
from serving.intake.past_links import linked
from serving.office.office import Office
from serving.store import log as event_log

Refused = list[tuple[int, str, str]]
"""Line, field and code, in the order of the report."""


def backfill_whole(office: Office, reading: Reading) -> tuple[int, int, Refused]:
    """Append a reading in one transaction; parcels, outcomes, and what was refused."""
    now = office.clock()
    with office.writer.transaction() as transaction:
        names = pl.concat([reading.parcels["parcel_id"], reading.outcomes["parcel_id"]]).unique()
        earlier = table_of(event_log.parcel_events_of(transaction.connection, names)).select(SUBJECT_SCHEMA.names())
        undated = reading.parcels.filter(pl.col("lodged_at").is_null())
        early = reading.parcels.filter(pl.col("lodged_at") > now)
        timed = reading.parcels.filter(pl.col("lodged_at") <= now)
        key = ["operator", "parcel_id"]
        new = timed.unique(key, keep="first", maintain_order=True).join(
            earlier, on=key, how="anti", nulls_equal=True, maintain_order="left"
        )
        twins = timed.join(new.select(LINE), on=LINE, how="anti")
        refused = pl.concat([undated[LINE], early[LINE], twins[LINE]])
        outcomes = reading.outcomes.filter(~pl.col(LINE).is_in(refused.implode()))
        derived = derive(new, office.secrets.identity, reference=office.reference)
        names_known = earlier.select(key).unique(maintain_order=True)
        ordered = derived.sort("lodged_at", maintain_order=True)
        derived = linked(transaction.connection, ordered, names_known).parcels
        events, orphans = past_events(derived, outcomes.filter(pl.col("known_at") <= now), earlier)
        if events.height:
            transaction.append(rows_of(events))
    return (
        new.height,
        events.height - new.height,
        [
            *((rejection.line, rejection.field, rejection.code) for rejection in reading.rejections),
            *((line, "lodged_at", "required") for line in undated[LINE]),
            *((line, "lodged_at", "in_future") for line in early[LINE]),
            *((line, "parcel_id", "already_lodged") for line in twins[LINE]),
            *((line, "known_at", "in_future") for line in outcomes.filter(pl.col("known_at") > now)[LINE]),
            *((line, "parcel_id", "unknown_parcel") for line in orphans[LINE]),
        ],
    )
