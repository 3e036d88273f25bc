"""Legal holds: a parcel that is needed as evidence is neither masked nor erased until its hold is lifted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from features.parcel.problems import StoreError
from serving.office.resolving import one_parcel
from serving.store import Client, Connection, Role, casework, holds
from serving.store.clients import INSPECTING
from serving.store.database import note
from serving.store.erasure import parcel_subject
from serving.store.times import microseconds
from serving.store.vault import Vault

HOLDING = INSPECTING
"""Who keeps a parcel."""
LIFTING = (Role.SUPERVISOR,)
"""Who ends a hold."""
REVIEW = timedelta(days=183)
"""After which a hold is looked at again, where nobody says otherwise."""


def add(
    connection: Connection,
    vault: Vault,
    number: str,
    *,
    reason: str,
    legal_basis: str,
    client: Client,
    at: datetime,
    review_on: date | None = None,
    operator: str | None = None,
) -> int:
    """Keep the parcel that was lodged last under a number; return the number of the hold.

    Raises
    ------
    StoreError
        When no parcel has the number, or several operators use it and none is named.
    """
    parcel = one_parcel(connection, number, operator)[-1]
    seq, at_us = parcel.seq, microseconds(at)
    hold_id = holds.add(
        connection,
        seq=seq,
        subject=vault.handle(parcel_subject(*parcel.key, microseconds(parcel.life[2]))),
        reason=reason,
        legal_basis=legal_basis,
        review_on=(review_on or (at + REVIEW).date()).isoformat(),
        made_at=at_us,
        made_by=client.client_id,
    )
    note(connection, at_us=at_us, client_id=client.client_id, action="held", seqs=[seq], detail=f"hold {hold_id}")
    return hold_id


def lift(connection: Connection, hold_id: int, *, client: Client, at: datetime) -> None:
    """End a hold; what is due by then is masked or erased by the next run.

    Raises
    ------
    StoreError
        When no such hold is open, or an investigation that has not ended needs it.
    """
    if casework.needs_hold(connection, hold_id):
        raise StoreError(
            f"hold {hold_id} is that of an open investigation. End the investigation: its hold ends with it."
        )
    seq = holds.lift(connection, hold_id, by=client.client_id, at_us=microseconds(at))
    if seq is None:
        raise StoreError(f"no hold {hold_id} is open. `parcel-risk hold list` shows them.")
    at_us, detail = microseconds(at), f"hold {hold_id}"
    note(connection, at_us=at_us, client_id=client.client_id, action="hold lifted", seqs=[seq], detail=detail)
