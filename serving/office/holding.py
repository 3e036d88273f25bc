"""Legal holds: a parcel that is needed as evidence is neither masked nor erased until its hold is lifted."""

from __future__ import annotations

from datetime import date

from features.parcel.problems import StoreError
from serving.office.current import versions_of
from serving.office.resolving import resolve
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
        seq, subject = _parcel(connection, number, operator)
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


def _parcel(connection: Connection, number: str, operator: str | None) -> tuple[int, str]:
    """Newest version of the parcel under a number, and its subject."""
    keys = [key for key in resolve(connection, number, operator).parcels if operator in (None, key[0])]
    versions = [one for one in versions_of(connection, {key[1] for key in keys}) if one.key in keys]
    if not versions or len({one.key for one in versions}) > 1:
        names = ", ".join(sorted({one.key[0] for one in versions})) or "nobody"
        raise StoreError(f"one parcel must have this number; it was lodged by {names}. Give --operator or its number.")
    newest = max(versions, key=lambda one: (one.life[2], one.seq))
    return newest.seq, parcel_subject(*newest.key, microseconds(newest.life[2]))


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
