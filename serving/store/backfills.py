"""Historical backfills that are under way, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.store.tables import backfills


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What of a backfill is in the log.

    Attributes
    ----------
    n_parts:
        Parts that are finished.
    """

    n_parts: int = 0
    n_parcels: int = 0
    n_outcomes: int = 0


def progress_of(connection: Connection, name: str) -> Progress:
    """How far a backfill is; nothing is done of one that is not known."""
    row = connection.execute(
        select(backfills.c.n_parts, backfills.c.n_parcels, backfills.c.n_outcomes).where(backfills.c.name == name)
    ).one_or_none()
    return Progress(**row._mapping) if row else Progress()


def note_progress(connection: Connection, name: str, progress: Progress) -> None:
    """Replace what is noted of a backfill."""
    forget(connection, name)
    connection.execute(backfills.insert().values(name=name, **vars(progress)))


def forget(connection: Connection, name: str) -> None:
    """Remove what is noted of a backfill."""
    connection.execute(backfills.delete().where(backfills.c.name == name))
