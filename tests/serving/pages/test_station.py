"""The station in a real browser."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from parcel_risk.demo import EXAMPLE
from parcel_risk.serve import background_service
from serving.settings import Settings
from tests.serving.conftest import Keys, bearer

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
    if not Path(CHROMIUM).exists():
        pytest.fail(f"the station is tested in a real browser: install Debian's chromium, or set CHROMIUM ({CHROMIUM})")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def address(settings: Settings, keys: Keys) -> Iterator[str]:
    with background_service(settings.model_copy(update={"capacity_share": 1.0})) as address:
        request = urllib.request.Request(
            address + "/v1/parcels",
            data=json.dumps(EXAMPLE).encode(),
            headers={"Content-Type": "application/json", **bearer(keys.post)},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            assert json.load(response)["status"] == "scored"
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, key: str) -> None:
    page.goto("/station")
    page.get_by_label("Officer's key").fill(key)
    page.keyboard.press("Enter")


def scan(page: Page, number: str) -> None:
    """What a barcode scanner does: type into whatever has the focus, and press Enter."""
    expect(page.get_by_label("Scan or type")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def test_an_officer_signs_in_scans_reads_and_records_by_keyboard_alone(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    expect(page.get_by_label("Scan or type")).to_be_focused()
    scan(page, EXAMPLE["parcel_id"])
    expect(page.get_by_role("heading", name="Open this parcel")).to_be_visible()
    expect(page.get_by_text("Lea Meyer Berlin")).to_be_visible()
    assert page.locator("ol li").count() >= 1
    assert "parcel=EE473124829TH" in page.url
    expect(page.get_by_label("Scan or type")).to_be_focused()
    page.wait_for_load_state("load")
    page.keyboard.press("F8")
    expect(page.get_by_text("Outcome recorded")).to_be_visible()
    expect(page.get_by_text("Outcome on record: Nothing found")).to_be_visible()
    expect(page.get_by_label("Scan or type")).to_be_focused()


def test_a_finding_is_recorded_with_its_class(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    scan(page, EXAMPLE["parcel_id"])
    page.get_by_label("Class found").select_option("medicines")
    page.get_by_role("button", name="Contraband found").click()
    expect(page.get_by_text("Outcome on record: Contraband found")).to_be_visible()


def test_a_parcel_without_a_manifest_is_not_called_safe(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    scan(page, "RB473124829US")
    expect(page.get_by_role("heading", name="No manifest for this parcel")).to_be_visible()
    expect(page.get_by_text("That is not a low risk")).to_be_visible()


def test_neither_strangers_nor_operators_see_the_station(page: Page, keys: Keys) -> None:
    page.goto("/station?parcel=EE473124829TH")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(page, keys.post)
    expect(page.get_by_text("This key is not valid for the station")).to_be_visible()


def test_signing_out_ends_the_session(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Signed out")).to_be_visible()
    page.goto("/station?parcel=EE473124829TH")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_outcome_that_meets_an_ended_session_is_said_to_be_lost(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    scan(page, EXAMPLE["parcel_id"])
    expect(page.get_by_role("button", name="Nothing found")).to_be_visible()
    page.context.clear_cookies()
    page.wait_for_load_state("load")
    page.keyboard.press("F8")
    expect(page.get_by_text("NOT recorded")).to_be_visible()


def test_what_stands_on_a_parcel_is_shown_as_text(page: Page, keys: Keys) -> None:
    sign_in(page, keys.officer)
    scan(page, "<img src=x>")
    expect(page.get_by_text("<img src=x>")).to_be_visible()


def test_pages_have_no_accessibility_faults(page: Page, keys: Keys) -> None:
    page.goto("/station/login")
    assert Axe().run(page).response["violations"] == []
    sign_in(page, keys.officer)
    for number in (EXAMPLE["parcel_id"], "RB473124829US"):
        scan(page, number)
        expect(page.locator("article")).to_be_visible()
        assert Axe().run(page).response["violations"] == []


def test_the_api_docs_load_without_asking_any_other_address(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/docs")
    expect(page.get_by_text("Score one parcel")).to_be_visible()
    assert all(url.startswith((address, "data:")) for url in asked)


OUTCOMES = ("Outcome recorded", "Outcome on record")


def opened(page: Page, keys: Keys) -> None:
    """The card of the example, its script at work."""
    sign_in(page, keys.officer)
    scan(page, EXAMPLE["parcel_id"])
    expect(page.get_by_role("button", name="Nothing found")).to_be_visible()
    page.wait_for_load_state("load")


def no_outcome(page: Page) -> None:
    """Nothing was recorded, neither now nor when the parcel is looked up again."""
    page.wait_for_timeout(300)
    page.goto(f"/station?parcel={EXAMPLE['parcel_id']}")
    for text in OUTCOMES:
        expect(page.get_by_text(text)).to_have_count(0)


@pytest.mark.parametrize("key", ["Shift+F8", "Control+F8", "Alt+F9", "Meta+F9", "Shift+F10"])
def test_a_key_with_a_modifier_records_nothing(page: Page, keys: Keys, key: str) -> None:
    opened(page, keys)
    page.keyboard.press(key)
    no_outcome(page)


@pytest.mark.parametrize("name", ["Nothing found", "Contraband found", "Not presented", "Class found"])
def test_the_enter_of_a_scanner_never_presses_an_outcome(page: Page, keys: Keys, name: str) -> None:
    opened(page, keys)
    focused = page.get_by_label(name) if name == "Class found" else page.get_by_role("button", name=name)
    focused.focus()
    page.keyboard.press("Enter")
    no_outcome(page)


@pytest.mark.parametrize("name", ["Nothing found", "Class found", "Sign out"])
def test_a_scan_is_caught_wherever_the_focus_is(page: Page, keys: Keys, name: str) -> None:
    opened(page, keys)
    focused = page.get_by_label(name) if name == "Class found" else page.get_by_role("button", name=name)
    focused.focus()
    page.keyboard.type("RB473124829US")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No manifest for this parcel")).to_be_visible()
    assert "parcel=RB473124829US" in page.url
    no_outcome(page)
