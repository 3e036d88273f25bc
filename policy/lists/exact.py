"""Look up whole columns of keys among many: sorted arrays, one binary search per value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]


class KeyIndex:
    """Keys, each with one or several numbers that it stands for.

    Parameters
    ----------
    keys, numbers:
        Shape ``(k,)`` each; a key may occur several times.
    """

    def __init__(self, keys: Ints, numbers: Ints) -> None:
        """Sort."""
        order = np.argsort(keys, kind="stable")
        self._numbers = numbers[order]
        self._keys, self._starts = np.unique(keys[order], return_index=True)
        self._counts = np.diff(self._starts, append=keys.size)

    def find(self, column: pl.Series) -> tuple[Ints, Ints]:
        """Rows of a column of whole numbers whose value is a key, and the numbers behind it; null is never one.

        A row is given once for each number. Rows come in order.
        """
        rows = np.flatnonzero(column.is_not_null().to_numpy())
        if not self._keys.size or not rows.size:
            return rows[:0], rows[:0]
        wanted = column.drop_nulls().cast(pl.Int64).to_numpy()
        at = np.minimum(np.searchsorted(self._keys, wanted), self._keys.size - 1)
        is_hit = self._keys[at] == wanted
        return _spread(rows[is_hit], self._starts[at[is_hit]], self._counts[at[is_hit]], self._numbers)


def _spread(rows: Ints, starts: Ints, counts: Ints, numbers: Ints) -> tuple[Ints, Ints]:
    """Each row once for each of the `counts` numbers that begin at `starts`."""
    at = runs(starts, counts)
    return np.repeat(rows, counts), numbers[at]


def runs(starts: Ints, counts: Ints) -> Ints:
    """Indices of several runs behind each other, each given by its start and its length."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if ends.size else 0)
