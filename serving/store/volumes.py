"""How many parcels came when, and what was asked for: counted from the answers, whose times follow their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, func, select

from serving.store.tables import contexts, scores

_HOUR_US = 3_600_000_000


def first_since(connection: Connection, at_us: int) -> int:
    """Number of the first answer that was given at a time or later; behind the last one where none was.

    By halves, because there is no index of times: an answer's time is that of its batch, and never before an earlier's.
    """
    low, high = 0, int(connection.execute(select(func.max(scores.c.seq))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            select(scores.c.seq, scores.c.scored_at).where(scores.c.seq >= middle).order_by(scores.c.seq).limit(1)
        ).first()
        if row is None or row.scored_at >= at_us:
            high = middle
        else:
            low = row.seq + 1
    return low


def last_until(connection: Connection, at_us: int) -> int | None:
    """Number of the last answer that was given up to a time; None where none was."""
    behind = scores.c.seq < first_since(connection, at_us + 1)
    return connection.execute(select(func.max(scores.c.seq)).where(behind)).scalar()


def hourly(connection: Connection, since_us: int, until_us: int) -> npt.NDArray[np.int64]:
    """Answers in each hour between two whole hours, shape ``(n,)``."""
    counts = np.zeros((until_us - since_us) // _HOUR_US, dtype=np.int64)
    hour = (scores.c.scored_at // _HOUR_US).label("hour")
    counted = select(hour, func.count()).where(*_during(connection, since_us, until_us)).group_by(hour)
    for number, n in connection.execute(counted):
        counts[int(number) - since_us // _HOUR_US] = n
    return counts


def _during(connection: Connection, since_us: int, until_us: int) -> tuple[ColumnElement[bool], ...]:
    begins, ends = first_since(connection, since_us), first_since(connection, until_us)
    return scores.c.seq >= begins, scores.c.seq < ends


def asked(connection: Connection, since_us: int, until_us: int) -> list[tuple[str, str, int]]:
    """Referral, cause and number of the answers between two times."""
    chosen = select(scores.c.referral, scores.c.cause, func.count())
    rows = connection.execute(
        chosen.where(*_during(connection, since_us, until_us)).group_by(scores.c.referral, scores.c.cause)
    )
    return [(referral, cause, n) for referral, cause, n in rows]


def degraded(connection: Connection, since_us: int, until_us: int) -> dict[str, int]:
    """Answers between two times in which something was missing, by what was."""
    during = _during(connection, since_us, until_us)
    chosen = select(contexts.c.degraded, func.count()).join_from(scores, contexts, contexts.c.id == scores.c.context)
    rows = connection.execute(chosen.where(*during, contexts.c.degraded.is_not(None)).group_by(contexts.c.degraded))
    return {str(missing): n for missing, n in rows}


def limited(connection: Connection, since_us: int, until_us: int) -> dict[str, int]:
    """Answers between two times that the legal gate limits, by what it allows at most."""
    during = _during(connection, since_us, until_us)
    counted = select(scores.c.gate, func.count()).where(*during, scores.c.gate.is_not(None)).group_by(scores.c.gate)
    return {str(limit): n for limit, n in connection.execute(counted)}


def scored_parcels(connection: Connection, since_us: int, until_us: int, *, most: int) -> Sequence[Any]:
    """Time, raw score and probability of the newest answers between two times that have a score, oldest first."""
    query = select(scores.c.scored_at, scores.c.raw_score, scores.c.probability)
    during = query.where(*_during(connection, since_us, until_us), scores.c.raw_score.is_not(None))
    return connection.execute(during.order_by(scores.c.seq.desc()).limit(most)).all()[::-1]
