"""Every page of the station has its pictures in docs/station."""

from __future__ import annotations

import re

from serving.pages import PAGES
from tests.serving.pages.screenshots import ADDRESSES, FOLDER, MODES, OF_SUPERVISORS, STATES

NO_PAGES = {"/station/events", "/station/label", "/station/exchange/file", "/station/desk/shift.csv"}
"""Files, streams, and what leads to another page."""
IN_OTHER_PICTURES = {"/station/login", "/station/locked", "/station/desk/lists/{name}", "/station/desk/rules/{name}"}
"""Sign-in and cover, which the command reaches otherwise; and lists and rules of an office, of which it has none."""


def test_every_page_and_state_has_its_pictures_and_no_picture_is_of_another() -> None:
    names = [*ADDRESSES, *OF_SUPERVISORS, *STATES, "desk-capacity-shown", "sign-in", "not-assessed"]
    assert {path.name for path in FOLDER.glob("*.png")} == {f"{name}-{mode}.png" for name in names for mode in MODES}


def test_every_page_is_in_the_list() -> None:
    shown = [address.partition("?")[0] for address in (ADDRESSES | OF_SUPERVISORS).values()]
    paths = {str(one.path) for router in PAGES for one in router.routes if "GET" in one.methods}  # type: ignore[attr-defined]
    wanted = {path for path in paths if path.startswith("/station")} - NO_PAGES - IN_OTHER_PICTURES
    missing = [path for path in wanted if not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), one) for one in shown)]
    assert missing == []
