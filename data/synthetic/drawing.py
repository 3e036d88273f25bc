"""Vectorised drawing: weighted choices, repeatable traits of a pair, texts picked from a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def weighted(rng: np.random.Generator, weights: npt.ArrayLike, size: int) -> Ints:
    """Draw `size` places with probability proportional to `weights`."""
    total = np.cumsum(np.asarray(weights, dtype=np.float64))
    indices = np.searchsorted(total, rng.random(size) * total[-1], side="right")
    return np.asarray(np.minimum(indices, total.size - 1), dtype=np.int64)


def weighted_rows(rng: np.random.Generator, weights: Floats, rows: Ints) -> Ints:
    """Draw one column for each entry of `rows`, with the weights of that row of the matrix `weights`."""
    totals = np.cumsum(weights, axis=1)
    draw = rng.random(rows.size) * totals[rows, -1]
    return np.asarray(np.minimum((totals[rows] <= draw[:, None]).sum(axis=1), weights.shape[1] - 1), dtype=np.int64)


def weight_matrix(tables: Sequence[Mapping[str, float]], names: Sequence[str]) -> Floats:
    """One row of weights per table, columns in the order of `names`; a row without weights becomes uniform."""
    matrix = np.array([[table.get(name, 0.0) for name in names] for table in tables], dtype=np.float64)
    matrix[matrix.sum(axis=1) == 0.0] = 1.0
    return matrix


def trait(left: Ints, right: Ints | int, salt: int) -> Floats:
    """Return a number in [0, 1) that belongs to a pair for good: the same seller always misspells the same product."""
    mixed = (
        left * np.int64(0x9E3779B1) + np.asarray(right, dtype=np.int64) * np.int64(0x85EBCA77) + salt * 0xC2B2AE3D
    ).view(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)


def picked(pool: pl.Series | Sequence[Any], index: Ints, given: Flags | None = None) -> pl.Series:
    """Entries of `pool` at `index`; null where not `given` or where the index is negative."""
    series = pool if isinstance(pool, pl.Series) else pl.Series(pool)
    valid = index >= 0 if given is None else given & (index >= 0)
    indices = pl.Series(np.where(valid, index, 0))
    if not valid.all():
        indices = indices.to_frame("place").select(pl.when(pl.Series(valid)).then("place")).to_series()
    return series.gather(indices)


def masked(values: npt.NDArray[Any], given: Flags) -> pl.Series:
    """Values as a column, null where not `given`."""
    return pl.DataFrame({"value": values, "given": given}).select(pl.when("given").then("value")).to_series()


def lognormal(rng: np.random.Generator, median: npt.ArrayLike, sigma: npt.ArrayLike, size: int) -> Floats:
    """Log-normal draws given their median and the sigma of their logarithm."""
    return np.asarray(median, dtype=np.float64) * np.exp(
        np.asarray(sigma, dtype=np.float64) * rng.standard_normal(size)
    )
