"""Legal holds: a parcel that is needed as evidence is neither masked nor erased until its hold is lifted."""

from __future__ import annotations

from datetime import date

from features.parcel.problems import StoreError
from serving.office.resolving import one_parcel
from serving.office.retaining import Keeping
from serving.store import Connection, holds
from serving.store.database import note
from serving.store.erasure import parcel_subject
from serving.store.times import microseconds


def add(
    keeping: Keeping, number: str, *, reason: str, legal_basis: str, review_on: date, operator: str | None = None
) -> int:
    """Keep the parcel that was lodged last under a number; return the number of the hold.

    Raises
    ------
    StoreError
        When no parcel has the number, or several operators use it and none is named.
    """
    with keeping.store.begin() as connection:
        parcel = one_parcel(connection, number, operator)[-1]
        seq, subject = parcel.seq, parcel_subject(*parcel.key, microseconds(parcel.life[2]))
        at_us = microseconds(keeping.clock())
        hold_id = holds.add(
            connection,
            seq=seq,
            subject=keeping.vault.handle(subject),
            reason=reason,
            legal_basis=legal_basis,
            review_on=review_on.isoformat(),
            made_at=at_us,
            made_by=keeping.client.client_id,
        )
        _note(connection, keeping, "held", seq, f"hold {hold_id}")
    return hold_id


def lift(keeping: Keeping, hold_id: int) -> None:
    """End a hold; what is due by then is masked or erased by the next run.

    Raises
    ------
    StoreError
        When no such hold is open.
    """
    with keeping.store.begin() as connection:
        at_us = microseconds(keeping.clock())
        seq = holds.lift(connection, hold_id, by=keeping.client.client_id, at_us=at_us)
        if seq is None:
            raise StoreError(f"no hold {hold_id} is open. `parcel-risk hold list` shows them.")
        _note(connection, keeping, "hold lifted", seq, f"hold {hold_id}")


def _note(connection: Connection, keeping: Keeping, action: str, seq: int, detail: str) -> None:
    at_us = microseconds(keeping.clock())
    note(connection, at_us=at_us, client_id=keeping.client.client_id, action=action, seqs=[seq], detail=detail)
