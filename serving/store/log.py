"""The event log in SQL: written as it is learned, read back as events one by one, or as the table that replay takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, ColumnElement, Connection, LargeBinary, RowMapping, bindparam, func, select

from features.event_rows import NOTHING
from features.event_rows import Row as Event
from features.log import OUTCOME, PARCEL, RETRACTION
from serving.store.facts import derivation_of, packed, unpacked
from serving.store.log_table import table_of
from serving.store.statements import Statement, each_number_of, each_of, insertion, texts
from serving.store.tables import events
from serving.store.times import microseconds, time_of

_INSERT = 5_000


def append(connection: Connection, log: Sequence[Event]) -> None:
    """Append numbered events; a sequence number that is already used fails the transaction."""
    for start in range(0, len(log), _INSERT):
        _APPEND.run(connection, [_stored(event) for event in log[start : start + _INSERT]])


_APPEND = insertion(events)


def _stored(event: Event) -> dict[str, Any]:
    seq, subject = event["seq"], event["subject_seq"]
    return {
        "seq": seq,
        "kind": event["kind"],
        "known_at": microseconds(event["known_at"]),
        "subject_seq": subject if subject != seq else None,
        "operator": event["operator"],
        "parcel_id": event["parcel_id"],
        "facts": packed(event),
    }


def _event(row: RowMapping | dict[str, Any]) -> Event:
    seq, subject = row["seq"], row["subject_seq"]
    return {
        **NOTHING,
        **unpacked(row["facts"], seq),
        "seq": seq,
        "kind": row["kind"],
        "known_at": time_of(row["known_at"]),
        "subject_seq": seq if subject is None else subject,
        "operator": row["operator"],
        "parcel_id": row["parcel_id"],
    }


def read(connection: Connection, *, after: int = 0, limit: int | None = None) -> pl.DataFrame:
    """Events behind sequence number `after`, in log order, at most `limit` of them."""
    rows = connection.execute(select(events).where(events.c.seq > after).order_by(events.c.seq).limit(limit)).all()
    return table_of(rows)


def last_seq(connection: Connection) -> int:
    """Sequence number of the newest event; 0 when the log is empty."""
    return int(connection.execute(select(func.max(events.c.seq))).scalar() or 0)


def events_at(connection: Connection, seqs: Iterable[int]) -> list[Event]:
    """Events at the given sequence numbers, in log order."""
    found: list[Event] = []
    for part in _parts(seqs):
        query = select(events).where(events.c.seq.in_(part)).order_by(events.c.seq)
        found += map(_event, connection.execute(query).mappings())
    return found


def _parts(seqs: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(seqs)
    for start in range(0, len(wanted), _INSERT):
        yield wanted[start : start + _INSERT]


def derivations_of(connection: Connection, seqs: Iterable[int]) -> dict[int, int]:
    """Version of the derivation that made the keys and facts of each of the events at `seqs`."""
    found: dict[int, int] = {}
    for part in _parts(seqs):
        rows = connection.execute(select(events.c.seq, events.c.facts).where(events.c.seq.in_(part)))
        found |= {seq: derivation_of(facts) for seq, facts in rows}
    return found


def replace_facts(connection: Connection, log: Iterable[Event]) -> None:
    """Replace what events of the log say, which stay where they are, by facts of the present derivation."""
    rows = [{"of_seq": event["seq"], "new_facts": packed(event)} for event in log]
    if rows:
        _REPLACE.run(connection, rows)


_REPLACE = Statement(
    events.update()
    .where(events.c.seq == bindparam("of_seq", type_=BigInteger()))
    .values(facts=bindparam("new_facts", type_=LargeBinary()))
)


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
    return _with(connection, RETRACTION, subjects)


def _about(kind: str, subjects: Iterable[int]) -> Iterator[tuple[ColumnElement[bool], ColumnElement[bool]]]:
    """Conditions on events of one kind about others; none, so no query, where there are no others."""
    wanted = list(subjects)
    for start in range(0, len(wanted), _INSERT):
        yield events.c.kind == kind, events.c.subject_seq.in_(wanted[start : start + _INSERT])


def with_outcome(connection: Connection, subjects: Iterable[int]) -> frozenset[int]:
    """Those of the parcel events `subjects` that have an outcome, retracted or not."""
    return _with(connection, OUTCOME, subjects)


def _with(connection: Connection, kind: str, subjects: Iterable[int]) -> frozenset[int]:
    rows = _WITH.run(connection, {"of_kind": kind, "seqs": texts(subjects)})
    return frozenset(row["subject_seq"] for row in rows)


_WITH = Statement(
    select(events.c.subject_seq).where(
        events.c.kind == bindparam("of_kind", type_=events.c.kind.type),
        events.c.subject_seq.in_(each_number_of("seqs")),
    )
)
