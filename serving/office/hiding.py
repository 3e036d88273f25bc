"""Parcels whose score the station hides until an outcome is on record: what officers do when they cannot lean on it.

Which ones is drawn by the number of the parcel, so that all its versions and everybody at the line have the same. The
referral is shown as always, and so is what lists, rules and typologies say: nothing is let pass because of it.
"""

from __future__ import annotations

import hashlib


def is_hidden(share: float, operator: str | None, parcel_id: str | None) -> bool:
    """Whether the score of a parcel is hidden, where a `share` of them is, 0..1."""
    if share <= 0.0 or parcel_id is None:
        return False
    drawn = hashlib.sha256(f"hidden score\x1f{operator or ''}\x1f{parcel_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < share * 2.0**64
