"""The station's session: who is let in, from where, and how the cookie is kept."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.office.wrong_keys import MOST
from serving.pages.session import is_secure
from serving.settings import Settings
from serving.store import clients
from serving.store.times import microseconds
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer

NUMBER = EXAMPLE["parcel_id"]
OUTCOME = {"parcel_id": NUMBER, "operator": "post-a", "result": "nothing_found"}


def sign_in(api: TestClient, key: str) -> str:
    return str(api.post("/station/login", data={"key": key}, follow_redirects=False).headers["location"])


def revoke(app: FastAPI, client_id: str) -> None:
    office = app.state.office
    with office.store.begin() as connection:
        clients.revoke(connection, client_id=client_id, at_us=microseconds(office.clock()))


@pytest.mark.parametrize("key", ["post", "wrong"])
def test_only_officers_sign_in(api: TestClient, keys: Keys, key: str) -> None:
    assert sign_in(api, getattr(keys, key, "prk_wrong")) == "/station/login?message=wrong_key"
    assert api.get("/station", follow_redirects=False).status_code == 303


def test_the_cookie_is_sent_from_our_own_pages_only_and_read_by_no_script(api: TestClient, keys: Keys) -> None:
    response = api.post("/station/login", data={"key": keys.officer}, follow_redirects=False)
    cookie = response.headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie


@pytest.mark.parametrize("path", ["/station/login", "/station/outcome", "/station/logout"])
def test_a_form_from_another_site_is_refused(api: TestClient, keys: Keys, path: str) -> None:
    sign_in(api, keys.officer)
    form = {**OUTCOME, "key": keys.officer}
    assert api.post(path, data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    own = api.post(path, data=form, headers={"Origin": "http://testserver"}, follow_redirects=False)
    assert own.status_code in (303, 422), "the parcel is not on record"


def test_a_client_whose_key_was_revoked_is_let_in_nowhere(api: TestClient, app: FastAPI, keys: Keys) -> None:
    sign_in(api, keys.officer)
    assert api.get("/station", follow_redirects=False).status_code == 200
    revoke(app, "officer-7")
    assert api.get("/station", follow_redirects=False).status_code == 303
    assert api.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys.officer)).status_code == 401


def test_what_a_browser_held_opens_nothing_after_sign_out(api: TestClient, keys: Keys) -> None:
    sign_in(api, keys.officer)
    held = dict(api.cookies)
    api.post("/station/logout")
    assert api.get("/station", follow_redirects=False).status_code == 303
    api.cookies.update(held)
    assert api.get("/station", follow_redirects=False).status_code == 303


def test_a_session_lasts_as_long_as_it_is_said_and_dies_with_its_key(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    sign_in(api, keys.officer)
    office = app.state.office
    with office.store.begin() as connection:
        at_us = microseconds(office.clock())
        renewed = clients.rotate(connection, "officer-7", at_us=at_us, overlap_us=3_600_000_000, expires_at=None)
    assert api.get("/station", follow_redirects=False).status_code == 200
    clock.pass_by(hours=2)
    assert api.get("/station", follow_redirects=False).status_code == 303, "its key is over, though another is valid"
    sign_in(api, renewed)
    clock.pass_by(hours=11)
    assert api.get("/station", follow_redirects=False).status_code == 200
    clock.pass_by(hours=2)
    assert api.get("/station", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("host", "secure", "wanted"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("0.0.0.0", None, True),
        ("127.0.0.1", True, True),
        ("::", False, False),
    ],
)
def test_the_cookie_is_secure_wherever_others_could_listen(host: str, secure: bool | None, wanted: bool) -> None:
    assert is_secure(Settings(host=host, secure_cookies=secure)) is wanted


def test_wrong_keys_at_the_station_are_slowed(api: TestClient) -> None:
    said = [sign_in(api, f"prk_wrong_{n}") for n in range(MOST + 2)]
    assert said[0].endswith("wrong_key")
    assert said[-1].endswith("too_often")


def test_the_page_names_no_other_address(api: TestClient, keys: Keys) -> None:
    sign_in(api, keys.officer)
    page = api.get("/station")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"
    assert "https://" not in page.text
