"""A leak planted on purpose is refused, and the future changes nothing of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from features.catalogue import catalogue
from features.log import OUTCOME, number
from tests.builders import a_dataset, retractions, small_columns
from tests.training.logs import world_log
from training.data.datasets import Dataset, dataset
from training.data.leaks import LeakSuspected, refuse_leaks, separation, suspects
from training.data.splits import WANTED_FOUND, split_by_time

WEIGHT = catalogue().names.index("gross_weight_g")


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    return world_log()


@pytest.fixture(scope="module")
def middle(log: pl.DataFrame):
    return log["known_at"][log.height // 2]


def planted(data: Dataset, values: np.ndarray) -> Dataset:
    """The data set with `values` in place of the declared weight."""
    doctored = data.values.copy()
    doctored[:, WEIGHT] = values
    return replace(data, values=doctored)


def test_an_honest_data_set_has_no_suspects(log: pl.DataFrame):
    assert suspects(dataset(log), list(range(len(catalogue())))) == []


def test_a_weight_taken_at_the_inspection_is_refused():
    data = a_dataset(1_000)
    at_inspection = np.where(data.labelled, data.values[:, WEIGHT], np.nan)
    with pytest.raises(LeakSuspected, match=r"gross_weight_g .separates inspected parcels from others"):
        refuse_leaks(planted(data, at_inspection), small_columns())


def test_a_feature_that_reads_the_time_of_the_outcome_is_refused_even_when_it_hides_what_is_missing():
    data = a_dataset(1_000)
    until_known = np.where(data.labelled, (data.label_known_at_us - data.lodged_at_us) / 8.64e10, 0.0)
    with pytest.raises(LeakSuspected, match="gross_weight_g"):
        refuse_leaks(planted(data, until_known), small_columns())


def test_a_feature_that_knows_the_result_is_refused_where_everything_was_inspected():
    data = a_dataset(1_000)
    data = replace(data, label=np.maximum(data.label, 0))
    with pytest.raises(LeakSuspected, match="findings from clean results"):
        refuse_leaks(planted(data, data.label + 0.001 * np.arange(len(data))), small_columns())


def test_what_became_known_later_changes_no_byte(log: pl.DataFrame, middle):
    then = dataset(log.filter(pl.col("known_at") <= middle), as_of=middle)
    now = dataset(log, as_of=middle)
    assert now.digest == then.digest
    assert np.array_equal(now.values, then.values, equal_nan=True)
    assert now.parcels.equals(then.parcels)


def test_a_history_that_has_heard_of_later_outcomes_gives_other_bytes(log: pl.DataFrame, middle):
    """The guard itself: planted knowledge of the future does change the digest, so the test above can fail."""
    later = log.filter((pl.col("kind") == OUTCOME) & (pl.col("known_at") > middle))
    early = later.with_columns(pl.lit(log["known_at"][0]).dt.offset_by("1d").alias("known_at"))
    seen = number(
        pl.concat(
            [
                log.filter(pl.col("known_at") <= middle).with_columns(pl.col("seq") * -1),
                early.with_columns(
                    pl.lit(None, dtype=pl.Int64).alias("seq"), (pl.col("subject_seq") * -1).alias("subject_seq")
                ),
            ]
        ),
        1,
    )
    honest = dataset(log, as_of=middle, maturity_days=0.0)
    assert dataset(seen, as_of=middle, maturity_days=0.0).digest != honest.digest


def test_a_result_that_was_taken_back_is_no_label_from_then_on(log: pl.DataFrame):
    first = log.filter((pl.col("kind") == OUTCOME) & (pl.col("result") == "found")).head(1)
    now = log["known_at"].max() + timedelta(days=60)
    back = retractions(first, now).with_columns(pl.lit(log.height + 1, dtype=pl.Int64).alias("seq"))
    longer = pl.concat([log, back])
    place = first["subject_seq"].item()
    before, after = dataset(log, maturity_days=0.0), dataset(longer, maturity_days=0.0)
    assert before.label[before.seq == place].tolist() == [1]
    assert after.label[after.seq == place].tolist() == [-1]
    assert dataset(longer, as_of=log["known_at"].max(), maturity_days=0.0).digest == before.digest


def test_a_cancelled_parcel_is_no_row_and_an_inspected_version_stays(log: pl.DataFrame):
    data = dataset(log, maturity_days=0.0)
    inspected, free = int(data.seq[data.labelled][0]), int(data.seq[~data.parcels["is_selected"].to_numpy()][0])
    now = log["known_at"].max() + timedelta(days=1)
    both = log.filter(pl.col("seq").is_in([inspected, free]))
    back = retractions(both, now).with_columns((pl.int_range(pl.len(), dtype=pl.Int64) + log.height + 1).alias("seq"))
    after = dataset(pl.concat([log, back]), maturity_days=0.0)
    assert free not in after.seq
    assert inspected in after.seq
    assert len(after) == len(data) - 1


def with_a_delay(n: int = 2_000) -> Dataset:
    """Everything inspected, every result known after a week: the last week has none yet; a column counts the days."""
    data = a_dataset(n, delay_days=0.0)
    label = np.maximum(data.label, 0)
    as_of = int(data.lodged_at_us[-1])
    week = 7 * 86_400_000_000
    is_settled = data.lodged_at_us <= as_of - week
    data = replace(
        data,
        label=np.where(is_settled, label, -1),
        label_known_at_us=np.where(is_settled, data.lodged_at_us + week, -1),
        as_of_us=as_of,
        maturity_days=7.0,
    )
    return planted(data, (data.lodged_at_us - data.lodged_at_us[0]) / 8.64e10)


def test_parcels_whose_results_are_not_known_yet_are_no_others():
    data = with_a_delay()
    assert data.pending.any()
    assert not data.not_inspected(data.as_of_us).any()
    refuse_leaks(data, small_columns())


def test_a_leak_is_seen_next_to_results_that_are_not_known_yet():
    data = with_a_delay()
    half = np.arange(len(data)) % 2 == 0
    data = replace(data, label=np.where(half, data.label, -1))
    at_inspection = np.where(data.labelled, data.values[:, WEIGHT], np.nan)
    with pytest.raises(LeakSuspected, match="separates inspected parcels from others"):
        refuse_leaks(planted(data, at_inspection), small_columns())


def test_parcels_whose_results_are_not_known_yet_are_no_background():
    data = with_a_delay()
    split = split_by_time(data)
    assert not split.fit_background.any()
    assert not split.tune_background.any()
    assert not (split.test_population & data.pending).any()
    assert (data.lodged_at_us[split.tune] >= split.tune_from_us).all()
    assert (data.label[split.tune] == 1).sum() >= WANTED_FOUND
    assert split.test_from_us - split.tune_from_us >= 14 * 86_400_000_000


@given(
    values=st.lists(st.one_of(st.just(float("nan")), st.integers(-3, 3).map(float)), min_size=2, max_size=30),
    data=st.data(),
)
@settings(max_examples=60)
def test_the_separation_is_that_of_scikit_learn_wherever_missing_values_stand(values: list[float], data: st.DataObject):
    positive = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    assume(positive.any() and not positive.all())
    column = np.array(values)
    filled = [np.where(np.isnan(column), end, column) for end in (-9.0, 9.0)]
    aucs = [roc_auc_score(positive, one) for one in filled]
    assert separation(column, positive) == pytest.approx(max(max(auc, 1 - auc) for auc in aucs))
