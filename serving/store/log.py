"""The event log in SQL: written as it is learned, read back as the Polars table that replay takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Column, Connection, Row, func, select

from features.log import LOG_SCHEMA, OUTCOME, PARCEL, RETRACTION, SUBJECT_SCHEMA, empty_log
from features.parcel.schema import TIME
from serving.store.tables import events

_COLUMNS = ("seq", "kind", "known_at", "subject_seq", "operator", "parcel_id")
_FACTS = tuple(name for name in LOG_SCHEMA if name not in _COLUMNS)
_FACTS_SCHEMA = pl.Schema({name: LOG_SCHEMA[name] for name in _FACTS})
_INSERT = 5_000
_NULL_FACT = r',"[a-z0-9_]+":null'


def append(connection: Connection, log: pl.DataFrame) -> None:
    """Append numbered events; a sequence number that is already used fails the transaction."""
    facts = log.select(pl.struct(pl.lit(1).alias("v"), *_FACTS).struct.json_encode().alias("facts"))["facts"]
    slim = facts.str.replace_all(_NULL_FACT, "")
    rows = log.select(
        "seq", pl.col("kind").cast(pl.String), pl.col("known_at").dt.epoch("us"), "subject_seq", "operator", "parcel_id"
    ).with_columns(slim)
    for start in range(0, rows.height, _INSERT):
        connection.execute(events.insert(), rows.slice(start, _INSERT).to_dicts())


def read(connection: Connection, *, after: int = 0, limit: int | None = None) -> pl.DataFrame:
    """Events behind sequence number `after`, in log order, at most `limit` of them."""
    rows = connection.execute(select(events).where(events.c.seq > after).order_by(events.c.seq).limit(limit)).all()
    return _table(rows)


def last_seq(connection: Connection) -> int:
    """Sequence number of the newest event; 0 when the log is empty."""
    return int(connection.execute(select(func.max(events.c.seq))).scalar() or 0)


def events_at(connection: Connection, seqs: Iterable[int]) -> pl.DataFrame:
    """Events at the given sequence numbers, in log order."""
    wanted = sorted(seqs)
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), _INSERT):
        found.extend(connection.execute(select(events).where(events.c.seq.in_(wanted[start : start + _INSERT]))).all())
    return _table(found).sort("seq")


def parcel_events_of(connection: Connection, parcel_ids: Iterable[str]) -> pl.DataFrame:
    """Parcel events with one of the identifiers, oldest first."""
    return _of(connection, PARCEL, events.c.parcel_id, list(parcel_ids))


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


def outcome_events_of(connection: Connection, subjects: Iterable[int]) -> pl.DataFrame:
    """Outcome events about one of the parcel events `subjects`, oldest first."""
    return _of(connection, OUTCOME, events.c.subject_seq, list(subjects))


def retracted(connection: Connection, subjects: Iterable[int]) -> frozenset[int]:
    """Those of the events `subjects` that were retracted."""
    return frozenset(_of(connection, RETRACTION, events.c.subject_seq, list(subjects))["subject_seq"])


def subjects(connection: Connection) -> pl.DataFrame:
    """Every parcel event as ``SUBJECT_SCHEMA``."""
    rows = connection.execute(select(events).where(events.c.kind == PARCEL).order_by(events.c.seq)).all()
    return _table(rows).select(SUBJECT_SCHEMA.names())


def _of(connection: Connection, kind: str, column: Column[Any], values: list[Any]) -> pl.DataFrame:
    found: list[Row[Any]] = []
    for start in range(0, len(values), _INSERT):
        wanted = column.in_(values[start : start + _INSERT])
        found.extend(connection.execute(select(events).where(events.c.kind == kind, wanted)).all())
    return _table(found).sort("seq")


def _table(rows: Sequence[Row[Any]]) -> pl.DataFrame:
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
