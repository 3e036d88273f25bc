"""The station in a real browser."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from serving.pages.layout import NAVIGATION
from tests.serving.pages import showcase
from tests.serving.pages.showcase import Showcase


def sign_in(page: Page, key: str) -> None:
    page.goto("/station")
    page.get_by_label("Officer's key").fill(key)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Scan or type")).to_be_focused()


def scan(page: Page, number: str) -> None:
    """What a barcode scanner does: type into whatever has the focus, and press Enter; what it leads to is there."""
    scanned(page, number)
    expect(page.locator("#answer")).to_contain_text(number)
    page.wait_for_function("!scans.isBusy")


def scanned(page: Page, number: str) -> None:
    """The keys of a scan alone."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def opened(page: Page, shown: Showcase) -> str:
    """Number of a fresh parcel whose card is shown, the scripts at work."""
    sign_in(page, shown.keys.officer)
    number = shown.fresh()
    scan(page, number)
    expect(page.get_by_role("button", name="Nothing found")).to_be_visible()
    page.wait_for_load_state("load")
    return number


def focus_on(page: Page, name: str) -> None:
    """Focus a button by its name, or a field by its label; of a class after the key that shows the classes."""
    if name == "cannabis":
        page.keyboard.press("F9")
    by_role, by_label = page.get_by_role("button", name=name), page.get_by_label(name)
    (by_label if name.startswith("How") else by_role).focus()


def no_outcome(page: Page, shown: Showcase, number: str) -> None:
    """Nothing was recorded."""
    page.wait_for_timeout(150)
    assert shown.outcomes(number) == []


def test_every_page_of_the_header_is_shown_whole_in_place_of_the_card(page: Page, shown: Showcase) -> None:
    opened(page, shown)
    for address, _ in NAVIGATION[1:]:
        page.goto("/station")
        page.wait_for_function("document.readyState === 'complete'")
        page.locator(f'header.top a[href="{address}"]').click()
        expect(page.locator("#main h1").first).to_be_visible()
        expect(page.get_by_label("Scan or type")).to_have_count(0)


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
    page.keyboard.press("F9")
    page.keyboard.press("6")
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


def test_an_outcome_that_meets_an_ended_session_is_sent_after_the_next_sign_in(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.context.clear_cookies()
    page.keyboard.press("F8")
    page.get_by_label("Officer's key").fill(shown.keys.officer)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"The outcome of {number} was recorded.")).to_be_visible()
    assert shown.outcomes(number) == [("nothing_found", "opened", None)]


