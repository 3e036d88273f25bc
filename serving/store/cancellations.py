"""Cancelled parcels that somebody was to look at, for as long as another number could hide them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, select

from serving.store.statements import Row, Statement, each_of, insertion, texts
from serving.store.tables import cancellations

MOST = 1_000
"""Newest cancelled referrals that each new parcel is compared with: one in a thousand parcels is referred, and few of
those are cancelled within two weeks; more would let one operator slow down everybody."""


def note_cancelled(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Remember cancelled parcels: their event, operator, identifier, when, and what they are compared by."""
    noted = list(rows)
    if noted:
        _INSERT.run(connection, noted)


def cancelled_since(connection: Connection, operators: Iterable[str], since_us: int) -> list[Row]:
    """Cancelled parcels of the `operators`, newest first."""
    return _SINCE.run(connection, {"operators": texts(set(operators)), "since": since_us})


def forget_cancelled(connection: Connection, seqs: Iterable[int]) -> None:
    """Forget those whose referral another parcel has taken over."""
    wanted = list(seqs)
    if wanted:
        connection.execute(cancellations.delete().where(cancellations.c.seq.in_(wanted)))


_INSERT = insertion(cancellations)
_SINCE = Statement(
    select(cancellations)
    .where(
        cancellations.c.operator.in_(each_of("operators")),
        cancellations.c.cancelled_at > bindparam("since", type_=BigInteger()),
    )
    .order_by(cancellations.c.seq.desc())
    .limit(MOST)
)
