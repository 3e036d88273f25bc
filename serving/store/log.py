"""The event log in SQL: written as it is learned, read back as events one by one, or as the table that replay takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from features.event_rows import NOTHING
from features.event_rows import Row as Event
from features.log import LOG_SCHEMA, OUTCOME, PARCEL, RETRACTION, empty_log
from features.parcel.schema import PIECE_SCHEMA, TIME
from serving.store.statements import Statement, each_of, insertion, texts
from serving.store.tables import events
from serving.store.times import microseconds, time_of

_COLUMNS = ("seq", "kind", "known_at", "subject_seq", "operator", "parcel_id")
_FACTS = tuple(name for name in LOG_SCHEMA if name not in _COLUMNS)
_FACTS_SCHEMA = pl.Schema({name: LOG_SCHEMA[name] for name in _FACTS})
_TIMES = tuple(name for name, dtype in _FACTS_SCHEMA.items() if dtype == TIME)
_PIECE = dict.fromkeys(PIECE_SCHEMA.to_schema())
_INSERT = 5_000
_VERSION = 1


def append(connection: Connection, log: Sequence[Event]) -> None:
    """Append numbered events; a sequence number that is already used fails the transaction."""
    for start in range(0, len(log), _INSERT):
        _APPEND.run(connection, [_stored(event) for event in log[start : start + _INSERT]])


_APPEND = insertion(events)


def _stored(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = {"v": _VERSION}
    for name in _FACTS:
        if event[name] is not None:
            facts[name] = event[name]
    if "pieces" in facts:
        facts["pieces"] = [_given(piece) for piece in facts["pieces"]]
    return {
        "seq": event["seq"],
        "kind": event["kind"],
        "known_at": microseconds(event["known_at"]),
        "subject_seq": event["subject_seq"],
        "operator": event["operator"],
        "parcel_id": event["parcel_id"],
        "facts": to_json(facts).decode(),
    }


def _given(piece: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in piece.items() if value is not None}


def _event(row: RowMapping | dict[str, Any]) -> Event:
    facts = from_json(row["facts"])
    del facts["v"]
    for name in _TIMES:
        if name in facts:
            facts[name] = datetime.fromisoformat(facts[name])
    if facts.get("pieces") is not None:
        facts["pieces"] = [{**_PIECE, **piece} for piece in facts["pieces"]]
    order = {name: row[name] for name in _COLUMNS}
    return {**NOTHING, **facts, **order, "known_at": time_of(row["known_at"])}


def read(connection: Connection, *, after: int = 0, limit: int | None = None) -> pl.DataFrame:
    """Events behind sequence number `after`, in log order, at most `limit` of them."""
    rows = connection.execute(select(events).where(events.c.seq > after).order_by(events.c.seq).limit(limit)).all()
    return _table(rows)


def last_seq(connection: Connection) -> int:
    """Sequence number of the newest event; 0 when the log is empty."""
    return int(connection.execute(select(func.max(events.c.seq))).scalar() or 0)


def events_at(connection: Connection, seqs: Iterable[int]) -> list[Event]:
    """Events at the given sequence numbers, in log order."""
    wanted = sorted(seqs)
    found: list[Event] = []
    for start in range(0, len(wanted), _INSERT):
        part = events.c.seq.in_(wanted[start : start + _INSERT])
        found += map(_event, connection.execute(select(events).where(part).order_by(events.c.seq)).mappings())
    return found


def parcel_events_of(connection: Connection, parcel_ids: Iterable[str]) -> list[Event]:
    """Parcel events with one of the identifiers, oldest first; by index, however long the log is."""
    return [_event(row) for row in _OF_PARCELS.run(connection, {"ids": texts(parcel_ids)})]


_OF_PARCELS = Statement(
    select(events).where(events.c.kind == PARCEL, events.c.parcel_id.in_(each_of("ids"))).order_by(events.c.seq)
)


def lodged(connection: Connection, parcel_ids: Iterable[str]) -> pl.DataFrame:
    """Operator and identifier of the parcel events with one of the identifiers; by index, however long the log is."""
    wanted = list(parcel_ids)
    query = select(events.c.operator, events.c.parcel_id).where(events.c.kind == PARCEL)
    matches: list[tuple[str | None, str]] = []
    for start in range(0, len(wanted), _INSERT):
        rows = connection.execute(query.where(events.c.parcel_id.in_(wanted[start : start + _INSERT])))
        matches.extend((row.operator, row.parcel_id) for row in rows)
    schema = {"operator": pl.String, "parcel_id": pl.String}
    return pl.DataFrame(matches, schema=schema, orient="row").unique(maintain_order=True)


def outcome_events_of(connection: Connection, subjects: Iterable[int]) -> list[Event]:
    """Outcome events about one of the parcel events `subjects`, oldest first."""
    found: list[Event] = []
    for part in _about(OUTCOME, subjects):
        found += map(_event, connection.execute(select(events).where(*part)).mappings())
    return sorted(found, key=lambda event: event["seq"])


def retracted(connection: Connection, subjects: Iterable[int]) -> frozenset[int]:
    """Those of the events `subjects` that were retracted."""
    queries = (select(events.c.subject_seq).where(*part) for part in _about(RETRACTION, subjects))
    return frozenset(seq for query in queries for seq in connection.execute(query).scalars())


def _about(kind: str, subjects: Iterable[int]) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """Conditions on events of one kind about others; none, so no query, where there are no others."""
    wanted = list(subjects)
    for start in range(0, len(wanted), _INSERT):
        yield events.c.kind == kind, events.c.subject_seq.in_(wanted[start : start + _INSERT])


def _table(rows: Sequence[Any]) -> pl.DataFrame:
    if not rows:
        return empty_log()
    names = [column.name for column in events.columns]
    table = pl.DataFrame(
        [tuple(row) for row in rows],
        schema={name: pl.String if name in {"kind", "operator", "parcel_id", "facts"} else pl.Int64 for name in names},
        orient="row",
    )
    lines = "\n".join(table["facts"].to_list()).encode()
    facts = pl.read_ndjson(lines, schema={"v": pl.Int64(), **_FACTS_SCHEMA}).drop("v")
    known_at = pl.from_epoch("known_at", time_unit="us").cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(TIME)
    order = table.drop("facts").with_columns(pl.col("kind").cast(LOG_SCHEMA["kind"]), known_at)
    return order.hstack(facts).select(LOG_SCHEMA.names())
