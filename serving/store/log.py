"""The event log in SQL and segments: written as it is learned, read back as events one by one, or as tables.

What an event is found by is in the table ``events``. The rest of it is in the ``tail`` until `serving.store.sealing`
moves it into a segment; nobody who reads here need know which. A part of the log as replay takes it comes from `parts`,
columns first; whoever shows numbers or texts reads events or whole tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, bindparam, func, select

from features.event_rows import NOTHING
from features.event_rows import Row as Event
from features.log import OUTCOME, PARCEL, RETRACTION, STAGE, empty_log
from features.parcel.problems import StoreError
from serving.store import log_texts, segments
from serving.store.facts import derivation_of, packed, unpacked
from serving.store.log_table import table_of, withheld_table_of
from serving.store.segment_folder import SegmentFolder
from serving.store.segment_format import DERIVED_BY
from serving.store.statements import Statement, each_number_of, each_of, insertion, texts
from serving.store.tables import events, tail
from serving.store.times import microseconds, time_of

_INSERT = 5_000
_AT_ONCE = 8_000
_OWN = (events.c.seq, events.c.kind, tail.c.known_at, events.c.subject_seq, events.c.operator, events.c.parcel_id)
_TAIL = select(*_OWN, tail.c.facts).join(tail, tail.c.seq == events.c.seq)
_ANY = select(*_OWN, tail.c.facts).outerjoin(tail, tail.c.seq == events.c.seq)


def append(connection: Connection, log: Sequence[Event]) -> None:
    """Append numbered events; a sequence number that is already used fails the transaction."""
    for start in range(0, len(log), _INSERT):
        stored = [_stored(event) for event in log[start : start + _INSERT]]
        _APPEND.run(connection, stored)
        _APPEND_FACTS.run(connection, stored)


_APPEND, _APPEND_FACTS = insertion(events), insertion(tail)


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


def _events(connection: Connection, rows: Sequence[Any]) -> list[Event]:
    """Events of rows of `_ANY`; what is sealed of them is read from its segment."""
    sealed = [row["seq"] for row in rows if row["facts"] is None]
    known = _sealed(connection, sealed) if sealed else {}
    return [_event(row, known) for row in rows]


def _event(row: Any, sealed: dict[int, Event]) -> Event:
    seq, subject = row["seq"], row["subject_seq"]
    if row["facts"] is None:
        return {**sealed[seq], "parcel_id": row["parcel_id"]}
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


def _sealed(connection: Connection, seqs: Sequence[int]) -> dict[int, Event]:
    known, found = log_texts.of(connection, seqs), {}
    for seq, sealed in _from_segments(connection, seqs):
        event = log_texts.with_texts(sealed, known.get(seq))
        found[seq] = {name: event.get(name) for name in NOTHING}
    return found


def _from_segments(connection: Connection, seqs: Sequence[int]) -> Iterator[tuple[int, Event]]:
    links = segments.chain(connection, after=min(seqs) - 1) if seqs else []
    for seq in sorted(seqs):
        link = next((one for one in links if one.first_seq <= seq <= one.last_seq), None)
        if link is None:
            raise StoreError(f"event {seq} of the log is in no segment and not in the tail. Restore a backup.")
        yield seq, folder_of(connection).event(link, seq)


def folder_of(connection: Connection) -> SegmentFolder:
    """Folder of the segments of the store that a connection belongs to."""
    folder = connection.get_execution_options().get(SEGMENTS)
    return folder if folder is not None else SegmentFolder(None)


SEGMENTS = "segments"
"""Option of the connections of a store."""


def parts(connection: Connection, *, after: int = 0, texts: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
    """The log behind sequence number `after`, part by part, as replay takes it: ``WITHHELD_SCHEMA``.

    `texts` are withheld columns that are read in addition, as far as they are left.

    Raises
    ------
    StoreError
        When a segment is missing or damaged.
    """
    folder = folder_of(connection)
    for segment in segments.chain(connection, after=after):
        part = folder.read(segment, after=after)
        yield part.hstack(log_texts.texts_of(connection, part, texts)) if texts else part
    for rows in _tail(connection, after, _AT_ONCE):
        yield withheld_table_of(rows, texts)


def columns(connection: Connection, names: Sequence[str], *, after: int = 0) -> Iterator[pl.DataFrame]:
    """Some columns of the log behind sequence number `after`, part by part; none that is withheld.

    Raises
    ------
    StoreError
        As `parts`.
    """
    folder = folder_of(connection)
    for segment in segments.chain(connection, after=after):
        yield folder.whole(segment, after=after).select(names).collect()
    for rows in _tail(connection, after, _AT_ONCE):
        yield table_of(rows, names)


def _tail(connection: Connection, after: int, at_once: int) -> Iterator[Sequence[Any]]:
    # What is sealed may still be in the tail, until it is removed from there.
    done = max(after, segments.sealed_to(connection))
    while rows := tail_rows(connection, after=done, limit=at_once):
        done = rows[-1].seq
        yield rows


def tail_rows(connection: Connection, *, after: int, limit: int) -> Sequence[Any]:
    """Rows of the tail behind sequence number `after`: ``seq, kind, known_at, subject_seq, operator, ...``."""
    return connection.execute(_TAIL.where(tail.c.seq > after).order_by(tail.c.seq).limit(limit)).all()


def read(connection: Connection, *, after: int = 0, limit: int | None = None) -> pl.DataFrame:
    """Events behind sequence number `after`, in log order, at most `limit` of them, with numbers and texts.

    Numbers and texts that were erased are null. A log that is read so for a replay must be whole: take `parts` for it.
    """
    whole, left = [empty_log()], limit
    for part in _whole_parts(connection, after, limit):
        whole.append(part if left is None else part.head(left))
        left = None if left is None else left - whole[-1].height
        if left == 0:
            break
    return pl.concat(whole)


def _whole_parts(connection: Connection, after: int, limit: int | None) -> Iterator[pl.DataFrame]:
    folder = folder_of(connection)
    for segment in segments.chain(connection, after=after):
        part = folder.read(segment, after=after)
        yield log_texts.joined(connection, part if limit is None else part.head(limit))
    for rows in _tail(connection, after, min(_AT_ONCE, limit or _AT_ONCE)):
        yield table_of(rows)


def check_segments(connection: Connection) -> list[str]:
    """Check that every segment is as it was sealed and follows the one before; return their digests in that order.

    Raises
    ------
    StoreError
        When one does not, is missing or is damaged: the first that is.
    """
    folder, links = folder_of(connection), segments.chain(connection)
    segments.check_links(links)
    if links and links[0].first_seq != 1:
        raise StoreError("the first segment of the log is missing in the store. Restore it from a backup.")
    for segment in links:
        folder.check(segment)
    return [segment.sha256 for segment in links]


def last_seq(connection: Connection) -> int:
    """Sequence number of the newest event; 0 when the log is empty."""
    return int(connection.execute(select(func.max(events.c.seq))).scalar() or 0)


def events_at(connection: Connection, seqs: Iterable[int]) -> list[Event]:
    """Events at the given sequence numbers, in log order."""
    found: list[Event] = []
    for part in _portions(seqs):
        rows = connection.execute(_ANY.where(events.c.seq.in_(part)).order_by(events.c.seq))
        found += _events(connection, rows.mappings().all())
    return found


def derivations_of(connection: Connection, seqs: Iterable[int]) -> dict[int, int]:
    """Version of the derivation that made the keys and facts of each of the events at `seqs`."""
    found: dict[int, int] = {}
    for part in _portions(seqs):
        in_tail = connection.execute(select(tail.c.seq, tail.c.facts).where(tail.c.seq.in_(part)))
        found |= {seq: derivation_of(facts) for seq, facts in in_tail}
        sealed = [seq for seq in part if seq not in found]
        found |= {seq: event[DERIVED_BY] for seq, event in _from_segments(connection, sealed)}
    return found


def numbers_of(connection: Connection, seqs: Iterable[int]) -> dict[int, str | None]:
    """Numbers of the parcels of the events at `seqs`, without their facts; None where one was erased."""
    query = select(events.c.seq, events.c.parcel_id)
    rows = (connection.execute(query.where(events.c.seq.in_(part))) for part in _portions(seqs))
    return {seq: number for some in rows for seq, number in some}


def _portions(seqs: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(seqs)
    for start in range(0, len(wanted), _INSERT):
        yield wanted[start : start + _INSERT]


def parcel_events_of(connection: Connection, parcel_ids: Iterable[str]) -> list[Event]:
    """Parcel events with one of the identifiers, oldest first; by index, however long the log is."""
    return _events(connection, _OF_PARCELS.run(connection, {"ids": texts(parcel_ids)}))


_OF_PARCELS = Statement(
    _ANY.where(events.c.kind == PARCEL, events.c.parcel_id.in_(each_of("ids"))).order_by(events.c.seq)
)


def parcel_events_by(connection: Connection, operator: str, *, after: int, limit: int) -> list[Event]:
    """Parcel events of one operator behind `after`, oldest first; by index, however many there are of others."""
    return _events(connection, _BY_OPERATOR.run(connection, {"whose": operator, "behind": after, "most": limit}))


_BY_OPERATOR = Statement(
    _ANY.where(
        events.c.operator == bindparam("whose", type_=events.c.operator.type),
        events.c.kind == PARCEL,
        events.c.seq > bindparam("behind", type_=BigInteger()),
    )
    .order_by(events.c.seq)
    .limit(bindparam("most", type_=Integer()))
)


def earlier_versions(connection: Connection, seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Pairs of a parcel event of `seqs` and an earlier one with the same identifier, whoever lodged it."""
    earlier = events.alias()
    same = (earlier.c.parcel_id == events.c.parcel_id) & (earlier.c.seq < events.c.seq) & (earlier.c.kind == PARCEL)
    pairs = select(events.c.seq, earlier.c.seq).join_from(events, earlier, same)
    for part in _portions(seqs):
        yield from ((own, other) for own, other in connection.execute(pairs.where(events.c.seq.in_(part))))


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
    return _events_about(connection, OUTCOME, subjects)


def stage_events_of(connection: Connection, subjects: Iterable[int]) -> list[Event]:
    """Stage events about one of the parcel events `subjects`, oldest first, retracted ones as well."""
    return _events_about(connection, STAGE, _with(connection, STAGE, subjects))


def _events_about(connection: Connection, kind: str, subjects: Iterable[int]) -> list[Event]:
    found: list[Event] = []
    for part in _about(kind, subjects):
        found += _events(connection, connection.execute(_ANY.where(*part)).mappings().all())
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
    wanted = list(subjects)
    if not wanted:  # as for nearly every parcel
        return frozenset()
    rows = _WITH.run(connection, {"of_kind": kind, "seqs": texts(wanted)})
    return frozenset(row["subject_seq"] for row in rows)


_WITH = Statement(
    select(events.c.subject_seq).where(
        events.c.kind == bindparam("of_kind", type_=events.c.kind.type),
        events.c.subject_seq.in_(each_number_of("seqs")),
    )
)
