"""Which segments a store has: a chain from the first event on, each link naming the digest of the one before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, select

from features.parcel.problems import StoreError
from serving.store.segment_format import Header
from serving.store.statements import Statement
from serving.store.tables import segments


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What the store knows of a segment: what it says of itself, its digest in hex, and its size."""

    header: Header
    sha256: str
    n_bytes: int

    @property
    def first_seq(self) -> int:
        """Sequence number of its first event."""
        return self.header.first_seq

    @property
    def last_seq(self) -> int:
        """Sequence number of its last event."""
        return self.header.last_seq


def chain(connection: Connection, *, after: int = 0) -> list[Segment]:
    """Segments with events behind sequence number `after`, in the order of the log."""
    return [_segment(row) for row in _BEHIND.run(connection, {"after": after})]


_BEHIND = Statement(
    select(segments).where(segments.c.last_seq > bindparam("after", type_=BigInteger())).order_by(segments.c.first_seq)
)


def head(connection: Connection) -> Segment | None:
    """The newest segment; None where nothing is sealed."""
    row = connection.execute(select(segments).order_by(segments.c.first_seq.desc()).limit(1)).mappings().first()
    return None if row is None else _segment(row)


def sealed_to(connection: Connection) -> int:
    """Sequence number up to which the log is sealed; 0 where nothing is."""
    newest = head(connection)
    return newest.last_seq if newest else 0


def add(connection: Connection, segment: Segment) -> None:
    """Make a segment, whose file is stored, the newest one.

    Raises
    ------
    StoreError
        When it does not follow the newest one.
    """
    newest = head(connection)
    check_links([newest, segment] if newest else [segment])
    header = segment.header
    connection.execute(
        segments.insert().values(
            first_seq=header.first_seq,
            last_seq=header.last_seq,
            sha256=segment.sha256,
            previous=header.previous,
            bytes=segment.n_bytes,
            version=header.version,
            derivations=json.dumps(header.derivations),
        )
    )


def remove_newest(connection: Connection) -> None:
    """Forget the newest segment."""
    newest = head(connection)
    if newest is not None:
        connection.execute(segments.delete().where(segments.c.first_seq == newest.first_seq))


def check_links(links: Sequence[Segment]) -> None:
    """Check that each of some segments, one behind the other, follows the one before.

    Raises
    ------
    StoreError
        When one does not.
    """
    for one in links[:1]:
        if (one.first_seq == 1) != (one.header.previous == ""):
            raise _broken(one)
    for before, one in pairwise(links):
        if (one.first_seq, one.header.previous) != (before.last_seq + 1, before.sha256):
            raise _broken(one)


def _broken(one: Segment) -> StoreError:
    return StoreError(
        f"the chain of segments is broken before event {one.first_seq}: the segment there does not follow the one "
        "before. Restore the store and its segments from one backup."
    )


def _segment(row: Any) -> Segment:
    return Segment(
        header=Header(
            first_seq=row["first_seq"],
            last_seq=row["last_seq"],
            previous=row["previous"],
            derivations=tuple(json.loads(row["derivations"])),
            version=row["version"],
        ),
        sha256=row["sha256"],
        n_bytes=row["bytes"],
    )
