"""The audit as the leaves of a tree: entries in the order of their numbers, and the tiles that hold the tree over them.

Entries are written by `serving.store.database.note`, which knows nothing of the tree: it grows when a checkpoint is
made. From then on an entry cannot be changed unseen. Entry n is always leaf n - 1. SQLite gives numbers without gaps,
because its writers wait for each other from the beginning of a transaction. PostgreSQL gives a number away before the
transaction is committed, and loses it when it is not; there the tree grows while nobody else can write to the audit, so
that no smaller number can appear later, and a lost number gets a leaf that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, text

from features.parcel.problems import StoreError
from serving.store.tables import audit, audit_tiles
from serving.tlog.entries import Entry, void
from serving.tlog.tiles import WIDTH, grown, hashes_of, nodes_of
from serving.tlog.tree import N_BYTES, Nodes

PORTION = 2_000
"""Entries that one transaction adds to the tree: some sixty milliseconds."""
_AT_ONCE = 5_000
_MOST_LOST = 10_000_000
"""Numbers that may be lost at once: between a backup and the day when it is restored. Each becomes a leaf."""


def grow(connection: Connection, most: int = PORTION) -> int:
    """Add up to `most` of the oldest numbers that are not in the tree; return how many.

    Raises
    ------
    StoreError
        When the numbers of entries jump by more than ever are lost.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
    size = tree_size(connection)
    found = entries(connection, after=size, limit=most)
    if not found:
        return 0
    if found[0].number - size > _MOST_LOST:
        raise StoreError(f"the numbers of the audit jump behind {size:,}: somebody wrote to it. Restore a backup.")
    leaves = [one.leaf() for one in islice(without_gaps(found, size + 1), most)]
    for (level, number), hashes in grown(_tile(connection), size, leaves).items():
        connection.execute(audit_tiles.delete().where(_is_tile(level, number)))
        connection.execute(insert(audit_tiles).values(level=level, number=number, hashes=hashes))
    return len(leaves)


def tree_size(connection: Connection) -> int:
    """Leaves of the tree, which is the number of its last entry."""
    leaves = select(audit_tiles).where(audit_tiles.c.level == 0).order_by(audit_tiles.c.number.desc()).limit(1)
    last = connection.execute(leaves).one_or_none()
    return last.number * WIDTH + len(last.hashes) // N_BYTES if last else 0


def nodes(connection: Connection) -> Nodes:
    """Nodes of the tree."""
    return nodes_of(_tile(connection))


def leaves(connection: Connection) -> Iterator[bytes]:
    """Hashes of the leaves as the tree holds them, from the first on."""
    last = tree_size(connection) // WIDTH
    tile = _tile(connection)
    for number in range(last + 1):
        yield from hashes_of(tile(0, number))


def entries(
    connection: Connection,
    *,
    after: int = 0,
    limit: int,
    who: str | None = None,
    action: str | None = None,
    event: int | None = None,
    since_us: int | None = None,
    until_us: int | None = None,
    is_newest_first: bool = False,
) -> list[Entry]:
    """Entries with numbers above `after`, in their order or the newest first: all, or those that fit every filter.

    `event` is the sequence number of an event that an entry is about, `since_us` and `until_us` the earliest
    and the latest time.
    """
    wanted: list[ColumnElement[bool]] = [audit.c.id > after]
    wanted += [audit.c.client_id == who] if who is not None else []
    wanted += [audit.c.action == action] if action is not None else []
    wanted += [audit.c.at >= since_us] if since_us is not None else []
    wanted += [audit.c.at <= until_us] if until_us is not None else []
    if event is not None:
        wanted.append(or_(audit.c.seq == event, and_(audit.c.seq < event, audit.c.until_seq >= event)))
    order = audit.c.id.desc() if is_newest_first else audit.c.id
    return [_entry(row) for row in connection.execute(select(audit).where(*wanted).order_by(order).limit(limit))]


def every_entry(connection: Connection) -> Iterator[Entry]:
    """All entries in the order of their numbers; numbers without one are void."""
    after = 0
    while found := entries(connection, after=after, limit=_AT_ONCE):
        yield from without_gaps(found, after + 1)
        after = found[-1].number


def without_gaps(found: Iterable[Entry], first: int) -> Iterator[Entry]:
    """Entries from the number `first` on, with a void one for each number that is missing."""
    due = first
    for one in found:
        yield from map(void, range(due, one.number))
        yield one
        due = one.number + 1


def last_number(connection: Connection) -> int:
    """Number of the newest entry; 0 where there is none."""
    return int(connection.execute(select(func.max(audit.c.id))).scalar() or 0)


def insert_at(connection: Connection, entry: Entry) -> None:
    """Write an entry under its own number, which is larger than all others; those that follow come behind it."""
    given = {"at": entry.at, "client_id": entry.who, "action": entry.action, "detail": entry.detail}
    connection.execute(audit.insert().values(id=entry.number, **given))
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.setval(func.pg_get_serial_sequence("audit", "id"), entry.number)))


def _tile(connection: Connection) -> Any:
    def tile(level: int, number: int) -> bytes:
        return bytes(connection.execute(select(audit_tiles.c.hashes).where(_is_tile(level, number))).scalar() or b"")

    return tile


def _is_tile(level: int, number: int) -> ColumnElement[bool]:
    return and_(audit_tiles.c.level == level, audit_tiles.c.number == number)


def _entry(row: Row[Any]) -> Entry:
    last = row.seq if row.until_seq is None else row.until_seq
    detail = row.detail or ""
    return Entry(
        number=row.id, at=row.at, who=row.client_id, action=row.action, first=row.seq, last=last, detail=detail
    )
