from __future__ import annotations

import numpy as np
import polars as pl

from features.bundle import Calibration
from tests.training.logs import world_log
from training.data.datasets import Dataset, dataset
from training.evaluation.slicing import slices
from training.evaluation.unseen import Judged


def judged_of(data: Dataset) -> Judged:
    raw = np.linspace(-4.0, 1.0, len(data))
    return Judged.of(data, np.ones(len(data), dtype=np.bool_), raw, Calibration())


def test_a_column_that_nobody_fills_in_is_one_slice() -> None:
    data = dataset(world_log().with_columns(pl.lit(None, dtype=pl.String).alias("stream")))
    found = slices(data, np.ones(len(data), dtype=np.bool_), judged_of(data), capacity=0.05)
    streams = found.filter(pl.col("slice") == "stream")
    assert streams["value"].to_list() == ["not given"]
    assert streams["n_parcels"].to_list() == [len(data)]


def test_the_slices_of_one_kind_are_apart_and_add_up() -> None:
    data = dataset(world_log())
    found = slices(data, np.ones(len(data), dtype=np.bool_), judged_of(data), capacity=0.05)
    assert found.filter(pl.col("slice") == "sender")["n_parcels"].sum() == len(data)
    assert set(found["slice"]) == {"week", "stream", "operator", "origin", "sender", "data quality"}


def test_weeks_stand_in_their_order_and_hold_the_parcels_lodged_in_them() -> None:
    data = dataset(world_log())
    weeks = slices(data, np.ones(len(data), dtype=np.bool_), judged_of(data), capacity=0.05).filter(slice="week")
    assert weeks.height > 4
    assert weeks["value"].to_list() == sorted(weeks["value"].to_list())
    lodged = data.parcels.select(pl.from_epoch("lodged_at_us", time_unit="us").dt.strftime("%G-W%V").alias("week"))
    counted = lodged["week"].value_counts()
    assert dict(weeks.select("value", "n_parcels").iter_rows()).items() <= dict(counted.iter_rows()).items()
