from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.bundle import Bundle, load
from features.catalogue import catalogue
from features.log import empty_log
from features.reasons import MAX_REASONS, _of_row, _Words, reasons
from features.usual import UsualValues
from features.words import Words
from tests.builders import SMALL_FEATURES, feature_values


def parcel_events(n: int) -> pl.DataFrame:
    """Events of which nothing is known but that they are parcels."""
    return pl.concat([empty_log(), pl.DataFrame({"kind": ["parcel"] * n})], how="diagonal_relaxed")


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return load(folder, trusted=None)


def test_reasons_are_what_raised_the_score_the_weightiest_first(bundle: Bundle):
    for row in reasons(bundle, feature_values(40), parcel_events(40)):
        weights = [reason.weight for reason in row]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert len(row) <= MAX_REASONS


def test_a_reason_carries_the_whole_weight_of_its_family(bundle: Bundle):
    values = feature_values(40)
    contributions = bundle.contributions(values)
    for row, contribution in zip(reasons(bundle, values, parcel_events(40)), contributions, strict=True):
        for reason in row:
            family = [column for column, one in enumerate(catalogue().features) if one.family == reason.family]
            assert reason.weight == pytest.approx(contribution[family].sum())
            assert reason.feature in SMALL_FEATURES


def test_a_reason_says_the_sentence_of_its_feature_for_the_value_of_the_parcel(bundle: Bundle):
    values = feature_values(40)
    told = [(row, reason) for row, given in enumerate(reasons(bundle, values, parcel_events(40))) for reason in given]
    assert told
    for row, reason in told:
        assert reason.value == values[row, catalogue().names.index(reason.feature)]
        assert reason.text == catalogue()[reason.feature].sentence(reason.value)


def test_the_reason_for_a_heavy_parcel_is_its_weight(bundle: Bundle):
    values = feature_values(1)
    values[0, catalogue().names.index("gross_weight_g")] = 1_950.0
    assert reasons(bundle, values, parcel_events(1))[0][0].text == "weighs 1950 g"


def test_a_missing_value_is_none_and_not_a_number(bundle: Bundle):
    row = np.full(len(catalogue()), np.nan)
    contribution = np.zeros(len(catalogue()))
    contribution[catalogue().names.index("gross_weight_g")] = 0.5
    (reason,) = _of_row(row, contribution, _Words(bundle, None, "?"))
    assert reason.as_dict() == {
        "family": "packaging",
        "feature": "gross_weight_g",
        "value": None,
        "text": "no weight declared",
        "weight": 0.5,
    }


def test_no_parcels_have_no_reasons(bundle: Bundle):
    assert reasons(bundle, np.empty((0, len(catalogue()))), parcel_events(0)) == []


def test_a_number_of_history_is_set_beside_its_usual_value_and_a_word_is_named(bundle: Bundle):
    medians = np.full((2, len(catalogue())), np.nan)
    column = catalogue().names.index("sender_n_7d")
    medians[1, column] = 1.0
    bundle.usual = UsualValues(("*", "CN to DE"), medians)
    bundle.words = Words({"tea": 0.4})
    say = _Words(bundle, "green tea", "CN to DE")
    assert say.of(column, 12.0) == "12 parcels of this sender in 7 days; usually 1 on the lane CN to DE"
    assert say.of(catalogue().names.index("riskiest_word_share"), 0.4).endswith("40% held contraband: tea")
