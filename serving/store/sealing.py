"""Seal the oldest events of the tail into a segment, step by step, so that no transaction is long.

The order makes a crash harmless at any moment: the texts are copied, the file is written and synchronised, one
transaction makes it part of the store, and only then what it holds is removed from the tail. Until that transaction
the events count that are in the tail, behind it those in the segment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, func, select

from features.parcel.problems import StoreError
from serving.store import log_texts, segments
from serving.store.facts import derivation_of, unpacked
from serving.store.log import last_seq, tail_rows
from serving.store.log_changes import n_changes
from serving.store.log_table import withheld_table_of
from serving.store.segment_folder import SegmentFolder
from serving.store.segment_format import DERIVED_BY, Header, written
from serving.store.segments import Segment
from serving.store.tables import tail

Begin = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction: one that reads, or one that writes as the only writer."""
PORTION = 1_000
"""Events of one transaction: some milliseconds."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The oldest events of the tail, read at one moment."""

    events: pl.DataFrame
    header: Header
    n_changes: int


def n_unsealed(connection: Connection) -> int:
    """Events of the log that are in no segment."""
    return last_seq(connection) - segments.sealed_to(connection)


def seal(read: Begin, write: Begin, folder: SegmentFolder, *, size: int) -> Segment | None:
    """Seal the `size` oldest events that are not sealed; None where there are fewer, or they were changed meanwhile.

    Raises
    ------
    StoreError
        When the log is damaged, or the segment cannot be written.
    """
    with read() as connection:
        part = _oldest(connection, size)
    if part is None:
        return None
    content = written(part.events, part.header)
    _copy_texts(write, part.header)
    segment = Segment(header=part.header, sha256=folder.put(content), n_bytes=len(content))
    with write() as connection:
        if n_changes(connection) != part.n_changes:
            return None
        segments.add(connection, segment)
    clear(write)
    return segment


def _oldest(connection: Connection, size: int) -> _Part | None:
    newest = segments.head(connection)
    first = newest.last_seq + 1 if newest else 1
    if n_unsealed(connection) < size:
        return None
    tables: list[pl.DataFrame] = []
    for after in range(first - 1, first - 1 + size, PORTION):
        rows = tail_rows(connection, after=after, limit=min(PORTION, first - 1 + size - after))
        derivations = pl.Series(DERIVED_BY, [derivation_of(row.facts) for row in rows], dtype=pl.Int64)
        tables.append(withheld_table_of(rows).with_columns(derivations))
    events = pl.concat(tables)
    last = first + size - 1
    if events["seq"].to_list() != list(range(first, last + 1)):
        raise StoreError(f"events are missing between {first} and {last} of the log: it is damaged. Restore a backup.")
    previous = newest.sha256 if newest else ""
    header = Header(
        first_seq=first, last_seq=last, previous=previous, derivations=tuple(events[DERIVED_BY].unique().sort())
    )
    return _Part(events=events, header=header, n_changes=n_changes(connection))


def _copy_texts(write: Begin, header: Header) -> None:
    # Read in the transaction that copies them: what is erased before it is not copied.
    for after in range(header.first_seq - 1, header.last_seq, PORTION):
        with write() as connection:
            rows = tail_rows(connection, after=after, limit=min(PORTION, header.last_seq - after))
            log_texts.put(connection, ({"seq": row.seq, **unpacked(row.facts, row.seq)} for row in rows))


def clear(write: Begin) -> None:
    """Remove what is sealed from the tail; call it at the start as well, for what a crash has left."""
    more = True
    while more:
        with write() as connection:
            more = _clear(connection)


def _clear(connection: Connection) -> bool:
    first = connection.execute(select(func.min(tail.c.seq))).scalar()
    sealed = segments.sealed_to(connection)
    if first is None or first > sealed:
        return False
    connection.execute(tail.delete().where(tail.c.seq < min(first + PORTION, sealed + 1)))
    return True
