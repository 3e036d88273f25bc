"""Sums of floating numbers in groups, equal in every run: numbers are added in the order of their rows.

Polars adds up parts on several threads, so that the last bits of a grouped sum depend on chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

N_ROWS = "n_rows"


def sums_by(frame: pl.DataFrame, by: Sequence[str], values: Sequence[str]) -> pl.DataFrame:
    """Sum columns within groups.

    Parameters
    ----------
    by:
        Columns whose values make a group; null is a value.
    values:
        Numbers to add up, without nulls; whole numbers stay whole.

    Returns
    -------
    pl.DataFrame
        ``by``, ``values`` and ``n_rows``, one row a group, groups in the order of their first row.
    """
    groups = frame.select(by).unique(maintain_order=True)
    numbered = groups.with_row_index("_group")
    group = frame.select(by).join(numbered, on=list(by), how="left", nulls_equal=True, maintain_order="left")
    at = group["_group"].to_numpy()
    return groups.with_columns(
        *(_summed(frame[name], at, groups.height) for name in values),
        pl.Series(N_ROWS, np.bincount(at, minlength=groups.height), dtype=pl.Int64),
    )


def _summed(values: pl.Series, at: np.ndarray, n_groups: int) -> pl.Series:
    total = np.bincount(at, weights=values.to_numpy(), minlength=n_groups)
    return pl.Series(values.name, total if values.dtype.is_float() else np.rint(total).astype(np.int64))
