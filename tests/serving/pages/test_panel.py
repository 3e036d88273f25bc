"""Keys of the card in a browser: the history opens and closes, a handover is given, a form survives a lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from parcel_risk.serve import background_service
from tests.serving.bare import bare_settings, client_key
from tests.serving.pages.scans import lodged, until


@dataclass(frozen=True)
class Bare:
    address: str
    officer: str
    numbers: list[str]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """A service without a model, with two officers and three parcels of one sender."""
    settings = bare_settings(Path(tmp_path_factory.mktemp("panel")))
    with background_service(settings) as address:
        key = client_key(settings, "officer-7", None)
        client_key(settings, "officer-8", None)
        yield Bare(address, key, lodged(settings, address, 3))


@pytest.fixture
def page(browser: Browser, bare: Bare) -> Iterator[Page]:
    """A signed-in page whose faults fail the test."""
    context = browser.new_context(base_url=bare.address, viewport={"width": 1366, "height": 768})
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/station")
    page.get_by_label("Officer's key").fill(bare.officer)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Scan or type")).to_be_focused()
    yield page
    context.close()
    assert faults == []


def scan(page: Page, number: str) -> None:
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("#answer .number")).to_contain_text(number)
    until(page, "!scans.isBusy")


def test_a_key_shows_the_history_on_the_card_and_the_next_scan_is_caught_all_the_same(page: Page, bare: Bare) -> None:
    scan(page, bare.numbers[0])
    link = page.get_by_role("link", name="History of its parties")
    page.keyboard.press("F6")
    panel = page.locator("#panel #history")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("Parcels by what they share with this one")
    expect(panel.get_by_role("row", name="Sender 3 3 3 3")).to_be_visible()
    expect(link).to_have_attribute("aria-expanded", "true")
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("F6")
    expect(panel).to_have_count(0)
    expect(link).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("F6")
    expect(panel).to_be_focused()
    scan(page, bare.numbers[1])
    expect(panel).to_have_count(0)


def test_a_parcel_is_handed_over_by_keyboard_alone(page: Page, bare: Bare) -> None:
    scan(page, bare.numbers[2])
    page.keyboard.press("F7")
    expect(page.locator("#field-to")).to_be_focused()
    page.locator("#field-to").select_option("officer-8")
    page.locator("#field-handover_reason").select_option("second_opinion")
    page.get_by_role("button", name="Hand it over").press(" ")
    expect(page.get_by_text("Handed over. Scan the next parcel.")).to_be_visible()
    expect(page.get_by_text("Handed over to officer-8 by officer-7")).to_be_visible()


def test_half_a_number_and_an_unfinished_form_are_there_after_the_station_is_unlocked(page: Page, bare: Bare) -> None:
    page.goto("/station/observed")
    page.locator("#field-weight_g").fill("150")
    page.get_by_role("link", name="Lock", exact=True).click()
    unlock(page, bare.officer)
    expect(page.locator("#field-weight_g")).to_have_value("150")
    assert page.url.endswith("/station/observed")
    page.reload()
    expect(page.locator("#field-weight_g")).to_have_value("")
    page.goto(f"/station?parcel={bare.numbers[1]}")
    page.keyboard.type("EE47")
    page.get_by_label("How it was inspected").select_option("xray")
    page.get_by_role("link", name="Lock", exact=True).click()
    unlock(page, bare.officer)
    expect(page.get_by_label("Scan or type")).to_have_value("EE47")
    expect(page.get_by_label("How it was inspected")).to_have_value("xray")


def test_words_of_a_person_are_kept_nowhere(page: Page, bare: Bare) -> None:
    page.goto("/station/person")
    page.locator("#field-name").fill("Lea Canary")
    page.get_by_role("link", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    assert "Canary" not in page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    unlock(page, bare.officer)
    expect(page.locator("#field-name")).to_have_value("")


def test_who_unlocks_before_the_scripts_are_there_finds_the_form_all_the_same(page: Page, bare: Bare) -> None:
    page.goto("/station/observed")
    page.locator("#field-weight_g").fill("150")
    waiting: list[Route] = []
    page.route("**/static/outbox.js", lambda route: waiting.append(route))
    page.get_by_role("link", name="Lock", exact=True).click(no_wait_after=True)
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    assert len(waiting) == 1
    page.get_by_label("Officer's key").fill(bare.officer)
    page.keyboard.press("Enter")
    page.unroute("**/static/outbox.js")
    expect(page.locator("#field-weight_g")).to_have_value("150")


def unlock(page: Page, key: str) -> None:
    page.get_by_label("Officer's key").fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Locked")).to_have_count(0)
