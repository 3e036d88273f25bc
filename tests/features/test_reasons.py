from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.bundle import Bundle, Learned, load
from features.catalogue import catalogue
from features.log import empty_log
from features.reasons import MAX_AGAINST, MAX_REASONS, Reason, _Facts, _of_row, described, reasons
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
    against = 0
    for row in reasons(bundle, feature_values(40), *described(parcel_events(40))):
        raised, lowered = ([one.weight for one in row if sign * one.weight > 0] for sign in (1, -1))
        assert [one.weight for one in row] == [*sorted(raised, reverse=True), *sorted(lowered)], "what raised it first"
        assert len(raised) <= MAX_REASONS
        assert len(lowered) <= MAX_AGAINST
        against += bool(lowered)
    assert against


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


def with_usual(tmp_path: Path, **usual: float) -> Bundle:
    """A bundle whose population has these medians, on every lane."""
    typical = TypicalValues(("*",), tuple(usual), np.array([list(usual.values())]))
    return load(write_a_bundle(tmp_path / "usual", learned=Learned(words=Words({}), typical=typical)), trusted=None)


def told(bundle: Bundle, row: dict[str, float], moved: dict[str, float]) -> list[str]:
    """Names of the features that are told of a row, of which each of these moved the score so much."""
    values, contribution = np.full(len(catalogue()), np.nan), np.zeros(len(catalogue()))
    for name, value in row.items():
        values[catalogue().column(name)] = value
    for name, weight in moved.items():
        contribution[catalogue().column(name)] = weight
    return [reason.feature for reason in _of_row(values, contribution, _Facts(bundle, None, "?"))]


@pytest.mark.parametrize(
    ("weight_g", "shown"),
    [(120.0, False), (120.2, False), (129.0, False), (180.0, True), (float("nan"), True)],
    ids=str,
)
def test_a_value_that_reads_like_the_usual_one_is_no_reason(tmp_path: Path, weight_g: float, shown: bool):
    bundle = with_usual(tmp_path, gross_weight_g=120.0)
    assert told(bundle, {"gross_weight_g": weight_g}, {"gross_weight_g": 0.4}) == ["gross_weight_g"] * shown


def test_what_is_missing_from_every_parcel_is_no_reason(tmp_path: Path):
    bundle = with_usual(tmp_path, declared_value_eur=20.0)
    assert told(bundle, {}, {"gross_weight_g": 0.4}) == []


def test_a_family_speaks_through_its_next_feature_where_the_weightiest_is_usual(tmp_path: Path):
    usual = {"declared_value_eur": 20.0, "declared_value_per_kg": 100.0}
    families = {catalogue()[name].family for name in usual}
    assert len(families) == 1
    write = with_usual(tmp_path, **usual)
    both = replace(write.families, columns=(np.array([catalogue().column(name) for name in usual]),))
    write.families = replace(both, names=tuple(families), _all=both.columns[0], _starts=np.array([0]))
    moved = {"declared_value_eur": 0.4, "declared_value_per_kg": 0.1}
    assert told(write, {"declared_value_eur": 20.0, "declared_value_per_kg": 900.0}, moved) == ["declared_value_per_kg"]


def test_what_hardly_moved_the_score_is_no_reason_and_what_lowered_it_speaks_against(bundle: Bundle):
    row = {"gross_weight_g": 900.0, "declared_value_eur": 7.0, "dispatch_country": 1.0}
    moved = {"gross_weight_g": 1.0, "declared_value_eur": -0.5, "dispatch_country": -0.4}
    assert told(bundle, row, moved) == ["gross_weight_g", "declared_value_eur"], "a bare code speaks for nobody"
    assert told(bundle, row, moved | {"declared_value_eur": 0.01}) == ["gross_weight_g"]
    row["declared_value_eur"] = float("nan")
    assert told(bundle, row, moved) == ["gross_weight_g"], "what is not known speaks for nobody"


@pytest.mark.parametrize(("value_eur", "shown"), [(28.0, False), (60.0, True)])
def test_what_speaks_against_is_far_from_usual(tmp_path: Path, value_eur: float, shown: bool):
    bundle = with_usual(tmp_path, declared_value_eur=20.0)
    name, row = "declared_value_eur", {"declared_value_eur": value_eur}
    assert told(bundle, row, {name: -0.4}) == [name] * shown
    assert told(bundle, row, {name: 0.4}) == [name]
