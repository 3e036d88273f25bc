"""Pages in a language of longer words, and in one from right to left: nothing runs over, wide or at 400 %."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, Route

from serving.pages.languages import COOKIE
from serving.pages.layout import DESK, NAVIGATION
from tests.languages.conftest import CANCELLED, DONE, FOUND, TWICE
from tests.languages.pseudo import LONGER, MIRRORED

SIZES = ((1366, 768), (320, 768))
ADDRESSES = (
    *(address for address, _ in (*NAVIGATION, *DESK)),
    *(f"/station?parcel={number}" for number in (DONE, TWICE, CANCELLED, FOUND, "RR516273849PL", "NOWHERE1")),
    f"/station/history?parcel={FOUND}&operator=post-a",
    f"/station/stages?parcel={FOUND}",
    f"/station/seizure?parcel={FOUND}&operator=post-a",
    "/station/exhibit?number=EX00000001",
    "/station/evidence",
    "/station/desk/rules/light-letters",
    "/station/desk/lists/cover",
    "/station/desk/typologies/letters-of-tablets",
    "/station/passphrase",
    "/station/nowhere",
)
RUN_OVER = """() => {
  const root = document.documentElement, found = [];
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} of ${root.clientWidth} wide`);
  for (const one of document.querySelectorAll("button, summary, label, h1, h2")) {
    const isBlock = one.clientWidth > 0 && getComputedStyle(one).display !== "inline" && !one.closest(".hidden, .wide");
    if (isBlock && one.scrollWidth > one.clientWidth + 1) found.push(`${one.tagName} ${one.textContent.trim()}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, station: TestClient) -> Iterator[Page]:
    """A page of a browser whose requests are answered in this process."""
    context = browser.new_context(base_url="http://station.test", service_workers="block")

    def answer(route: Route) -> None:
        found = station.get(route.request.url.removeprefix("http://station.test"), headers={"accept": "text/html"})
        headers = {name: value for name, value in found.headers.items() if name in ("content-type", "location")}
        route.fulfill(status=found.status_code, headers=headers, body=found.content)

    page = context.new_page()
    page.route("**/*", answer)
    page.route("**/station/events", lambda route: route.abort())
    yield page
    context.close()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("code", [LONGER, MIRRORED])
def test_no_text_runs_over(page: Page, station: TestClient, code: str, address: str) -> None:
    station.cookies.set(COOKIE, code)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    page.goto(address)
    assert page.locator("html").get_attribute("dir") == ("rtl" if code == MIRRORED else "ltr")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(RUN_OVER) == [], f"at {width}"
