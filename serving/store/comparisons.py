"""Comparisons without names: how many words were asked in which case, by whom, and when; on both sides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, func, select

from serving.store.tables import metadata

WORDS, COUNT = "words", "count"
comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(5), nullable=False, server_default="words", comment="words, or count of what lists share"),
    Column("direction", String(3), nullable=False, comment="out: asked here; in: answered here"),
    Column("partner", String(40), nullable=False),
    Column("number", String(60), nullable=False, comment="of the question, given by the asker"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the question"),
    Column("case_reference", String(70), nullable=False),
    Column("purpose", String(300), nullable=False),
    Column("n_words", Integer, nullable=False),
    Column("n_hits", Integer, comment="known to the asker alone"),
    Column("made_at", BigInteger, nullable=False),
    Column("client_id", String(60), nullable=False),
    Index("comparisons_by_partner", "direction", "partner", "made_at"),
)
"""Questions; no word of them, blinded or not."""


def put(connection: Connection, **row: Any) -> int:
    """Keep a question."""
    return int(connection.execute(comparisons.insert().values(**row).returning(comparisons.c.id)).scalar_one())


def n_words(
    connection: Connection,
    direction: str,
    partner: str,
    *,
    case: str | None = None,
    since_us: int | None = None,
    kind: str = WORDS,
) -> int:
    """Words asked so far, or points of counts: in a case, or since a time."""
    query = select(func.coalesce(func.sum(comparisons.c.n_words), 0)).where(
        comparisons.c.direction == direction, comparisons.c.partner == partner, comparisons.c.kind == kind
    )
    if case is not None:
        query = query.where(comparisons.c.case_reference == case)
    if since_us is not None:
        query = query.where(comparisons.c.made_at >= since_us)
    return int(connection.execute(query).scalar_one())


def n_questions(connection: Connection, direction: str, partner: str, *, since_us: int = 0) -> int:
    """Counts of what lists have in common, asked so far or since a time."""
    query = select(func.count()).where(
        comparisons.c.direction == direction,
        comparisons.c.partner == partner,
        comparisons.c.kind == COUNT,
        comparisons.c.made_at >= since_us,
    )
    return int(connection.execute(query).scalar_one())


def is_known(connection: Connection, direction: str, partner: str, digest: str) -> bool:
    """Whether a question is on record."""
    row = comparisons.c
    query = select(row.id).where(row.direction == direction, row.partner == partner, row.digest == digest).limit(1)
    return connection.execute(query).first() is not None


def note_hits(connection: Connection, comparison_id: int, n_hits: int) -> None:
    """Note how many words of a question of one's own were hits."""
    row = comparisons.c.id == comparison_id
    connection.execute(comparisons.update().where(row).values(n_hits=n_hits))


def all_of(connection: Connection, *, limit: int = 1_000) -> list[dict[str, Any]]:
    """Questions, newest first."""
    query = select(comparisons).order_by(comparisons.c.id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]
