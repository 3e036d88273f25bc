"""The seed of a day: committed in advance, revealed afterwards, so that anyone can check whom chance drew.

A day's seed is made of the office's secret and of the date alone, so nobody can choose it. Its digest is noted before
the day begins; whoever knows the seed later can recompute every draw of the parcels that were first lodged on the day.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np

from policy.chance import Floats, draw, draw_text

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
Subject = tuple[str, str, int]
"""Operator, identifier and first lodging, in microseconds since 1970, of a parcel."""


def day_of(first_lodged_us: int) -> date:
    """Day, UTC, whose seed draws a parcel."""
    return _EPOCH + timedelta(days=first_lodged_us // _DAY_US)


def beginning_us(day: date) -> int:
    """Microseconds since 1970 at which a day begins, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def seed_of(secret: bytes, day: date) -> bytes:
    """Seed of a day, 32 bytes; unpredictable without `secret`."""
    return hmac.digest(secret, f"seed of the draws of {day.isoformat()}".encode(), "sha256")


@lru_cache(maxsize=64)  # most parcels of a day are asked about on that day
def _seed_of(secret: bytes, n_day: int) -> bytes:
    return seed_of(secret, _EPOCH + timedelta(days=n_day))


def commitment(seed: bytes) -> str:
    """What is noted of a seed in advance: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(seed).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """What an office draws parcels by.

    Attributes
    ----------
    secret:
        Of the office; all seeds come from it.
    since_us:
        Microseconds since 1970 from which seeds are committed. A parcel that was first lodged before keeps the draw
        that it had then, by the secret itself.
    """

    secret: bytes
    since_us: int

    def of(self, first_lodged_us: int) -> bytes:
        """Key of the draw of a parcel."""
        if first_lodged_us < self.since_us:
            return self.secret
        return _seed_of(self.secret, first_lodged_us // _DAY_US)

    def draws(self, parcels: Iterable[Subject]) -> Floats:
        """One number in [0, 1) for each parcel: the same for all its versions, and whenever it is checked again."""
        given = [(self.of(first_us), draw_text(operator, number, first_us)) for operator, number, first_us in parcels]
        return np.array([draw(seed, text) for seed, text in given], dtype=np.float64)
