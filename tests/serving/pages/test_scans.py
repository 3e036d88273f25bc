"""A hundred random scans in a real browser; `tests.serving.pages.scans` scans a thousand."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.serving.pages.scans import Record, worked


def test_no_scan_is_lost_doubled_or_cut_and_no_outcome_is_recorded_that_no_key_meant(
    browser: Browser, tmp_path: Path
) -> None:
    found = worked(browser, tmp_path, 100, seed=20)
    assert found.faults == []
    assert len(found.scanned) == 100
    assert found.n_pairs > 5
    assert len(found.meant) > 5


def test_what_is_lost_doubled_or_cut_is_noticed() -> None:
    found = Record(scanned=["a", "b", "c"], looked_up=["a", "a", "bc"], meant={"a": "nothing_found"}, recorded={})
    assert (found.lost, found.doubled, found.cut) == (["b", "c"], ["a"], ["bc"])
    assert len(found.faults) == 5
