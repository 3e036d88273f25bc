from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.bundle import META, SIGNATURE
from features.parcel.problems import BundleError
from features.shelf import Shelf


def put(shelf: Shelf, name: str, *, signed: bool = False) -> None:
    """Put the files on the shelf that it looks at; what is in them is the bundle's own affair."""
    folder = shelf.folder / name
    folder.mkdir(parents=True)
    (folder / META).write_text("{}", "utf-8")
    if signed:
        (folder / SIGNATURE).write_text("{}", "utf-8")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "models")
    put(shelf, "parcel-risk-2", signed=True)
    put(shelf, "parcel-risk-1", signed=True)
    put(shelf, "parcel-risk-3")
    for minute, name in enumerate(("parcel-risk-2", "parcel-risk-1", "parcel-risk-3")):
        os.utime(shelf.folder / name / META, (60 * minute, 60 * minute))
    (shelf.folder / "notes").mkdir()
    return shelf


def test_the_shelf_holds_bundles_only_oldest_first(shelf: Shelf):
    assert shelf.names() == ["parcel-risk-2", "parcel-risk-1", "parcel-risk-3"], "by time, not by name"
    assert shelf.latest().name == "parcel-risk-3"


def test_before_the_first_release_there_is_no_champion(shelf: Shelf):
    assert shelf.champion() is None


def test_a_promoted_bundle_is_the_champion_until_the_next_one(shelf: Shelf):
    shelf.promote("parcel-risk-1")
    assert shelf.champion() == shelf.folder / "parcel-risk-1"
    shelf.promote("parcel-risk-2")
    assert shelf.champion() == shelf.folder / "parcel-risk-2"
    assert sorted(path.name for path in shelf.folder.iterdir() if path.is_file()) == ["CHAMPION", "CHAMPIONS"]


def test_an_unsigned_bundle_is_not_promoted_and_the_champion_stays(shelf: Shelf):
    shelf.promote("parcel-risk-1")
    with pytest.raises(BundleError, match=r"parcel-risk-3 is not signed\. Approve it with `parcel-risk approve`"):
        shelf.promote("parcel-risk-3")
    assert shelf.champion() == shelf.folder / "parcel-risk-1"


@pytest.mark.parametrize("name", ["parcel-risk-9", "notes", "../models", ""])
def test_what_is_not_on_the_shelf_is_refused_with_what_is(shelf: Shelf, name: str):
    with pytest.raises(BundleError, match=r"there is no bundle .* Bundles there: parcel-risk-2, parcel-risk-1"):
        shelf.path(name)
    with pytest.raises(BundleError, match="there is no bundle"):
        shelf.promote(name)


def test_a_pointer_to_a_bundle_that_was_taken_away_is_refused(shelf: Shelf):
    (shelf.folder / "CHAMPION").write_text("parcel-risk-9\n", "utf-8")
    with pytest.raises(BundleError, match="there is no bundle 'parcel-risk-9'"):
        shelf.champion()


def test_an_empty_shelf_says_how_to_make_a_bundle(tmp_path: Path):
    shelf = Shelf(tmp_path / "nothing")
    assert shelf.names() == []
    with pytest.raises(BundleError, match="Make one with `parcel-risk train`"):
        shelf.latest()
    with pytest.raises(BundleError, match="none; make one with `parcel-risk train`"):
        shelf.path("x")


def test_rolling_back_returns_to_the_bundle_that_served_before_and_once_only(shelf: Shelf):
    shelf.promote("parcel-risk-1")
    shelf.promote("parcel-risk-2")
    shelf.roll_back()
    assert shelf.champion() == shelf.folder / "parcel-risk-1"
    with pytest.raises(BundleError, match="nothing to roll back to"):
        shelf.roll_back()
    assert shelf.champion() == shelf.folder / "parcel-risk-1"
