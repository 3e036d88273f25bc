from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.bundle import META, SIGNATURE
from features.model_store import ModelStore
from features.parcel.problems import BundleError


def put(store: ModelStore, name: str, *, signed: bool = False) -> None:
    """Put the files into the store that it looks at; what is in them is the bundle's own affair."""
    folder = store.folder / name
    folder.mkdir(parents=True)
    (folder / META).write_text("{}", "utf-8")
    if signed:
        (folder / SIGNATURE).write_text("{}", "utf-8")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "models")
    put(store, "parcel-risk-2", signed=True)
    put(store, "parcel-risk-1", signed=True)
    put(store, "parcel-risk-3")
    for minute, name in enumerate(("parcel-risk-2", "parcel-risk-1", "parcel-risk-3")):
        os.utime(store.folder / name / META, (60 * minute, 60 * minute))
    (store.folder / "notes").mkdir()
    return store


def test_the_store_holds_bundles_only_oldest_first(store: ModelStore):
    assert store.names() == ["parcel-risk-2", "parcel-risk-1", "parcel-risk-3"], "by time, not by name"
    assert store.latest().name == "parcel-risk-3"


def test_before_the_first_release_there_is_no_champion(store: ModelStore):
    assert store.champion() is None


def test_a_promoted_bundle_is_the_champion_until_the_next_one(store: ModelStore):
    store.promote("parcel-risk-1")
    assert store.champion() == store.folder / "parcel-risk-1"
    store.promote("parcel-risk-2")
    assert store.champion() == store.folder / "parcel-risk-2"
    assert sorted(path.name for path in store.folder.iterdir() if path.is_file()) == ["CHAMPION", "CHAMPIONS"]


def test_an_unsigned_bundle_is_not_promoted_and_the_champion_stays(store: ModelStore):
    store.promote("parcel-risk-1")
    with pytest.raises(BundleError, match=r"parcel-risk-3 is not signed\. Approve it with `parcel-risk approve`"):
        store.promote("parcel-risk-3")
    assert store.champion() == store.folder / "parcel-risk-1"


@pytest.mark.parametrize("name", ["parcel-risk-9", "notes", "../models", ""])
def test_what_is_not_in_the_store_is_refused_with_what_is(store: ModelStore, name: str):
    with pytest.raises(BundleError, match=r"there is no bundle .* Bundles there: parcel-risk-2, parcel-risk-1"):
        store.path(name)
    with pytest.raises(BundleError, match="there is no bundle"):
        store.promote(name)


def test_a_pointer_to_a_bundle_that_was_taken_away_is_refused(store: ModelStore):
    (store.folder / "CHAMPION").write_text("parcel-risk-9\n", "utf-8")
    with pytest.raises(BundleError, match="there is no bundle 'parcel-risk-9'"):
        store.champion()


def test_an_empty_store_says_how_to_make_a_bundle(tmp_path: Path):
    store = ModelStore(tmp_path / "nothing")
    assert store.names() == []
    with pytest.raises(BundleError, match="Make one with `parcel-risk train`"):
        store.latest()
    with pytest.raises(BundleError, match="none; make one with `parcel-risk train`"):
        store.path("x")


def test_rolling_back_returns_to_the_bundle_that_served_before_and_once_only(store: ModelStore):
    store.promote("parcel-risk-1")
    store.promote("parcel-risk-2")
    store.roll_back()
    assert store.champion() == store.folder / "parcel-risk-1"
    with pytest.raises(BundleError, match="nothing to roll back to"):
        store.roll_back()
    assert store.champion() == store.folder / "parcel-risk-1"
