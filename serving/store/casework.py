"""Investigations, complaints and waivers: what an audit office asks for next to the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, Select, String, Table, and_, func, select

from features.log import PARCEL
from serving.store.statements import Statement, each_number_of, texts
from serving.store.tables import events, metadata, not_by_index

investigations = Table(
    "investigations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), nullable=False, index=True, comment="a version of the parcel"),
    Column("case_reference", String(70), nullable=False),
    Column("legal_basis", String(200), nullable=False),
    Column("may_train", Integer, nullable=False, comment="1 where its result may be learned from meanwhile"),
    Column("hold_id", Integer, ForeignKey("holds.id"), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("began_by", String(60), nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String(60)),
)
"""Switches from control to investigation."""

complaints = Table(
    "complaints",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", BigInteger, ForeignKey("events.seq"), index=True, comment="null: about no single parcel"),
    Column("subject", String(20), nullable=False),
    Column("reference", String(70), nullable=False, comment="own file, where the letter is"),
    Column("received_at", BigInteger, nullable=False),
    Column("received_by", String(60), nullable=False),
    Column("answer", String(20)),
    Column("answer_reference", String(70)),
    Column("answered_at", BigInteger),
    Column("answered_by", String(60)),
)
"""Complaints with the answers that were given."""

waivers = Table(
    "waivers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("operator", String(35), nullable=False),
    Column("origin_country", String(2), comment="null: from everywhere"),
    Column("reason", String(200), nullable=False),
    Column("instead", String(200), nullable=False, comment="what is done in place of advance data"),
    Column("first_on", String(10), nullable=False),
    Column("last_on", String(10), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(60), nullable=False),
)
"""Waivers of advance data."""


def add(connection: Connection, table: Table, **row: Any) -> int:
    """Keep a row; return its number."""
    return int(connection.execute(table.insert().values(**row).returning(table.c.id)).scalar_one())


def close(connection: Connection, table: Table, row_id: int, open_column: str, **values: Any) -> bool:
    """Complete a row whose `open_column` is null; False where there is none."""
    is_it = table.c.id == row_id, table.c[open_column].is_(None)
    return connection.execute(table.update().where(*is_it).values(**values)).rowcount == 1


def rows(connection: Connection, table: Table, *, newest: int | None = None) -> list[dict[str, Any]]:
    """Rows of one of these tables, or the `newest` of them, oldest first.

    With the ``number`` of the parcel where they are about one.
    """
    query = select(table)
    if "seq" in table.c:
        query = select(table, events.c.parcel_id.label("number")).outerjoin(events, events.c.seq == table.c.seq)
    last_first = connection.execute(query.order_by(table.c.id.desc()).limit(newest)).mappings().all()
    return [dict(row) for row in reversed(last_first)]


def one(connection: Connection, table: Table, row_id: int) -> dict[str, Any] | None:
    """A row by its number."""
    row = connection.execute(select(table).where(table.c.id == row_id)).mappings().first()
    return None if row is None else dict(row)


def needs_hold(connection: Connection, hold_id: int) -> bool:
    """Whether a hold is that of an open investigation."""
    is_it = investigations.c.hold_id == hold_id, investigations.c.ended_at.is_(None)
    return connection.execute(select(investigations.c.id).where(*is_it).limit(1)).first() is not None


def investigated(connection: Connection, seqs: Iterable[int] | None = None) -> frozenset[int]:
    """Events of parcels under an open investigation, all their versions: among some events, or all."""
    if seqs is not None:
        return frozenset(row["seq"] for row in _INVESTIGATED.run(connection, {"seqs": texts(seqs)}))
    return frozenset(connection.execute(_open_versions()).scalars())


def not_for_training(connection: Connection) -> frozenset[int]:
    """Events of parcels whose results may not be learned from."""
    return frozenset(connection.execute(_open_versions().where(investigations.c.may_train == 0)).scalars())


_named, _version = events.alias(), events.alias()


def _versions() -> Select[int]:
    """Every version of the parcels in the table."""
    is_operator = not_by_index(_version.c.operator) == not_by_index(_named.c.operator)
    is_same = and_(is_operator, _version.c.parcel_id == _named.c.parcel_id)
    joined = investigations.join(_named, _named.c.seq == investigations.c.seq).join(_version, is_same)
    return select(_version.c.seq).select_from(joined).where(_version.c.kind == PARCEL)


def _open_versions() -> Select[int]:
    return _versions().where(investigations.c.ended_at.is_(None))


_INVESTIGATED = Statement(_open_versions().where(_version.c.seq.in_(each_number_of("seqs"))))


def n_between(connection: Connection, table: Table, column: str, since_us: int, until_us: int) -> int:
    """Rows whose time in a column is between two times."""
    during = table.c[column] >= since_us, table.c[column] < until_us
    return int(connection.execute(select(func.count()).select_from(table).where(*during)).scalar_one())