def test_what_stands_on_a_parcel_is_shown_as_text(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    scan(page, "<img src=x>")
    expect(page.locator("#answer").get_by_text("<img src=x>")).to_be_visible()


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
        assert page.locator("article > .outcome").count() == (tone in ("act", "release", "done", "cancelled"))
        assert tone is None or headline in page.title()


def test_of_two_declarations_the_chosen_one_is_acted_on_and_neither_is_green(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    scan(page, showcase.TWICE)
    page.keyboard.press("F8")
    page.get_by_role("link", name="lodged by courier-a").click()
    expect(page.get_by_text("Also lodged under this identifier by: post-a.")).to_be_visible()
    assert page.locator(".release").count() == 0
    assert page.locator("input[name=operator]").first.input_value() == "courier-a"
    assert shown.outcomes(showcase.TWICE) == []


def test_every_page_is_linked_and_fits_a_narrow_screen_and_a_wrong_address_is_a_page(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    long = shown.without_blanks()
    addresses = [str(one.get_attribute("href")) for one in page.locator("nav a").all()]
    assert len(addresses) >= 7
    cards = [f"/station?parcel={one}" for one in (showcase.OPEN, long)]
    stages = [f"/station/stages?parcel={one}" for one in (showcase.DONE, long)]
    narrow = [*addresses, *cards, *stages, f"/station/queue?receptacle={showcase.RECEPTACLE}", "/nowhere"]
    page.set_viewport_size({"width": 320, "height": 700})
    for address in narrow:
        page.goto(address)
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_scans_in_quick_succession_on_another_page_are_all_looked_up_in_their_order(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    page.goto("/station/queue")
    seen: list[str] = []
    page.on("requestfinished", lambda one: "/station?parcel=" in one.url and seen.append(one.url.split("=")[-1]))
    numbers = [showcase.OPEN, showcase.RELEASED, showcase.DONE]
    for number in numbers:
        scanned(page, number)
    expect(page.locator("#answer")).to_contain_text(showcase.DONE)
    assert seen == numbers


def test_a_scan_while_a_link_leads_to_another_page_is_whole_and_shown_last(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    pages = {"Queue": "queue", "Funnel": "funnel", "Exchange": "exchange"}
    numbers = (showcase.OPEN, showcase.RELEASED, showcase.DONE)
    for (name, address), number in zip(pages.items(), numbers, strict=True):
        page.get_by_role("link", name=name).first.focus()
        page.keyboard.press("Enter")
        scanned(page, number)
        expect(page.locator("#answer")).to_contain_text(number)
        page.go_back()
        expect(page).to_have_url(re.compile(f"/station/{address}"))
        expect(page.locator("#main h1")).to_have_count(1)
        expect(page.locator("nav a[aria-current]")).to_have_attribute("href", f"/station/{address}")


def test_a_scan_while_a_link_leads_to_a_form_that_asks_for_one_is_whole_in_its_field(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    page.get_by_role("link", name="Undeclared item").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type(showcase.NOWHERE[:4])
    expect(page.get_by_label("Number on the item")).to_be_visible()
    scanned(page, showcase.NOWHERE[4:])
    expect(page.get_by_label("Direction")).to_be_focused()
    expect(page.get_by_label("Number on the item")).to_have_value(showcase.NOWHERE)
    page.goto("/station/run")
    for one in (showcase.OPEN, showcase.DONE):
        scanned(page, one)
    expect(page.get_by_label("Numbers of the parcels")).to_have_value(f"{showcase.OPEN}\n{showcase.DONE}\n")


def test_a_form_that_waits_for_a_scan_gets_it_whole_without_the_focus_and_one_that_has_it_is_left_alone(
    page: Page, shown: Showcase
) -> None:
    # A browser gives the focus of a new page a moment after its keys are heard.
    sign_in(page, shown.keys.officer)
    page.goto("/station/run")
    for one in (showcase.OPEN, showcase.DONE):
        page.evaluate("document.activeElement.blur()")
        scanned(page, one)
    expect(page.get_by_label("Numbers of the parcels")).to_have_value(f"{showcase.OPEN}\n{showcase.DONE}\n")
    page.goto("/station/observed")
    page.evaluate("document.activeElement.blur()")
    scanned(page, showcase.NOWHERE)
    expect(page.get_by_label("Direction")).to_be_focused()
    expect(page.get_by_label("Number on the item")).to_have_value(showcase.NOWHERE)
    scanned(page, showcase.OPEN)
    expect(page.locator("#answer")).to_contain_text(showcase.OPEN)


def test_what_was_typed_as_another_document_came_is_in_the_field_that_asks_for_a_scan(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    page.keyboard.type(showcase.OPEN[:4])
    page.goto("/station/run")
    scanned(page, showcase.OPEN[4:])
    expect(page.get_by_label("Numbers of the parcels")).to_have_value(f"{showcase.OPEN}\n")


def test_a_scan_that_is_answered_while_the_page_is_loaded_anew_stays_in_view(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    waiting: list[Route] = []
    page.route(lambda url: url.endswith("/station"), lambda route: waiting.append(route))
    # What is asked before the other document was asked for would be given up with this one.
    with page.expect_request(lambda one: one.is_navigation_request()):
        page.evaluate("setTimeout(() => location.reload(), 0)")
    with page.expect_request_finished(lambda one: showcase.OPEN in one.url):
        scanned(page, showcase.OPEN)
    page.wait_for_timeout(200)
    assert len(waiting) == 1
    for route in waiting:
        route.continue_()
    page.wait_for_load_state("load")
    expect(page).to_have_url(re.compile(showcase.OPEN))
    expect(page.locator("#answer")).to_contain_text(showcase.OPEN)


def test_a_page_that_fails_holds_up_no_scan(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    page.route("**/station/funnel", lambda route: route.fulfill(status=500, body=""))
    page.get_by_role("link", name="Funnel").first.click()
    expect(page.locator("#note")).to_have_text("The server does not answer.")
    scan(page, showcase.OPEN)
    expect(page.locator("#offline")).to_be_hidden()


def test_a_scan_that_a_change_of_documents_has_torn_is_asked_for_again(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    page.keyboard.type(showcase.OPEN[:4])
    page.reload()
    page.keyboard.type(showcase.OPEN[7:])
    page.keyboard.press("Enter")
    expect(page.get_by_text("Scan it once more.")).to_be_visible()
    assert "parcel=" not in page.url
    scan(page, showcase.OPEN)


def test_outcome_buttons_are_in_view_without_scrolling(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    for number in (showcase.OPEN, showcase.DONE, showcase.CANCELLED):
        scan(page, number)
        for button in page.locator(".outcome button:visible").all():
            expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", ["de", "fr", "pl"])
def test_long_words_of_a_language_cover_nothing_and_buttons_stay_in_view(
    page: Page, shown: Showcase, language: str
) -> None:
    sign_in(page, shown.keys.officer)
    cookie = {"name": "parcel_risk_language", "value": language, "url": shown.address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"/station?parcel={showcase.OPEN}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    for button in page.locator(".outcome button:visible").all():
        expect(button).to_be_in_viewport(ratio=1)
    for width in (1366, 320):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (
            page.evaluate("[...document.querySelectorAll('dt')].filter(e => e.scrollWidth > e.clientWidth).length") == 0
        )


def test_pages_have_no_accessibility_faults_in_light_and_dark(page: Page, shown: Showcase) -> None:
    page.goto("/station/login")
    assert Axe().run(page).response["violations"] == []
    sign_in(page, shown.keys.officer)
    for number in (showcase.OPEN, showcase.DONE, showcase.TWICE, showcase.MISREAD):
        scan(page, number)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert Axe().run(page).response["violations"] == []


DESK = (
    *("", "/capacity", "/lists", "/rules", "/typologies", "/typologies/letters-of-tablets", "/arms", "/shift"),
    *("/agreement", "/pictures", "/pictures?of=findings", "/pictures?of=quality", "/pictures?of=lanes", "/waivers"),
)


def test_pages_of_supervisors_and_the_practice_have_no_accessibility_faults_and_fit_a_narrow_screen(
    page: Page, shown: Showcase
) -> None:
    shown.without_blanks()
    sign_in(page, shown.keys.supervisor)
    page.set_viewport_size({"width": 320, "height": 700})
    themes: list[dict[str, str]] = [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"contrast": "more"}]
    for number, address in enumerate((*(f"/station/desk{one}" for one in DESK), "/station/practice")):
        page.emulate_media(color_scheme=None, contrast=None)
        page.emulate_media(**themes[number % 3])  # type: ignore[arg-type]
        page.goto(address)
        assert Axe().run(page).response["violations"] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    for theme in themes:
        page.emulate_media(**theme)  # type: ignore[arg-type]
        assert Axe().run(page).response["violations"] == []


def test_a_supervisor_changes_the_capacity_by_keyboard_alone(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.supervisor)
    page.goto("/station/desk/capacity")
    page.get_by_label("Line", exact=True).first.focus()
    for text in ("hall 1", "mon-sun", "06:00", "14:00", "3"):
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Show what it would mean").press("Enter")
    expect(page.get_by_text("Nothing has been saved yet")).to_be_visible()
    page.get_by_role("button", name="Propose it").press("Enter")
    expect(page.get_by_text("Another supervisor approves it.", exact=True)).to_be_visible()


def test_the_api_docs_load_without_asking_any_other_address(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_text("Score one parcel")).to_be_visible(
        timeout=30_000
    )  # the description is made when it is asked for first


@pytest.mark.parametrize("key", ["Shift+F8", "Control+F8", "Alt+F9", "Meta+F9", "Shift+F10"])
def test_a_key_with_a_modifier_records_nothing(page: Page, shown: Showcase, key: str) -> None:
    number = opened(page, shown)
    page.keyboard.press(key)
    no_outcome(page, shown, number)


@pytest.mark.parametrize("name", ["Nothing found", "cannabis", "Not presented", "How it was inspected"])
def test_the_enter_of_a_scanner_never_presses_an_outcome(page: Page, shown: Showcase, name: str) -> None:
    number = opened(page, shown)
    focus_on(page, name)
    page.keyboard.press("Enter")
    no_outcome(page, shown, number)


@pytest.mark.parametrize("name", ["Nothing found", "cannabis", "How it was inspected", "Sign out"])
def test_a_scan_is_caught_wherever_the_focus_is(page: Page, shown: Showcase, name: str) -> None:
    number = opened(page, shown)
    focus_on(page, name)
    scan(page, showcase.NOWHERE)
    expect(page.get_by_role("heading", name="No manifest for this parcel")).to_be_visible()
    assert f"parcel={showcase.NOWHERE}" in page.url
    no_outcome(page, shown, number)


def test_two_scans_within_a_moment_are_both_looked_up_in_order_and_the_last_is_shown(
    page: Page, shown: Showcase
) -> None:
    sign_in(page, shown.keys.officer)
    looked_up: list[str] = []
    page.on("request", lambda request: looked_up.append(request.url.partition("parcel=")[2]))
    numbers = [shown.fresh() for _ in range(4)]
    for number in numbers:
        scanned(page, number)
    expect(page.locator("#answer .number")).to_contain_text(numbers[-1])
    assert [one for one in looked_up if one] == numbers


def test_the_same_code_within_two_seconds_is_one_scan(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    looked_up: list[str] = []
    page.on("request", lambda request: looked_up.append(request.url.partition("parcel=")[2]))
    for number in (showcase.OPEN, showcase.OPEN, showcase.RELEASED, showcase.OPEN):
        scan(page, number)
    assert [one for one in looked_up if one] == [showcase.OPEN, showcase.RELEASED, showcase.OPEN]


def test_half_a_typed_number_with_an_outcome_key_asks(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.keyboard.type("RB4731", delay=80)
    page.keyboard.press("F8")
    expect(page.get_by_text('The box holds "RB4731", half typed')).to_be_visible()
    no_outcome(page, shown, number)
    page.keyboard.press("Escape")
    page.keyboard.press("F8")
    expect(page.get_by_text("Outcome recorded")).to_be_visible()


def test_an_outcome_key_counts_only_while_the_card_is_in_view(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.set_viewport_size({"width": 390, "height": 300})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("F8")
    expect(page.get_by_text("The card was out of view. Nothing was recorded")).to_be_visible()
    no_outcome(page, shown, number)


def test_the_method_of_the_line_is_preset(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.goto("/station/line")
    page.get_by_label("How this line inspects").select_option("xray")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("The method is preset")).to_be_visible()
    scan(page, number)
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="Done: nothing found")).to_be_visible()
    assert shown.outcomes(number) == [("nothing_found", "xray", None)]


def test_a_key_of_a_class_counts_in_its_group_only(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.keyboard.press("6")
    page.keyboard.press("Escape")
    no_outcome(page, shown, number)


def test_a_scan_that_begins_with_a_digit_presses_no_class(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.keyboard.press("F9")
    page.keyboard.type("1Z8V92A70367203024", delay=10)
    page.keyboard.press("Enter")
    expect(page.locator("#answer .number")).to_contain_text("1Z8V92A70367203024")
    no_outcome(page, shown, number)


def test_an_outcome_is_undone_and_recorded_again(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.keyboard.press("F8")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("F2")
    expect(page.get_by_text("Undone: the outcome no longer counts.")).to_be_visible()
    expect(page.get_by_role("heading", name="Open this parcel")).to_be_visible()
    assert shown.outcomes(number) == []
    page.keyboard.press("F9")
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Done: contraband found")).to_be_visible()
    assert shown.outcomes(number) == [("found", "opened", "cocaine")]


def test_a_parcel_that_nothing_was_asked_of_is_inspected_with_a_reason_only(page: Page, shown: Showcase) -> None:
    sign_in(page, shown.keys.officer)
    scan(page, showcase.RELEASED)
    page.keyboard.press("F8")
    no_outcome(page, shown, showcase.RELEASED)
    page.get_by_label("Inspected all the same because").select_option("other_alarm")
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="Done: nothing found")).to_be_visible()
    page.keyboard.press("F2")
    expect(page.get_by_role("heading", name="No inspection required")).to_be_visible()


def test_a_selected_parcel_is_let_go_with_a_reason_and_is_done(page: Page, shown: Showcase) -> None:
    number = opened(page, shown)
    page.get_by_text("Let it go without inspection").click()
    page.get_by_label("Let go because").select_option("no_capacity")
    page.get_by_role("button", name="Record that it is let go").click()
    expect(page.get_by_role("heading", name="Done: let go, there is no time or no equipment")).to_be_visible()
    no_outcome(page, shown, number)


def test_the_queue_says_what_to_fetch_tells_of_new_parcels_and_moves_no_row(page: Page, shown: Showcase) -> None:
    first = opened(page, shown)
    page.goto(f"/station/queue?receptacle={showcase.RECEPTACLE}")
    rows = page.locator("#queue tbody tr")
    row = rows.filter(has_text=first)
    expect(row).to_contain_text("Open this parcel")
    expect(row).to_contain_text("Bangkok, Thailand (THBKKX)")
    before = rows.all_inner_texts()
    second = shown.fresh()
    expect(page.get_by_role("button", name="1 new: show them")).to_be_visible()
    assert rows.all_inner_texts() == before
    page.keyboard.press("F4")
    expect(rows.filter(has_text=second)).to_be_visible()
    page.get_by_role("button", name=f"Fetch {first}").click()
    expect(row).to_contain_text("officer-7")
    scan(page, first)
    page.keyboard.press("F8")
    expect(page.get_by_role("heading", name="Done: nothing found")).to_be_visible()
    page.goto("/station/queue")
    expect(page.locator("#queue")).not_to_contain_text(first)
