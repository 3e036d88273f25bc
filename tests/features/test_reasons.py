from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.bundle import Bundle, Learned, load
from features.catalogue import catalogue
from features.log import empty_log
from features.reasons import MAX_REASONS, Reason, _Facts, _of_row, described, reasons
from features.typical import TypicalValues
from features.words import Words
from tests.builders import SMALL_FEATURES, feature_values, write_a_bundle


def parcel_events(n: int) -> pl.DataFrame:
    """Events of which nothing is known but that they are parcels."""
    return pl.concat([empty_log(), pl.DataFrame({"kind": ["parcel"] * n})], how="diagonal_relaxed")


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return load(folder, trusted=None)


def test_reasons_are_what_raised_the_score_the_weightiest_first(bundle: Bundle):
    for row in reasons(bundle, feature_values(40), *described(parcel_events(40))):
        weights = [reason.weight for reason in row]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert len(row) <= MAX_REASONS


def test_a_reason_carries_the_whole_weight_of_its_family(bundle: Bundle):
    values = feature_values(40)
    contributions = bundle.contributions(values)
    for row, contribution in zip(reasons(bundle, values, *described(parcel_events(40))), contributions, strict=True):
        for reason in row:
            family = [column for column, one in enumerate(catalogue().features) if one.family == reason.family]
            assert reason.weight == pytest.approx(contribution[family].sum())
            assert reason.feature in SMALL_FEATURES


def test_a_reason_holds_the_value_of_the_parcel_and_no_sentence(bundle: Bundle):
    values = feature_values(40)
    told = [
        (row, reason)
        for row, given in enumerate(reasons(bundle, values, *described(parcel_events(40))))
        for reason in given
    ]
    assert told
    for row, reason in told:
        assert reason.value == values[row, catalogue().column(reason.feature)]
        texts = {name for name, value in reason.as_dict().items() if isinstance(value, str)}
        assert texts == {"family", "feature"}


def test_a_missing_value_is_none_and_not_a_number(bundle: Bundle):
    row = np.full(len(catalogue()), np.nan)
    contribution = np.zeros(len(catalogue()))
    contribution[catalogue().column("gross_weight_g")] = 0.5
    (reason,) = _of_row(row, contribution, _Facts(bundle, None, "?"))
    assert reason.as_dict() == {
        "family": "packaging",
        "feature": "gross_weight_g",
        "value": None,
        "weight": 0.5,
        "typical": None,
        "lane": None,
        "word": None,
    }


def test_no_parcels_have_no_reasons(bundle: Bundle):
    assert reasons(bundle, np.empty((0, len(catalogue()))), *described(parcel_events(0))) == []


def test_a_number_of_history_is_set_against_what_is_typical_and_a_word_is_named(tmp_path: Path):
    typical = TypicalValues(("*", "CN to DE"), ("sender_n_7d",), np.array([[3.0], [1.0]]))
    folder = write_a_bundle(tmp_path / "learned", learned=Learned(words=Words({"tea": 0.4}), typical=typical))
    bundle = load(folder, trusted=None)
    number, word = catalogue().column("sender_n_7d"), catalogue().column("riskiest_word_share")
    on_lane, elsewhere = _Facts(bundle, "green tea", "CN to DE"), _Facts(bundle, None, "XX to DE")
    assert on_lane.of(number, 12.0) == {"typical": 1.0, "lane": "CN to DE"}
    assert elsewhere.of(number, 12.0) == {"typical": 3.0, "lane": None}
    assert on_lane.of(word, 0.4) == {"word": "tea"}
    assert elsewhere.of(word, float("nan")) == {}
    assert _Facts(bundle, "a chair", "CN to DE").of(word, float("nan")) == {"word": None}


def test_what_is_stored_is_read_back():
    reason = Reason(
        family="sender history", feature="sender_n_7d", value=12.0, weight=0.7, typical=1.0, lane="CN to DE"
    )
    assert Reason.from_dict(json.loads(json.dumps(reason.as_dict()))) == reason


def test_a_reason_stored_with_its_sentence_is_still_read():
    stored = {"family": "packaging", "feature": "gross_weight_g", "value": 3.0, "text": "weighs 3 g", "weight": 0.5}
    assert Reason.from_dict(stored) == Reason(family="packaging", feature="gross_weight_g", value=3.0, weight=0.5)
