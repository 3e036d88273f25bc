"""Notes that one shift leaves for the next."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, select

from serving.store.tables import metadata

MOST_CHARACTERS = 500

shift_notes = Table(
    "shift_notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client_id", String(60), nullable=False),
    Column("made_at", BigInteger, nullable=False, index=True),
    Column("text", String(MOST_CHARACTERS), nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note: who wrote it, when in microseconds since 1970, and what it says."""

    client_id: str
    made_at: int
    text: str


def put_note(connection: Connection, note: Note) -> None:
    """Keep a note."""
    connection.execute(shift_notes.insert().values(**vars(note)))


def notes_between(connection: Connection, since_us: int, until_us: int) -> list[Note]:
    """Notes written from `since_us` to before `until_us`, newest first."""
    chosen = select(shift_notes).where(shift_notes.c.made_at.between(since_us, until_us - 1))
    rows = connection.execute(chosen.order_by(shift_notes.c.made_at.desc(), shift_notes.c.id.desc()))
    return [Note(client_id=row.client_id, made_at=row.made_at, text=row.text) for row in rows]
