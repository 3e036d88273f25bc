"""Events of the log one by one, as the office writes them: plain dicts with the columns of ``LOG_SCHEMA`` as keys.

A column that is null is None. Whole segments of log are Polars tables, see `features.log`; `rows_of` and `table_of`
turn one into the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from features.identity import KEYS
from features.log import EVENT_KIND, LOG_SCHEMA, OUTCOME, PARCEL, RETRACTION, STAGE

Row = dict[str, Any]
NOTHING: Mapping[str, None] = dict.fromkeys(LOG_SCHEMA.names())
"""An event of which nothing is known."""
_RANK = {kind: rank for rank, kind in enumerate(EVENT_KIND.categories.to_list())}


def parcel_row(derived: Mapping[str, Any], known_at: datetime, *, first_at: datetime | None = None) -> Row:
    """Parcel event, not yet numbered, of a row of `features.identity.derive`.

    `first_at` is when the parcel was lodged first, where it is amended now.
    """
    order = {"seq": None, "subject_seq": None, "kind": PARCEL, "known_at": known_at, "counted_at": first_at}
    row = {**NOTHING, **derived, **order}
    if len(row) > len(NOTHING):
        for name in row.keys() - NOTHING.keys():
            del row[name]
    return row


def retraction_row(event: Row, known_at: datetime) -> Row:
    """Retraction, not yet numbered, of a parcel or outcome event of the log, learned at `known_at`.

    The retracted event must be known before: in an earlier batch, or at an earlier time.
    """
    return {
        **event,
        "kind": RETRACTION,
        "known_at": known_at,
        "counted_at": first_at(event),
        "subject_seq": event["seq"],
        "seq": None,
    }


def restated_row(outcome: Row, known_at: datetime) -> Row:
    """Outcome event, not yet numbered, that stays valid though it is retracted at `known_at`.

    It counts when it was known first. So a parcel that is amended after its outcome does not meet its own finding.
    """
    return {**outcome, "known_at": known_at, "counted_at": first_at(outcome), "seq": None}


def outcome_row(subject: Row, known_at: datetime, given: Mapping[str, Any]) -> Row:
    """Outcome event, not yet numbered, about the parcel of the event `subject`: `features.log.outcome_events` for one.

    It repeats the keys of its parcel, because it counts in history.
    """
    return _about(subject, OUTCOME, known_at, {**{name: subject[name] for name in KEYS}, **given})


def stage_row(subject: Row, known_at: datetime, given: Mapping[str, Any]) -> Row:
    """Stage event, not yet numbered, about the parcel of the event `subject`; history does not count it."""
    return _about(subject, STAGE, known_at, given)


def _about(subject: Row, kind: str, known_at: datetime, given: Mapping[str, Any]) -> Row:
    identity = {name: subject[name] for name in ("operator", "parcel_id")}
    order = {"kind": kind, "known_at": known_at, "subject_seq": subject["seq"]}
    return {**NOTHING, **identity, **given, **order}


def first_at(event: Mapping[str, Any]) -> datetime:
    """When history counts an event: for a parcel, when it was lodged first."""
    counted: datetime | None = event["counted_at"]
    known: datetime = event["known_at"]
    return counted if counted is not None else known


def numbered(events: Iterable[Row], first_seq: int) -> list[Row]:
    """`features.log.number` for rows: by time known, by kind, then in the order given."""
    ordered = sorted(events, key=lambda event: (event["known_at"], _RANK[event["kind"]]))
    seqs = {event["seq"]: seq for seq, event in enumerate(ordered, first_seq) if event["seq"] is not None}
    return [
        {**event, "seq": seq, "subject_seq": seqs.get(event["subject_seq"], event["subject_seq"]) or seq}
        for seq, event in enumerate(ordered, first_seq)
    ]


def rows_of(log: pl.DataFrame) -> list[Row]:
    """Events of a segment of log; columns that it does not have are None."""
    rows = log.to_dicts()
    return rows if log.columns == list(NOTHING) else [{**NOTHING, **row} for row in rows]


def table_of(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Events as a segment of log."""
    return pl.DataFrame(rows, schema=LOG_SCHEMA)
