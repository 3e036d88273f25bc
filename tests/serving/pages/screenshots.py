"""Screenshots of every page and state of the station, into docs/station: ``python -m tests.serving.pages.screenshots``.

Light and dark as on the screens of a line (1366 x 768), and narrow (390). They are made again by this command only.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from parcel_risk.serve import background_service
from serving.pages.languages import COOKIE
from tests.conftest import make_models
from tests.serving.bare import bare_settings
from tests.serving.pages import showcase
from tests.serving.pages.conftest import CHROMIUM, FLAGS
from tests.serving.pages.showcase import Showcase, copy_of, keys_of

FOLDER = Path(__file__).parents[3] / "docs" / "station"
MODES = {"light": (1366, 768), "dark": (1366, 768), "narrow": (390, 844)}
COLOURS = 64
ADDRESSES = {
    "scan": "/station",
    "open": f"/station?parcel={showcase.OPEN}",
    "release": f"/station?parcel={showcase.RELEASED}",
    "done": f"/station?parcel={showcase.DONE}",
    "cancelled": f"/station?parcel={showcase.CANCELLED}",
    "declared-twice": f"/station?parcel={showcase.TWICE}",
    "number-used-before": f"/station?parcel={showcase.REUSED}",
    "rejected": f"/station?parcel={showcase.REJECTED}",
    "no-manifest": f"/station?parcel={showcase.NOWHERE}",
    "misread": f"/station?parcel={showcase.MISREAD}",
    "queue": "/station/queue",
    "run": "/station/run",
    "stages": f"/station/stages?parcel={showcase.DONE}",
    "undeclared-item": "/station/observed",
    "person": "/station/person",
    "history": f"/station/history?parcel={showcase.OPEN}&operator=post-a",
    "exhibits": "/station/exhibit",
    "what-was-found": f"/station/seizure?parcel={showcase.DONE}&operator=post-a",
    "bag-of-evidence": f"/station/evidence?parcel={showcase.DONE}&operator=post-a",
    "casework": "/station/cases",
    "clocks": "/station/clocks",
    "exchange": "/station/exchange",
    "passphrase": "/station/passphrase",
    "funnel": "/station/funnel",
    "test-parcels": "/station/trials",
    "data-quality": "/station/quality",
    "this-station": "/station/line",
    "practice": "/station/practice",
    "wrong-address": "/nowhere",
}
OF_SUPERVISORS = {
    "desk": "/station/desk",
    "desk-capacity": "/station/desk/capacity",
    "desk-lists": "/station/desk/lists",
    "desk-rules": "/station/desk/rules",
    "desk-typologies": "/station/desk/typologies",
    "desk-typology": "/station/desk/typologies/letters-of-tablets",
    "desk-arms": "/station/desk/arms",
    "desk-shift": "/station/desk/shift",
    "desk-agreement": "/station/desk/agreement",
    "desk-waivers": "/station/desk/waivers",
    **{
        f"desk-picture-{of}": f"/station/desk/pictures?of={of}"
        for of in ("scores", "findings", "calibration", "quality", "lanes", "drift")
    },
}


def refused(page: Page) -> None:
    """A form with two values that cannot be used."""
    page.goto("/station/observed")
    page.locator("#field-weight_g").fill("1,5")
    page.locator("#field-dispatch_country").fill("Poland")
    page.get_by_role("button", name="Enter the item").click()


def previewed(page: Page) -> None:
    """A capacity with what it would have meant, before it is saved."""
    page.goto("/station/desk/capacity")
    for name, text in (("line", "hall 1"), ("days", "mon-fri"), ("begins", "06:00"), ("ends", "14:00"), ("hands", "3")):
        page.locator(f"#field-{name}_1").fill(text)
    page.get_by_role("button", name="Show what it would mean").click()


def finding(page: Page) -> None:
    """The classes of a finding, one key each."""
    page.goto(ADDRESSES["open"])
    page.keyboard.press("F9")


def half_typed(page: Page) -> None:
    """An outcome key with half a number in the box."""
    page.goto(ADDRESSES["open"])
    page.keyboard.type("RB4731", delay=80)
    page.keyboard.press("F8")


def lost(page: Page) -> None:
    """An outcome that is kept while the server is lost; it is dropped afterwards."""
    page.goto(ADDRESSES["open"])
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.keyboard.press("F8")
    page.wait_for_selector("#offline:visible")


def history(page: Page) -> None:
    """The history of the parties on the card."""
    page.goto(ADDRESSES["open"])
    page.keyboard.press("Escape")  # half a number may be left of another state
    page.keyboard.press("F6")
    page.wait_for_selector("#panel #history")


def second_officer(page: Page) -> None:
    """The form that hands a parcel over."""
    page.goto(ADDRESSES["open"])
    page.keyboard.press("F7")


def in_german(page: Page) -> None:
    """The card in another language; the next page is English again."""
    page.context.add_cookies([{"name": COOKIE, "value": "de", "url": page.url}])
    page.goto(ADDRESSES["open"])
    page.context.clear_cookies(name=COOKIE)


def locked(page: Page) -> None:
    """What covers a station that nobody uses, until its officer is back."""
    page.context.set_offline(False)  # what the state before has left
    page.goto(f"/station/locked?back=/station?parcel={showcase.OPEN}")


LOCKED = "locked"
"""Comes last: nothing else is shown before the officer is back."""
STATES: dict[str, Callable[[Page], None]] = {
    "refused-form": refused,
    "finding": finding,
    "half-typed": half_typed,
    "history-panel": history,
    "second-officer": second_officer,
    "german": in_german,
    "server-lost": lost,
    LOCKED: locked,
}


def signed_in(browser: Browser, address: str, key: str, mode: str) -> Page:
    """A page of a signed-in officer in one of the modes."""
    width, height = MODES[mode]
    scheme = "dark" if mode == "dark" else "light"
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto("/station")
    page.get_by_label("Officer's key").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_selector("#parcel")
    return page


def save(page: Page, name: str, mode: str) -> None:
    """Save what is shown, in few colours."""
    page.wait_for_timeout(100)
    shot = Image.open(BytesIO(page.screenshot(full_page=mode == "narrow")))
    shot.convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}-{mode}.png", optimize=True)


def shoot(browser: Browser, shown: Showcase) -> None:
    """Every page and state with a model."""
    for mode in MODES:
        page = signed_in(browser, shown.address, shown.keys.officer, mode)
        for name, address in ADDRESSES.items():
            page.goto(address)
            save(page, name, mode)
        for name, reach in STATES.items():
            reach(page)
            save(page, name, mode)
        page.context.close()
        shoot_desk(browser, shown, mode)
        other = browser.new_page(base_url=shown.address, viewport={"width": MODES[mode][0], "height": MODES[mode][1]})
        other.emulate_media(color_scheme="dark" if mode == "dark" else "light")
        other.goto("/station/login")
        save(other, "sign-in", mode)
        other.close()


def shoot_desk(browser: Browser, shown: Showcase, mode: str) -> None:
    """Every page of supervisors."""
    page = signed_in(browser, shown.address, shown.keys.supervisor, mode)
    for name, address in OF_SUPERVISORS.items():
        page.goto(address)
        save(page, name, mode)
    previewed(page)
    save(page, "desk-capacity-shown", mode)
    page.context.close()


def shoot_without_model(browser: Browser, home: Path) -> None:
    """The card of a parcel that no model has assessed."""
    home.mkdir()
    settings = bare_settings(home)
    keys = keys_of(settings)
    with background_service(settings) as address, showcase.Store(settings.database) as store:
        Showcase(address=address, keys=keys, store=store).lodge(showcase.OPEN)
        for mode in MODES:
            page = signed_in(browser, address, keys.officer, mode)
            page.goto(ADDRESSES["open"])
            save(page, "not-assessed", mode)
            page.context.close()


def main() -> None:
    """Make all of them."""
    FOLDER.mkdir(exist_ok=True)
    before = {path: path.stat().st_mtime_ns for path in FOLDER.glob("*.png")}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        given = os.environ.get("TEST_MODELS")
        models = Path(given) if given else make_models(Path(folder) / "models")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with showcase.showcase(copy_of(models, Path(folder) / "home")) as shown:
            shoot(browser, shown)
        shoot_without_model(browser, Path(folder) / "bare")
        browser.close()
    for path in [path for path, then in before.items() if path.stat().st_mtime_ns == then]:
        path.unlink()  # of a state that is no more


if __name__ == "__main__":
    main()
