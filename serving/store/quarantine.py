"""Rows that could not be used, with the reasons, until the operator mends or drops them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from features.parcel.problems import Rejection
from serving.store.sealing import seal, unseal
from serving.store.tables import quarantine

OPEN, FIXED, DROPPED = "open", "fixed", "dropped"


@dataclass(frozen=True, kw_only=True)
class Held:
    """A row in quarantine: its text as it was sent, and why it was not used."""

    held_id: int
    source: str
    line: int
    state: str
    received_at: int
    text: str
    reasons: list[dict[str, Any]]


def hold(
    connection: Connection,
    key: bytes,
    *,
    operator: str,
    source: str,
    rejections: tuple[Rejection, ...],
    original: Callable[[int], str],
    at_us: int,
) -> None:
    """Keep rejected rows, one entry per line whatever the number of reasons."""
    by_line: dict[int, list[Rejection]] = {}
    for rejection in rejections:
        by_line.setdefault(rejection.line, []).append(rejection)
    rows = [
        {
            "operator": operator,
            "source": source,
            "line": line,
            "state": OPEN,
            "received_at": at_us,
            **seal(
                key,
                {"text": original(line), "reasons": [reason.as_dict() for reason in reasons]},
                f"held|{operator}|{at_us}|{line}",
            ),
        }
        for line, reasons in by_line.items()
    ]
    if rows:
        connection.execute(quarantine.insert(), rows)


def held_rows(connection: Connection, key: bytes, operator: str, *, after: int, limit: int) -> list[Held]:
    """Open entries of an operator behind entry `after`, oldest first."""
    query = (
        select(quarantine)
        .where(quarantine.c.operator == operator, quarantine.c.state == OPEN, quarantine.c.id > after)
        .order_by(quarantine.c.id)
        .limit(limit)
    )
    return [_held(row, key) for row in connection.execute(query)]


def held_row(connection: Connection, key: bytes, operator: str, held_id: int) -> Held | None:
    """One entry of an operator."""
    query = select(quarantine).where(quarantine.c.operator == operator, quarantine.c.id == held_id)
    row = connection.execute(query).one_or_none()
    return _held(row, key) if row else None


def settle(connection: Connection, held_id: int, state: str) -> None:
    """Close an entry."""
    connection.execute(quarantine.update().where(quarantine.c.id == held_id).values(state=state))


def _held(row: Row[Any], key: bytes) -> Held:
    content = unseal(key, row.nonce, row.sealed, f"held|{row.operator}|{row.received_at}|{row.line}")
    return Held(
        held_id=row.id,
        source=row.source,
        line=row.line,
        state=row.state,
        received_at=row.received_at,
        text=content["text"],
        reasons=content["reasons"],
    )
