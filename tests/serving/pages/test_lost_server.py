"""A server that is lost in the middle: the station says so, and what was entered and scanned arrives once."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from parcel_risk.demo import EXAMPLE
from serving.office.current import outcomes_of, versions_of
from serving.settings import Settings
from serving.store import Store
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.crashing import started

FIRST, SECOND = "RR516273840PL", "RR516273853PL"
KILLED = ["-", "before the log", "in the publication"]
"""While nothing happens, before an outcome is stored, and after it was stored and before it was answered."""


@contextmanager
def service(settings: Settings, place: str = "-") -> Iterator[None]:
    """The real service, killed at the latest at the end; at `place` it kills itself when something is written."""
    process = started(settings, place, "kill", "serve")
    try:
        if place == "-":
            process.stdin.write("begin\n")
            process.stdin.flush()
        assert any(line.startswith("station ") for line in process.stdout)
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return bare_settings(tmp_path_factory.mktemp("lost")).model_copy(update={"port": port})


@pytest.fixture(scope="module")
def officer(settings: Settings) -> str:
    """Key of an officer; the parcels are lodged."""
    post = client_key(settings, "post", "post-a")
    rows = [{**EXAMPLE, "parcel_id": f"{number}{n}"} for number in (FIRST, SECOND) for n in range(len(KILLED))]
    with service(settings):
        request = urllib.request.Request(
            f"http://127.0.0.1:{settings.port}/v1/manifests",
            data=json.dumps({"parcels": rows}).encode(),
            headers={"Content-Type": "application/json", **bearer(post)},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            assert json.load(response)["n_scored"] == len(rows)
    return client_key(settings, "officer-7", None)


def scan(page: Page, number: str) -> None:
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def outcomes(settings: Settings, number: str) -> list[str]:
    with Store(settings.database) as store, store.begin_read() as connection:
        (events,) = outcomes_of(connection, versions_of(connection, [number])).values() or [[]]
        return [one["result"] for one in events]


def test_what_was_entered_while_the_server_died_arrives_once_and_the_next_scan_is_looked_up(
    browser: Browser, settings: Settings, officer: str
) -> None:
    context = browser.new_context(base_url=f"http://127.0.0.1:{settings.port}", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    for n, place in enumerate(KILLED):
        first, second = f"{FIRST}{n}", f"{SECOND}{n}"
        with service(settings, place):
            page.goto("/station")
            if n == 0:
                page.get_by_label("Officer's key").fill(officer)
                page.keyboard.press("Enter")
            expect(page.get_by_label("Scan or type")).to_be_focused()
            scan(page, first)
            expect(page.get_by_role("heading", name="Not assessed")).to_be_visible()
            if place != "-":
                page.keyboard.press("F8")
                expect(page.locator("#offline")).to_be_visible()
        if place == "-":
            expect(page.locator("#offline")).to_be_visible()
            page.keyboard.press("F8")
        expect(page.locator("#waiting")).to_contain_text("1 entry and 0 scans are kept here")
        scan(page, second)
        expect(page.locator("#waiting")).to_contain_text("1 entry and 1 scan are kept here")
        with service(settings):
            expect(page.locator("#offline")).to_be_hidden()
            expect(page.locator("#answer .number")).to_contain_text(second)
            page.wait_for_function("window.outbox.kept().length === 0")
        assert outcomes(settings, first) == ["nothing_found"]
        assert outcomes(settings, second) == []
    context.close()
