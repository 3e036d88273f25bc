"""Amendments by operators: how many there were lately, and which answers are not shown yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    func,
    select,
)

from serving.store.statements import Statement, each_number_of, insertion, texts
from serving.store.tables import Sequence, events, metadata

amendments = Table(
    "amendments",
    metadata,
    Column("seq", Sequence, ForeignKey("events.seq"), primary_key=True, autoincrement=False),
    Column("client_id", String(60), nullable=False),
    Column("parcel", LargeBinary, nullable=False, comment="keyed digest of operator and number"),
    Column("amended_at", BigInteger, nullable=False),
    Column("is_moved", Integer, nullable=False, comment="1 where another referral followed"),
    Column("shown_seq", BigInteger, nullable=False, comment="event whose answer is shown until then"),
    Column("shown_at", BigInteger, nullable=False, comment="when its own answer is shown"),
    Index("amendments_by_parcel", "parcel", "amended_at"),
    Index("amendments_by_client", "client_id", "amended_at"),
    Index("amendments_by_shown", "shown_at"),
)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Amendments of one parcel within a day, of one client within an hour, and those of it that moved, within a day."""

    n_parcel: int
    n_client: int
    n_moved: int


def counts_of(connection: Connection, *, parcel: bytes, client_id: str, day_us: int, hour_us: int) -> Counts:
    """Count what came since two times."""
    [of_parcel] = _OF_PARCEL.run(connection, {"of_parcel": parcel, "since": day_us})
    [of_client] = _OF_CLIENT.run(connection, {"of_client": client_id, "since": hour_us})
    [moved] = _MOVED.run(connection, {"of_client": client_id, "since": day_us})
    return Counts(n_parcel=of_parcel["n"], n_client=of_client["n"], n_moved=moved["n"])


_n = func.count().label("n")
_since = amendments.c.amended_at > bindparam("since", type_=BigInteger())
_of_client = amendments.c.client_id == bindparam("of_client", type_=String())
_OF_PARCEL = Statement(select(_n).where(amendments.c.parcel == bindparam("of_parcel", type_=LargeBinary()), _since))
_OF_CLIENT = Statement(select(_n).where(_of_client, _since))
_MOVED = Statement(select(_n).where(_of_client, _since, amendments.c.is_moved == 1))


def insert_amendment(connection: Connection, row: dict[str, Any]) -> None:
    """Write down one amendment; `row` has the columns of the table."""
    _INSERT.run(connection, row)


_INSERT = insertion(amendments)


def not_shown(connection: Connection, seqs: Iterable[int], at_us: int) -> dict[int, tuple[int, int]]:
    """Of events `seqs`, those whose answer is not shown at a time: the event whose answer is, and until when."""
    rows = _NOT_SHOWN.run(connection, {"seqs": texts(seqs), "at": at_us})
    return {row["seq"]: (row["shown_seq"], row["shown_at"]) for row in rows}


_NOT_SHOWN = Statement(
    select(amendments.c.seq, amendments.c.shown_seq, amendments.c.shown_at).where(
        amendments.c.seq.in_(each_number_of("seqs")), amendments.c.shown_at > bindparam("at", type_=BigInteger())
    )
)


def shown_between(connection: Connection, after_us: int, until_us: int) -> list[tuple[int, int]]:
    """Events whose answer was kept back and came to be shown behind one time, up to another; with when it was."""
    is_between = (amendments.c.shown_at > after_us) & (amendments.c.shown_at <= until_us)
    query = select(amendments.c.seq, amendments.c.shown_at).where(
        is_between, amendments.c.shown_at > amendments.c.amended_at
    )
    return [(row.seq, row.shown_at) for row in connection.execute(query.order_by(amendments.c.shown_at))]


@dataclass(frozen=True, kw_only=True)
class Amended:
    """A parcel that was amended often: how often, how often another referral followed, and when last."""

    operator: str
    parcel_id: str | None
    n_amendments: int
    n_moved: int
    last_at: int


def amended_often(connection: Connection, *, since_us: int, least: int, limit: int) -> list[Amended]:
    """Parcels with at least so many amendments since a time, the most often amended first."""
    n, last = func.count(), func.max(amendments.c.seq)
    groups = (
        select(n.label("n"), func.sum(amendments.c.is_moved).label("n_moved"), last.label("last"))
        .where(amendments.c.amended_at > since_us)
        .group_by(amendments.c.parcel)
        .having(n >= least)
        .order_by(n.desc(), last.desc())
        .limit(limit)
        .subquery()
    )
    query = (
        select(groups, events.c.operator, events.c.parcel_id, amendments.c.amended_at)
        .join(events, events.c.seq == groups.c.last)
        .join(amendments, amendments.c.seq == groups.c.last)
        .order_by(groups.c.n.desc(), groups.c.last.desc())
    )
    return [
        Amended(
            operator=row.operator,
            parcel_id=row.parcel_id,
            n_amendments=row.n,
            n_moved=int(row.n_moved),
            last_at=row.amended_at,
        )
        for row in connection.execute(query)
    ]
