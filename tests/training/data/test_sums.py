from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from training.data.sums import N_ROWS, sums_by


def test_sums_are_equal_in_every_run() -> None:
    random = np.random.default_rng(5)
    n = 300_000
    frame = pl.DataFrame({"lane": random.choice(["A", "B", "C"], n), "root": random.random(n)})
    once, *others = (sums_by(frame, ["lane"], ["root"]) for _ in range(20))
    assert all(other.equals(once) for other in others)


def test_sums_of_groups() -> None:
    frame = pl.DataFrame(
        {"lane": ["A", None, "A", "B", None], "week": [1, 1, 1, 2, 1], "n": [1, 2, 3, 4, 5], "root": [0.5, 1, 2, 4, 8]}
    )
    found = sums_by(frame, ["lane", "week"], ["n", "root"])
    assert found.rows() == [("A", 1, 4, 2.5, 2), (None, 1, 7, 9.0, 2), ("B", 2, 4, 4.0, 1)]
    assert found.schema["n"] == pl.Int64
    assert found.columns[-1] == N_ROWS


@pytest.mark.parametrize("n", [1, 1_000])
def test_a_sum_is_the_sum(n: int) -> None:
    values = np.random.default_rng(n).random(n)
    (total,) = sums_by(pl.DataFrame({"at": [0] * n, "x": values}), ["at"], ["x"])["x"]
    assert math.isclose(total, math.fsum(values))
