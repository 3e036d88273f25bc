"""The station's session: who is let in, from where, and how the cookie is kept."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.store import clients
from serving.store.times import microseconds
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
    assert own.status_code == 303


def test_a_client_whose_key_was_revoked_is_let_in_nowhere(api: TestClient, app: FastAPI, keys: Keys) -> None:
    sign_in(api, keys.officer)
    assert api.get("/station", follow_redirects=False).status_code == 200
    revoke(app, "officer-7")
    assert api.get("/station", follow_redirects=False).status_code == 303
    assert api.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys.officer)).status_code == 401


def test_the_page_names_no_other_address(api: TestClient, keys: Keys) -> None:
    sign_in(api, keys.officer)
    page = api.get("/station")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["cache-control"] == "no-store"
    assert "https://" not in page.text
