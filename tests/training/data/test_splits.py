from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from features.parcel.problems import NothingToLearn
from tests.builders import a_dataset
from training.data.datasets import Dataset
from training.data.splits import split_by_time


def with_findings(data: Dataset, n: int) -> Dataset:
    """The same data with only the first `n` findings left; the others become nothing found."""
    label = data.label.copy()
    label[np.flatnonzero(label == 1)[n:]] = 0
    return replace(data, label=label)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 12.0), st.floats(0.1, 0.3), st.floats(0.1, 0.3))
def test_no_label_known_after_a_slice_begins_is_used_before_it(
    seed: int, delay_days: float, tune_share: float, test_share: float
):
    data = a_dataset(800, seed=seed, delay_days=delay_days, found_share=0.4)
    try:
        split = split_by_time(data, tune_share=tune_share, test_share=test_share)
    except NothingToLearn:
        reject()
    assert (data.label_known_at_us[split.fit] < split.tune_from_us).all()
    assert (data.lodged_at_us[split.fit] < split.tune_from_us).all()
    assert (data.label_known_at_us[split.tune] < split.test_from_us).all()
    assert (data.lodged_at_us[split.tune] >= split.tune_from_us).all()
    assert (data.lodged_at_us[split.test] >= split.test_from_us).all()
    assert not (split.fit & split.tune).any()
    assert not ((split.fit | split.tune) & split.test).any()
    assert data.labelled[split.fit | split.tune | split.test].all()
    is_known = data.labelled & (data.label_known_at_us < split.test_from_us)
    np.testing.assert_array_equal(split.before_test, is_known & (data.lodged_at_us < split.test_from_us))
    assert not (split.before_test & split.before_test_background).any()


def test_labels_that_take_longer_leave_less_to_fit_on():
    quick, slow = (split_by_time(a_dataset(800, delay_days=days)) for days in (0.0, 3.0))
    assert quick.fit.sum() > slow.fit.sum()
    assert quick.test.sum() == slow.test.sum()


def test_the_later_slices_hold_the_given_shares_of_the_labelled_parcels():
    data = a_dataset(1_000, delay_days=0.0)
    split = split_by_time(data, tune_share=0.3, test_share=0.1)
    labelled = int(data.labelled.sum())
    assert split.test.sum() / labelled == pytest.approx(0.1, abs=0.01)
    assert (split.tune.sum() + split.test.sum()) / labelled == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("n", [0, 15])
def test_too_few_findings_are_refused_with_how_many_there_are_and_must_be(n: int):
    data = with_findings(a_dataset(400), n)
    message = rf"holds {data.labelled.sum()} outcomes, {n} of them findings; training needs at least 16 findings"
    with pytest.raises(NothingToLearn, match=message):
        split_by_time(data)


def test_a_log_without_any_outcome_is_refused():
    data = a_dataset(50)
    with pytest.raises(NothingToLearn, match="holds 0 outcomes, 0 of them findings"):
        split_by_time(replace(data, label=np.full(50, -1)))


def test_a_slice_that_would_hold_too_few_findings_begins_earlier():
    data = with_findings(a_dataset(800, delay_days=0.0), 20)
    split = split_by_time(data)
    found = data.label == 1
    assert [int(found[rows].sum()) for rows in (split.fit, split.tune, split.test)] == [13, 4, 3]
    assert split.test.sum() > 0.2 * data.labelled.sum()


def test_a_slice_without_enough_findings_is_refused_by_name():
    data = a_dataset(800, delay_days=0.0)
    late = replace(data, label_known_at_us=np.where(data.label == 1, 2**62, data.label_known_at_us))
    with pytest.raises(NothingToLearn, match=r"the slice to fit on holds \d+ outcomes, 0 of them findings"):
        split_by_time(late)


def test_a_slice_of_nothing_but_findings_is_refused():
    data = a_dataset(400, delay_days=0.0)
    with pytest.raises(NothingToLearn, match=r"the slice to fit on holds .* some inspections without one"):
        split_by_time(replace(data, label=np.where(data.label == 0, 1, data.label)))


def test_labels_that_all_come_too_late_leave_nothing_to_fit_on():
    with pytest.raises(NothingToLearn, match="the slice to fit on holds 0 outcomes"):
        split_by_time(replace(a_dataset(400), label_known_at_us=np.full(400, 2**62)))
