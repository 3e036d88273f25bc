"""One service with a parcel for every state and one browser, for all tests of pages that need them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving.pages.showcase import Showcase, copy_of, showcase

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of tests: as long as it is there, the thread has a running event loop."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"the station is tested in a real browser: install Debian's chromium, or set CHROMIUM ({CHROMIUM})")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shown(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showcase]:
    with showcase(copy_of(models, tmp_path_factory.mktemp("shown") / "home")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, shown: Showcase) -> Iterator[Page]:
    """A page of a browser without cookies; faults of its scripts, or requests to another host, fail the test."""
    context = browser.new_context(base_url=shown.address, viewport={"width": 1366, "height": 768})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if _is_fault(message.type, message.text) else None)
    page.on("request", lambda request: faults.extend([request.url] * (not _is_own(request.url, shown.address))))
    yield page
    context.close()
    assert faults == []


def _is_fault(kind: str, text: str) -> bool:
    """Whether a line of the console is an error; the browser also notes there every answer that is not a success."""
    return kind == "error" and not text.startswith("Failed to load resource: ")


def _is_own(url: str, address: str) -> bool:
    return url.startswith((address, "data:"))
