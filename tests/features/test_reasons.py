from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.bundle import Bundle, load
from features.catalogue import catalogue
from features.reasons import MAX_REASONS, _of_row, reasons
from tests.builders import SMALL_FEATURES, feature_values


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return load(folder, trusted=None)


def test_reasons_are_what_raised_the_score_the_weightiest_first(bundle: Bundle):
    for row in reasons(bundle, feature_values(40)):
        weights = [reason.weight for reason in row]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert len(row) <= MAX_REASONS


def test_a_reason_carries_the_whole_weight_of_its_family(bundle: Bundle):
    values = feature_values(40)
    contributions = bundle.contributions(values)
    for row, contribution in zip(reasons(bundle, values), contributions, strict=True):
        for reason in row:
            family = [column for column, one in enumerate(catalogue().features) if one.family == reason.family]
            assert reason.weight == pytest.approx(contribution[family].sum())
            assert reason.feature in SMALL_FEATURES


def test_a_reason_says_the_sentence_of_its_feature_for_the_value_of_the_parcel(bundle: Bundle):
    values = feature_values(40)
    told = [(row, reason) for row, given in enumerate(reasons(bundle, values)) for reason in given]
    assert told
    for row, reason in told:
        assert reason.value == values[row, catalogue().names.index(reason.feature)]
        assert reason.text == catalogue()[reason.feature].sentence(reason.value)


def test_the_reason_for_a_heavy_parcel_is_its_weight(bundle: Bundle):
    values = feature_values(1)
    values[0, catalogue().names.index("gross_weight_g")] = 1_950.0
    assert reasons(bundle, values)[0][0].text == "weighs 1950 g"


def test_a_missing_value_is_none_and_not_a_number():
    row = np.full(len(catalogue()), np.nan)
    contribution = np.zeros(len(catalogue()))
    contribution[catalogue().names.index("gross_weight_g")] = 0.5
    (reason,) = _of_row(row, contribution)
    assert reason.as_dict() == {
        "family": "packaging",
        "feature": "gross_weight_g",
        "value": None,
        "text": "no weight declared",
        "weight": 0.5,
    }


def test_no_parcels_have_no_reasons(bundle: Bundle):
    assert reasons(bundle, np.empty((0, len(catalogue())))) == []
