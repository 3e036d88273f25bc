"""Lists of what an office watches for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from policy.capacity import Flags

DAY_US = 86_400_000_000
WATCHED = ("sender_key", "address_key", "look_alike_key")


class WatchList:
    """Senders, addresses and looks of findings, each watched for during a number of days.

    Parameters
    ----------
    columns:
        Columns of whole numbers that parcels are recognised by; null is never watched for.
    kept:
        How long a value is watched for, in the unit of all times that are given (microseconds, or days of a world).
    """

    def __init__(self, columns: Sequence[str] = WATCHED, kept: int = 60 * DAY_US) -> None:
        """Watch for nothing yet."""
        self._kept = kept
        self._until: dict[str, dict[int, int]] = {column: {} for column in columns}

    def add(self, parcels: pl.DataFrame, now: int) -> None:
        """Watch for what these parcels, in which something was found, have in common with others to come."""
        for column, until in self._until.items():
            until.update(dict.fromkeys(parcels[column].drop_nulls().to_list(), now + self._kept))

    def hits(self, parcels: pl.DataFrame, now: int) -> Flags:
        """Which parcels are watched for; the last moment of a watch still counts."""
        hit = np.zeros(parcels.height, dtype=np.bool_)
        for column, until in self._until.items():
            values = [value for value, last in until.items() if last >= now]
            if values:
                watched = parcels[column].is_in(pl.Series(values, dtype=parcels[column].dtype).implode())
                hit |= watched.fill_null(value=False).to_numpy()
        return hit
