"""Watch lists that fill themselves by what is found, as back-tests and the synthetic office keep them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from policy.capacity import Flags
from policy.lists.exact import KeyIndex

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
        self._index: dict[str, KeyIndex] = {}

    def add(self, parcels: pl.DataFrame, now: int) -> None:
        """Watch for what these parcels, in which something was found, have in common with others to come."""
        for column, until in self._until.items():
            until.update(dict.fromkeys(parcels[column].drop_nulls().to_list(), now + self._kept))
        self._index.clear()

    def hits(self, parcels: pl.DataFrame, now: int) -> Flags:
        """Which parcels are watched for; the last moment of a watch still counts."""
        hit = np.zeros(parcels.height, dtype=np.bool_)
        for column in self._until:
            rows, until = self._indexed(column).find(parcels[column])
            hit[rows[until >= now]] = True
        return hit

    def _indexed(self, column: str) -> KeyIndex:
        if column not in self._index:
            until = self._until[column]
            values = (np.fromiter(one, dtype=np.int64, count=len(until)) for one in (until.keys(), until.values()))
            self._index[column] = KeyIndex(*values)
        return self._index[column]
