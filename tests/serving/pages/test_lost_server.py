"""A server that is lost in the middle: the station says so, and what was entered and scanned arrives once."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.serving.pages.kills import BEFORE, BEHIND, IDLE, SCANNING, survived


def test_what_was_entered_while_the_server_died_arrives_once_and_the_next_scan_is_looked_up(
    browser: Browser, tmp_path: Path
) -> None:
    found = survived(browser, tmp_path, (IDLE, SCANNING, BEFORE, BEHIND, SCANNING))
    assert (found.n_kills, found.faults) == (5, [])
