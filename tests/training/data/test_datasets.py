from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.catalogue import catalogue
from features.history import Engine
from features.replay import feature_rows
from tests.builders import MORNING, a_dataset, a_log, a_parcel
from training.data.datasets import MAX_WEIGHT, Dataset, dataset, weights


def lodged(parcel_id: str, hours: float) -> dict[str, Any]:
    return a_parcel(parcel_id=parcel_id, lodged_at=MORNING + timedelta(hours=hours))


def inspected(parcel_id: str, hours: float, result: str, **changes: Any) -> dict[str, Any]:
    known_at = MORNING + timedelta(hours=hours)
    return {"parcel_id": parcel_id, "operator": "post-a", "result": result, "known_at": known_at} | changes


PARCELS = [lodged(name, place) for place, name in enumerate("ABCDE")]
OUTCOMES = [
    inspected("A", 50, "found", propensity=0.5),
    inspected("B", 51, "nothing_found"),
    inspected("C", 52, "not_presented"),
    inspected("D", 53, "nothing_found", propensity=0.25),
    inspected("D", 60, "found", propensity=1.0),
]


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    return a_log(PARCELS, OUTCOMES)


@pytest.fixture(scope="module")
def data(log: pl.DataFrame) -> Dataset:
    return dataset(log)


def test_a_parcel_that_nobody_inspected_is_never_taken_as_negative(data: Dataset):
    assert data.label.tolist() == [1, 0, -1, 0, -1]
    assert data.labelled.tolist() == [True, True, False, True, False]


def test_not_presented_is_no_label(data: Dataset):
    assert (data.label[2], data.label_known_at_us[2]) == (-1, -1)


def test_of_two_outcomes_the_first_is_the_label(data: Dataset):
    assert (data.label[3], data.propensity[3]) == (0, 0.25)


def test_the_propensity_is_that_of_the_outcome_and_nan_where_it_is_not_known(data: Dataset):
    assert data.propensity.tolist() == pytest.approx([0.5, np.nan, np.nan, 0.25, np.nan], nan_ok=True)


def test_a_parcel_that_was_not_presented_keeps_the_propensity_of_its_selection():
    made = dataset(a_log([lodged("A", 0)], [inspected("A", 50, "not_presented", propensity=1.0)]))
    assert (made.label.tolist(), made.propensity.tolist()) == ([-1], [1.0])


def test_times_are_microseconds(data: Dataset):
    start = round(MORNING.timestamp() * 1_000_000)
    assert data.lodged_at_us.tolist() == [start + hours * 3_600_000_000 for hours in range(5)]
    assert data.label_known_at_us[0] == start + 50 * 3_600_000_000


def test_rows_are_those_of_the_replay(log: pl.DataFrame, data: Dataset):
    rows = feature_rows(log, Engine())
    assert np.array_equal(data.values, rows.values, equal_nan=True)
    assert np.array_equal(data.seq, rows.seq)
    assert data.values.shape == (len(data), len(catalogue()))


def test_the_digest_is_the_same_for_the_same_log_and_another_for_another_label(log: pl.DataFrame, data: Dataset):
    assert dataset(a_log(PARCELS, OUTCOMES)).digest == data.digest
    other = [OUTCOMES[0] | {"result": "nothing_found"}, *OUTCOMES[1:]]
    assert dataset(a_log(PARCELS, other)).digest != data.digest
    assert dataset(a_log(PARCELS, OUTCOMES[1:])).digest != data.digest


def test_progress_ends_with_the_whole_log(log: pl.DataFrame):
    reported: list[float] = []
    dataset(log, progress=reported.append)
    assert reported[-1] == log.height


def test_a_log_without_parcels_is_an_empty_data_set(log: pl.DataFrame):
    data = dataset(log.clear())
    assert len(data) == 0
    assert data.values.shape == (0, len(catalogue()))


def test_weights_are_inverse_propensities_with_a_mean_of_one():
    data = a_dataset(200)
    given = weights(data, data.labelled)
    assert given.mean() == pytest.approx(1.0)
    products = given * np.maximum(data.propensity[data.labelled], 1 / MAX_WEIGHT)
    assert products == pytest.approx(products[0])


def test_weights_are_clipped_and_one_where_no_propensity_is_known(data: Dataset):
    everyone = np.ones(len(data), dtype=bool)
    rare = Dataset(**(vars(data) | {"propensity": np.array([0.0, 1e-9, 1.0, 1.0, np.nan])}))
    given = weights(rare, everyone)
    assert given / given[2] == pytest.approx([MAX_WEIGHT, MAX_WEIGHT, 1.0, 1.0, 1.0])
    unknown = Dataset(**(vars(data) | {"propensity": np.full(5, np.nan)}))
    assert weights(unknown, everyone).tolist() == [1.0] * 5
    assert weights(unknown, ~everyone).size == 0
