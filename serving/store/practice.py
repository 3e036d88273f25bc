"""What officers decided on the synthetic parcels of the practice mode; nothing of it is about a parcel on record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, delete, func, select

from serving.store.tables import metadata

practice_choices = Table(
    "practice_choices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client_id", String(60), nullable=False),
    Column("round", Integer, nullable=False),
    Column("number", String(13), nullable=False, comment="of the synthetic parcel"),
    Column("choice", String(10), nullable=False, comment="inspect or pass"),
    Column("chosen_at", BigInteger, nullable=False),
    Index("practice_by_client", "client_id", "round", "number", unique=True),
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What an officer decided on one synthetic parcel: `choice` is ``inspect`` or ``pass``."""

    number: str
    choice: str


def put_choice(connection: Connection, client_id: str, round_no: int, choice: Choice, *, at_us: int) -> None:
    """Keep a decision; a second one on the same parcel in one round replaces nothing."""
    known = {one.number for one in choices_in(connection, client_id, round_no)}
    if choice.number not in known:
        row = {"client_id": client_id, "round": round_no, "number": choice.number, "choice": choice.choice}
        connection.execute(practice_choices.insert().values(**row, chosen_at=at_us))


def last_round(connection: Connection, client_id: str) -> int:
    """Number of the officer's last round; 0 before the first."""
    mine = select(func.max(practice_choices.c.round)).where(practice_choices.c.client_id == client_id)
    return int(connection.execute(mine).scalar() or 0)


def choices_in(connection: Connection, client_id: str, round_no: int) -> list[Choice]:
    """Decisions of one round, in their order."""
    mine = practice_choices.c.client_id == client_id, practice_choices.c.round == round_no
    rows = connection.execute(select(practice_choices).where(*mine).order_by(practice_choices.c.id))
    return [Choice(number=row.number, choice=row.choice) for row in rows]


def forget(connection: Connection, client_id: str) -> None:
    """Delete everything that an officer has practised."""
    connection.execute(delete(practice_choices).where(practice_choices.c.client_id == client_id))
