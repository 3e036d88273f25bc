"""The reference bundle fits this installation; when features change, run `make reference`."""

from __future__ import annotations

from features import bundle
from features.catalogue import catalogue
from features.model_store import ModelStore
from parcel_risk.reference import FOLDER, MOST_BYTES, size
from serving.office.champion import load_champion


def test_the_reference_bundle_verifies_and_its_features_are_those_of_this_catalogue():
    loaded = bundle.load(FOLDER, trusted=None)  # refuses a feature whose values have changed: run `make reference` then
    assert set(loaded.meta.features) <= set(catalogue().names)
    assert loaded.signature is None


def test_it_is_small_enough_for_a_repository():
    assert size() <= MOST_BYTES


def test_without_an_approved_bundle_it_answers_and_says_what_it_is():
    champion = load_champion(ModelStore(FOLDER.parent), frozenset())
    assert champion.bundle is not None
    assert champion.degraded == "reference model"
    assert "not for real mail" in str(champion.problem)


def test_it_is_not_offered_for_approval():
    assert FOLDER.name not in ModelStore(FOLDER.parent).names()
