from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from features.catalogue import THEMES, Catalogue, catalogue
from features.declared import AcrossPart, Feature, HistoryPart, across, history
from features.declared.declare import PARCEL, Kind, feature
from features.declared.scalar import NAN
from features.golden import golden_log
from features.history import ENTITIES, Engine
from features.log import LOG_SCHEMA
from features.replay import feature_rows
from tests.golden.make import ROWS, feature_table

every_feature = pytest.mark.parametrize("one", catalogue().features, ids=lambda one: one.name)
ENTITY_NAMES = {PARCEL, *(entity.name for entity in ENTITIES)}


@every_feature
def test_every_feature_has_unit_entity_sentence_and_description(one: Feature):
    assert one.unit
    assert one.entity in ENTITY_NAMES
    assert one.says
    assert one.source
    assert re.match(r"[A-Z].{10,}\.$", one.description), f"{one.name} is described as {one.description!r}"
    assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name)
    assert one.direction in (-1, 0, 1)


@every_feature
def test_every_feature_has_a_sentence_for_any_value(one: Feature):
    values = range(len(one.labels)) if one.kind is Kind.CATEGORY else (0.0, 1.0, 0.37, 1e6)
    for value in (float("nan"), *values):
        sentence = one.sentence(float(value))
        assert sentence.strip()
        assert not re.search(r"[{}]|\bnan\b", sentence), f"{one.name} says {sentence!r} for {value}"


@every_feature
def test_every_category_has_labels_of_its_own_and_nothing_else_has(one: Feature):
    assert bool(one.labels) is (one.kind is Kind.CATEGORY)
    assert len(set(one.labels)) == len(one.labels)


@every_feature
def test_every_yes_or_no_has_two_different_sentences(one: Feature):
    if one.kind is Kind.YES_NO:
        assert one.unit == "yes/no"
        assert one.sentence(0.0) != one.sentence(1.0)
    assert (one.unit == "yes/no") is (one.kind is Kind.YES_NO)


@every_feature
def test_every_feature_is_computed_in_one_way(one: Feature):
    assert (one.function is None) is (one.entity != PARCEL)
    assert one.family == (f"{one.entity} history" if one.function is None else one.family)


def test_every_value_of_the_golden_log_is_one_that_its_kind_allows():
    rows = feature_rows(golden_log(), Engine()).values
    for column, one in enumerate(catalogue().features):
        known = rows[~np.isnan(rows[:, column]), column]
        if one.kind is Kind.YES_NO:
            assert set(known.tolist()) <= {0.0, 1.0}, one.name
        if one.kind is Kind.CATEGORY:
            assert all(value.is_integer() and 0 <= value < len(one.labels) for value in known.tolist()), one.name
        assert np.isfinite(known).all(), one.name


def test_names_are_unique_and_find_their_feature():
    names = catalogue().names
    assert len(set(names)) == len(names) == len(catalogue())
    assert all(catalogue()[name].name == name for name in names)


def test_every_declaration_of_every_theme_is_in_the_catalogue():
    declared = {name for theme in THEMES for name, value in vars(theme).items() if isinstance(value, Feature)}
    together = {value.feature.name for value in vars(across).values() if isinstance(value, AcrossPart)}
    of_entities = {f"{entity.name}_{part}" for entity in ENTITIES for part in history.parts_of(entity)}
    assert set(catalogue().names) == declared | of_entities | together


def test_every_history_part_belongs_to_an_entity():
    parts = {part.name for part in history.all_parts()}
    assert parts == {part for entity in ENTITIES for part in history.parts_of(entity)}


def test_there_are_at_least_ninety_declared_features():
    assert sum(one.function is not None for one in catalogue().features) >= 90


def test_categories_are_the_columns_of_that_kind():
    assert [catalogue().names[column] for column in catalogue().categories()] == [
        one.name for one in catalogue().features if one.kind is Kind.CATEGORY
    ]


def test_a_declared_feature_has_the_name_of_its_function_and_its_docstring():
    @feature(unit="g", says="{value:.0f} g")
    def net_weight(net_weight_g: float) -> float:
        """Net weight
        of all pieces."""
        return net_weight_g

    assert (net_weight.name, net_weight.description) == ("net_weight", "Net weight of all pieces.")
    assert net_weight.family == "test_catalogue"
    assert net_weight.sentence(float("nan")) == "net weight is not known"


def test_the_golden_rows_are_those_that_this_code_computes():
    computed, kept = feature_table().write_csv().splitlines(), ROWS.read_text("utf-8").splitlines()
    changed = [line.split(",", 1)[0] for line in set(computed) ^ set(kept)]
    advice = "If that is meant, run `make golden`, read the diff and say in the change log that scores change."
    assert computed == kept, f"features computed otherwise: {sorted(set(changed)) or 'only their order'}. {advice}"


def test_the_golden_log_has_the_schema_of_the_log():
    assert golden_log().schema == LOG_SCHEMA
    assert golden_log()["seq"].is_sorted()


def small(*features: Feature, parts: tuple[HistoryPart, ...] = (history.n[7],)) -> Catalogue:
    lane = next(entity for entity in ENTITIES if entity.name == "lane")
    return Catalogue(features, parts, (replace(lane, parent=None, parts=tuple(part.name for part in parts)),))


FIRST, SECOND = catalogue()["gross_weight_g"], catalogue()["declared_value_eur"]


def one_more(gross_weight_g: float) -> float:
    return gross_weight_g + 1.0


def none_of_340(gross_weight_g: float) -> float:
    return NAN if gross_weight_g == 340.0 else gross_weight_g


OTHERS = {
    "renamed": lambda: small(replace(FIRST, name="weight"), SECOND),
    "reordered": lambda: small(SECOND, FIRST),
    "computed otherwise": lambda: small(replace(FIRST, function=one_more), SECOND),
    "in another unit": lambda: small(replace(FIRST, unit="kg"), SECOND),
    "of another kind": lambda: small(replace(FIRST, kind=Kind.YES_NO), SECOND),
    "with one feature less": lambda: small(FIRST),
    "with one history part more": lambda: small(FIRST, SECOND, parts=(history.n[7], history.n[28])),
    "with one value missing": lambda: small(replace(FIRST, function=none_of_340), SECOND),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_the_fingerprint_is_another_when_the_rows_may_be_others(other: object):
    assert other().fingerprint != small(FIRST, SECOND).fingerprint  # type: ignore[operator]


def test_the_fingerprint_stays_when_only_words_change():
    assert small(replace(FIRST, says="{value} grams"), SECOND).fingerprint == small(FIRST, SECOND).fingerprint


def test_a_stretch_of_log_without_parcels_gives_no_rows():
    log = golden_log().clear()
    rows = catalogue().rows(log, Engine().advance(log))
    assert rows.values.shape == (0, len(catalogue()))
