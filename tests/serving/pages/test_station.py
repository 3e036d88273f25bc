"""The station in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.serving.pages import showcase
from tests.serving.pages.showcase import Showcase


def sign_in(page: Page, key: str) -> None:
    page.goto("/station")
    page.get_by_label("Officer's key").fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Scan or type")).to_be_focused()


def scan(page: Page, number: str) -> None:
    """What a barcode scanner does: type into whatever has the focus, and press Enter."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text(number)


def opened(page: Page, shown: Showcase) -> str:
    """Number of a fresh parcel whose card is shown, the scripts at work."""
    sign_in(page, shown.keys.officer)
    number = shown.fresh()
    scan(page, number)
    expect(page.get_by_role("button", name="Nothing found")).to_be_visible()
    page.wait_for_load_state("load")
    return number


def no_outcome(page: Page, shown: Showcase, number: str) -> None:
    """Nothing was recorded."""
    page.wait_for_timeout(150)
    assert shown.outcomes(number) == []


def test_an_officer_signs_in_scans_reads_and_records_by_keyboard_alone(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    expect(page.get_by_role("heading", name="Open this parcel")).to_be_visible()
    expect(page.get_by_text("Lea Meyer, Berlin, Germany")).to_be_visible()
    assert page.locator("ol li").count() >= 1
    assert f"parcel={number}" in page.url
    assert page.title().startswith(f"Open this parcel: {number}")
    expect(page.get_by_label("Scan or type")).to_be_focused()
    page.keyboard.press("F8")
    expect(page.get_by_text("Outcome recorded")).to_be_visible()
    expect(page.get_by_role("heading", name="Done: nothing found")).to_be_visible()
    expect(page.get_by_role("heading", name="Open this parcel")).to_have_count(0)
    expect(page.get_by_label("Scan or type")).to_be_focused()
    assert shown.outcomes(number) == [("nothing_found", "opened", None)]


def test_a_finding_is_recorded_with_its_class(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.get_by_label("Class found").select_option("medicines")
    page.get_by_role("button", name="Contraband found").click()
    expect(page.get_by_role("heading", name="Done: contraband found")).to_be_visible()
    assert shown.outcomes(number) == [("found", "opened", "medicines")]


def test_neither_strangers_nor_operators_see_the_station(page: Page, shown: Showcase) -> None:
    page.goto(f"/station?parcel={showcase.OPEN}")
    page.get_by_label("Officer's key").fill(shown.keys.post)
    page.keyboard.press("Enter")
    expect(page.get_by_text("This key is not valid for the station")).to_be_visible()


def test_signing_out_ends_the_session(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Signed out")).to_be_visible()
    page.goto(f"/station?parcel={showcase.OPEN}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_outcome_that_meets_an_ended_session_is_said_to_be_lost(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.context.clear_cookies()
    page.keyboard.press("F8")
    expect(page.get_by_text("NOT recorded")).to_be_visible()
    no_outcome(page, shown, number)


def test_what_stands_on_a_parcel_is_shown_as_text(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    scan(page, "<img src=x>")
    expect(page.get_by_text("<img src=x>")).to_be_visible()


STATES = {
    showcase.OPEN: ("act", "Open this parcel"),
    showcase.RELEASED: ("release", "No inspection required"),
    showcase.DONE: ("done", "Done: nothing found"),
    showcase.CANCELLED: ("cancelled", "Cancelled: check by hand"),
    showcase.TWICE: (None, "2 declarations: compare the label, then choose one"),
    showcase.REUSED: (None, "2 declarations: compare the label, then choose one"),
    showcase.REJECTED: ("unknown", "Lodged and rejected"),
    showcase.NOWHERE: ("unknown", "No manifest for this parcel"),
    showcase.MISREAD: ("unknown", "Probably a misread: scan again"),
}


def test_every_state_has_an_order_of_its_own_and_only_a_release_is_green(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    for number, (tone, headline) in STATES.items():
        scan(page, number)
        expect(page.locator("h2").first).to_have_text(headline)
        assert page.locator(".release").count() == (tone == "release")
        assert tone is None or page.locator(f"article.{tone}").count() == 1
        assert page.locator(".outcome").count() == (tone in ("act", "release", "done", "cancelled"))
        assert tone is None or headline in page.title()


def test_of_two_declarations_the_chosen_one_is_acted_on_and_neither_is_green(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    scan(page, showcase.TWICE)
    page.keyboard.press("F8")
    page.get_by_role("link", name="lodged by courier-a").click()
    expect(page.get_by_text("Also lodged under this identifier by: post-a.")).to_be_visible()
    assert page.locator(".release").count() == 0
    assert page.locator("input[name=operator]").input_value() == "courier-a"
    assert shown.outcomes(showcase.TWICE) == []


def test_every_page_is_linked_and_fits_a_narrow_screen_and_a_wrong_address_is_a_page(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    addresses = [str(one.get_attribute("href")) for one in page.locator("nav a").all()]
    assert len(addresses) >= 7
    narrow = [*addresses, f"/station?parcel={showcase.OPEN}", f"/station/stages?parcel={showcase.DONE}", "/nowhere"]
    page.set_viewport_size({"width": 320, "height": 700})
    for address in narrow:
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_outcome_buttons_are_in_view_without_scrolling(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    for number in (showcase.OPEN, showcase.DONE, showcase.CANCELLED):
        scan(page, number)
        for button in page.locator(".outcome button").all():
            expect(button).to_be_in_viewport(ratio=1)


def test_pages_have_no_accessibility_faults_in_light_and_dark(page: Page, shown: Showcase) -> None:
    page.goto("/station/login")
    assert Axe().run(page).response["violations"] == []
    sign_in(page, shown.keys.officer)
    for number in (showcase.OPEN, showcase.DONE, showcase.TWICE, showcase.MISREAD):
        scan(page, number)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert Axe().run(page).response["violations"] == []


def test_the_api_docs_load_without_asking_any_other_address(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_text("Score one parcel")).to_be_visible()


@pytest.mark.parametrize("key", ["Shift+F8", "Control+F8", "Alt+F9", "Meta+F9", "Shift+F10"])
def test_a_key_with_a_modifier_records_nothing(page: Page, shown: Showcase, key: str) -> None:
    number = opened(page, shown)
    page.keyboard.press(key)
    no_outcome(page, shown, number)


@pytest.mark.parametrize("name", ["Nothing found", "Contraband found", "Not presented", "Class found"])
def test_the_enter_of_a_scanner_never_presses_an_outcome(page: Page, shown: Showcase, name: str) -> None:
    number = opened(page, shown)
    focused = page.get_by_label(name) if name == "Class found" else page.get_by_role("button", name=name)
    focused.focus()
    page.keyboard.press("Enter")
    no_outcome(page, shown, number)


@pytest.mark.parametrize("name", ["Nothing found", "Class found", "Sign out"])
def test_a_scan_is_caught_wherever_the_focus_is(page: Page, shown: Showcase, name: str) -> None:
    number = opened(page, shown)
    focused = page.get_by_label(name) if name == "Class found" else page.get_by_role("button", name=name)
    focused.focus()
    scan(page, showcase.NOWHERE)
    expect(page.get_by_role("heading", name="No manifest for this parcel")).to_be_visible()
    assert f"parcel={showcase.NOWHERE}" in page.url
    no_outcome(page, shown, number)
