"""Whatever somebody writes is shown as text: on every page of the station, in a bag of evidence and in reports."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from serving.api.examples import EXAMPLES
from serving.app import create_app
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NUMBER = "RB473124829US"
HOSTILE = "\"'><script>alert(1)</script>{{7*7}}<img src=x>"
RAW = (b"<script>alert", b"<img src=x", b"'><", b'"><script')
PARAMETERS = ("", f"?parcel={NUMBER}")
PAGES = (
    "",
    "/queue",
    "/stages",
    "/history",
    "/seizure",
    "/exhibit",
    "/cases",
    "/clocks",
    "/person",
    "/line",
    "/trials",
)
DESK = ("", "/lists", "/lists/seized-senders", "/rules", "/rules/cover-letters", "/typologies", "/waivers", "/shift")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a text is in a body."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from places(one, (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*path, index))
    elif isinstance(value, str):
        yield path


def hostile(body: Any, path: tuple[Any, ...]) -> Any:
    """The body with a hostile text at one place."""
    changed = copy.deepcopy(body)
    within = changed
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = HOSTILE
    return changed


def written(http: TestClient, keys: dict[str, str]) -> int:
    """Write hostile texts wherever they are accepted, after what the examples write; return how many were."""
    n = 0
    for (method, path), body in EXAMPLES.items():
        filled = re.sub(r"\{[^}]+\}", "1", path)
        for who in ("post", "analyst", "supervisor"):
            answer = http.request(method, filled, json=body, headers=bearer(keys[who]))
            if answer.status_code != 403:
                break
        if path in ("/v1/evidence", "/v1/whatif", "/v1/shadow"):
            continue
        for place in places(body):
            answer = http.request(method, filled, json=hostile(body, place), headers=bearer(keys[who]))
            assert answer.status_code < 500, (path, place)
            n += answer.status_code < 300
    return n


def test_hostile_texts_are_shown_as_texts(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    keys = {name: client_key(settings, name, None, role) for name, role in (("supervisor", Role.SUPERVISOR),)}
    keys |= {"post": client_key(settings, "post", "post-a"), "analyst": client_key(settings, "a", None, Role.ANALYST)}
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as http:
        assert written(http, keys) > 40
        http.post("/station/login", data={"key": keys["supervisor"]})
        http.post("/station/desk/shift", data={"text": HOSTILE, "station": HOSTILE})
        http.post("/station/line", data={"station": HOSTILE, "line": HOSTILE})
        seen = [http.get(f"/station{page}{asked}") for page in PAGES for asked in PARAMETERS]
        seen += [http.get(f"/station/desk{page}") for page in DESK]
        seen += [http.get(f"/station{page}", params={"parcel": HOSTILE, "message": HOSTILE}) for page in PAGES[:7]]
        assert sum(one.status_code == 200 for one in seen) > 30
        given = http.post(
            "/v1/evidence", json={"parcel_id": NUMBER, "case": HOSTILE}, headers=bearer(keys["supervisor"])
        )
    contents = {str(one.request.url): one.content for one in seen}
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        contents |= {
            name: archive.read(name) for name in archive.namelist() if name.endswith((".html", "bag-info.txt"))
        }
    raw = {name: one for name, content in contents.items() for one in RAW if one in content and ".txt" not in name}
    assert raw == {}
    assert sum(b"&lt;script&gt;" in one for one in contents.values()) > 5, "they are shown"
