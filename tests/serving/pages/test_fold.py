"""What an officer sees of a card without scrolling, on a screen of 1366 by 768."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.serving.pages.showcase import Showcase
from tests.serving.pages.test_station import opened


def test_reasons_are_in_view_below_the_hits_of_typologies_which_the_keyboard_unfolds(
    page: Page, shown: Showcase
) -> None:
    opened(page, shown)
    typologies = page.locator(".traces details")
    assert typologies.count() >= 2
    reasons = page.get_by_role("heading", name="What speaks for").locator("xpath=following-sibling::ol[1]/li")
    outcome = page.locator("form.outcome:not(.plain)").bounding_box()
    assert outcome is not None
    for number in range(min(3, reasons.count())):
        box = reasons.nth(number).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= outcome["y"], f"reason {number + 1} is covered"
    hidden = typologies.first.get_by_text("Was hidden in")
    expect(hidden).to_be_hidden()
    typologies.first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(hidden).to_be_visible()
    page.keyboard.press("Enter")
    expect(hidden).to_be_hidden()
