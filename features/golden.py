"""The golden log: a few manifests, shipped with the program, as validation and derivation make a log of them.

Fingerprints of features are computed on it. So whatever changes a value changes a fingerprint: a feature, but a key, a
script, a language or a flag as well. ``golden_manifests.ndjson`` holds raw rows in the names of the record, each with
its ``kind``: a parcel, an outcome, or a retraction of the parcel with that identifier. A parcel whose identifier was
lodged before amends that one. Parcels may be appended, later than all others; a change of those that are there refuses
every bundle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from features.event_rows import Row, first_at, numbered, retraction_row, rows_of, table_of
from features.identity import IdentityKey, derive
from features.log import OUTCOME, PARCEL, RETRACTION, SUBJECT_SCHEMA, past_events
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, TIME, conform
from features.parcel.validation import validate_parcels

MANIFESTS = "golden_manifests.ndjson"
KEY = IdentityKey(b"golden log, not a secret: 32 bytes")
READ_AT = datetime(2027, 1, 1, tzinfo=UTC)
"""Time of reading: behind all golden parcels, whatever the clock says."""


@cache
def golden_log() -> pl.DataFrame:
    """Log of the golden manifests."""
    return log_of(json.loads(line) for line in files("features").joinpath(MANIFESTS).read_text("utf-8").splitlines())


def log_of(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Log of raw rows with their ``kind``, derived under a key that is no secret.

    Raises
    ------
    ValueError
        When a row cannot be used: the golden manifests hold only rows that can.
    """
    given: dict[str, list[dict[str, Any]]] = {PARCEL: [], OUTCOME: [], RETRACTION: []}
    for row in rows:
        given[row["kind"]].append({name: value for name, value in row.items() if name != "kind"})
    accepted = validate_parcels(_table(given[PARCEL], PARCEL_SCHEMA), reference=shipped_reference(), at=READ_AT)
    derived = derive(accepted.rows, KEY, reference=shipped_reference())
    outcomes = _table(given[OUTCOME], OUTCOME_SCHEMA)
    events, orphans = past_events(derived, outcomes, pl.DataFrame(schema=SUBJECT_SCHEMA))
    if accepted.rejections or orphans.height:
        raise ValueError(f"golden rows that cannot be used: {accepted.rejections}, {orphans.height} outcomes")
    return table_of(numbered([*_with_amendments(rows_of(events)), *_cancelled(rows_of(events), given[RETRACTION])], 1))


def _table(rows: list[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    names = {name for row in rows for name in row}
    texts = {name: pl.String() if dtype == TIME else dtype for name, dtype in schema.items() if name in names}
    table = pl.DataFrame(rows, schema=texts)
    times = [pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in texts if schema[name] == TIME]
    lines = pl.int_range(1, table.height + 1, dtype=pl.Int64, eager=True).alias(LINE)
    return conform(table.with_columns(*times, lines), schema)


def _with_amendments(events: list[Row]) -> list[Row]:
    """Events in which a parcel retracts the one of its identifier before it, and counts when that was lodged."""
    before: dict[str, Row] = {}
    found: list[Row] = []
    for event in events:
        if event["kind"] == PARCEL:
            earlier = before.get(event["parcel_id"])
            if earlier is not None:
                found.append(retraction_row(earlier, event["known_at"]))
                event = {**event, "counted_at": first_at(earlier)}
            before[event["parcel_id"]] = event
        found.append(event)
    return found


def _cancelled(events: list[Row], retractions: list[dict[str, Any]]) -> list[Row]:
    last = {event["parcel_id"]: event for event in events if event["kind"] == PARCEL}
    return [retraction_row(last[row["parcel_id"]], datetime.fromisoformat(row["known_at"])) for row in retractions]
