"""Access tokens: how a client gets one, what it opens, and that nothing which looks like one opens anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from serving.office.tokens import AUDIENCE, ISSUER, LEEWAY, LIFE, Bearer, Tokens
from serving.office.wrong_keys import MOST
from serving.store.clients import keys_of, revoke
from tests.serving.api.conftest import Bare
from tests.serving.bare import client_key
from tests.serving.conftest import bearer

TOKEN = "/v1/oauth/token"
GRANT = {"grant_type": "client_credentials"}
SECRET = b"a secret of tests, thirty-two by"
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "post", "key": "00", "jti": "x"}


def given(bare: Bare, name: str, operator: str | None = None) -> tuple[str, str]:
    """A key of a new client, and a token got with it."""
    key = client_key(bare.settings, name, operator)
    answer = bare.http.post(TOKEN, data=GRANT, auth=(name, key))
    assert answer.status_code == 200
    return key, str(answer.json()["access_token"])


@pytest.fixture(autouse=True)
def _nobody_waits(bare: Bare) -> None:
    bare.app.state.wrong_keys._times.clear()


def test_a_client_gets_a_token_by_basic_or_form_and_is_who_its_key_says(bare: Bare) -> None:
    key, token = given(bare, "mail", "post-x")
    in_form = bare.http.post(TOKEN, data={**GRANT, "client_id": "mail", "client_secret": key})
    assert in_form.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (in_form.json()["token_type"], in_form.json()["expires_in"]) == ("Bearer", 900)
    assert in_form.headers["cache-control"] == "no-store"
    for one in (token, in_form.json()["access_token"]):
        assert key not in one
        assert bare.http.get("/v1/quality", headers=bearer(one)).status_code == 200
        assert bare.http.get("/v1/audit", headers=bearer(one)).status_code == 403, "it has its client's role"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({**GRANT, "scope": "everything"}, "invalid_scope"),
        ({**GRANT, "x": "y" * 9_000}, "invalid_request"),
    ],
)
def test_a_request_that_is_not_understood_is_named_as_the_standard_has_it(
    bare: Bare, form: dict[str, str], error: str
) -> None:
    answer = bare.http.post(TOKEN, data=form or {"a": "b"})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["type"] == "/problems/token-request-refused"


def test_wrong_names_and_keys_get_one_answer_and_are_slowed(bare: Bare) -> None:
    key = client_key(bare.settings, "slow", "post-s")
    answers = [bare.http.post(TOKEN, data=GRANT, auth=pair) for pair in (("post", key), ("nobody", key), ("slow", "x"))]
    assert [(one.status_code, one.json()["error"]) for one in answers] == [(401, "invalid_client")] * 3
    assert len({one.json()["detail"] for one in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Basic"
    more = [bare.http.post(TOKEN, data=GRANT, auth=("slow", "x")) for _ in range(MOST)]
    assert more[-1].status_code == 429
    assert int(more[-1].headers["retry-after"]) > 0


def test_a_token_ends_with_its_key_at_once_and_by_itself_in_a_quarter_of_an_hour(bare: Bare) -> None:
    _, token = given(bare, "ends", "post-e")
    _, other = given(bare, "stays", "post-f")
    with bare.app.state.office.store.begin() as connection:
        revoke(connection, key_id=keys_of(connection, "ends")[0].key_id, at_us=0)
    assert bare.http.get("/v1/quality", headers=bearer(token)).status_code == 401
    assert bare.http.get("/v1/quality", headers=bearer(other)).status_code == 200
    at = bare.clock.at
    bare.clock.at = at + LIFE + LEEWAY
    assert bare.http.get("/v1/quality", headers=bearer(other)).status_code == 401
    bare.clock.at = at


def unsigned(text: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(text).encode()).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any], secret: bytes = SECRET) -> str:
    return jwt.encode(header, claims, OctKey.import_key(secret), algorithms=["HS256", "HS512"])


def times(now: int, **changes: Any) -> dict[str, Any]:
    return {**CLAIMS, "iat": now, "exp": now + 900, **changes}


Forge = Callable[[dict[str, Any], int], str]
FORGED: dict[str, Forge] = {
    "alg none": lambda head, now: f"{unsigned({**head, 'alg': 'none'})}.{unsigned(times(now))}.",
    "another algorithm": lambda head, now: signed({**head, "alg": "HS512"}, times(now)),
    "another secret": lambda head, now: signed(head, times(now), b"x" * 32),
    "another kid": lambda head, now: signed({**head, "kid": "../../dev/null"}, times(now)),
    "no kid": lambda head, now: signed({"alg": "HS256", "typ": "at+jwt"}, times(now)),
    "a key of its own": lambda head, now: signed({**head, "jwk": {"kty": "oct", "k": "eA"}}, times(now)),
    "an address of keys": lambda head, now: signed({**head, "jku": "https://evil.example/keys"}, times(now)),
    "another audience": lambda head, now: signed(head, times(now, aud="somebody else")),
    "several audiences": lambda head, now: signed(head, times(now, aud=[AUDIENCE, "somebody else"])),
    "another issuer": lambda head, now: signed(head, times(now, iss="somebody else")),
    "expired": lambda head, now: signed(head, times(now - 931)),
    "not yet": lambda head, now: signed(head, times(now + 31)),
    "too long": lambda head, now: signed(head, times(now, exp=now + 901)),
    "no end": lambda head, now: signed(head, {**CLAIMS, "iat": now}),
    "an end that is no number": lambda head, now: signed(head, times(now, iat="0")),
    "no token": lambda head, now: "a.b.c",
    "too much": lambda head, now: signed(head, times(now, jti="x" * 3_000)),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_not_ours_not_for_us_or_over_is_no_token(bare: Bare, forged: str) -> None:
    tokens, now = Tokens(SECRET), int(bare.clock.at.timestamp())
    assert tokens.holder(signed(tokens._header, times(now)), bare.clock.at) == Bearer(client_id="post", key_id="00")
    token = FORGED[forged](tokens._header, now)
    assert tokens.holder(token, bare.clock.at) is None
    assert bare.http.get("/v1/quality", headers=bearer(token)).status_code == 401


def test_tokens_of_another_installation_open_nothing(bare: Bare) -> None:
    with bare.app.state.office.store.begin_read() as connection:
        key_id = keys_of(connection, "post")[0].key_id
    holder = Bearer(client_id="post", key_id=key_id)
    assert bare.http.get("/v1/quality", headers=bearer(Tokens(SECRET).give(holder, bare.clock.at))).status_code == 401
    own = Tokens(bare.settings.secret("tokens"))
    assert bare.http.get("/v1/quality", headers=bearer(own.give(holder, bare.clock.at))).status_code == 200
    other = Bearer(client_id="courier", key_id=key_id)
    assert bare.http.get("/v1/quality", headers=bearer(own.give(other, bare.clock.at))).status_code == 401


def test_without_a_secret_for_tokens_keys_are_accepted_and_nobody_learns_where_it_would_be(
    bare: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = client_key(bare.settings, "plain", "post-p")
    path = bare.settings.keys / "tokens.key"
    content = path.read_bytes()
    monkeypatch.setattr(bare.app.state, "tokens", None)
    path.unlink()
    try:
        answer = bare.http.post(TOKEN, data=GRANT, auth=("plain", key))
        assert answer.status_code == 503
        assert str(path.parent) not in answer.text
        assert bare.http.get("/v1/quality", headers=bearer("a.b.c")).status_code == 401
        assert bare.http.get("/v1/quality", headers=bearer(key)).status_code == 200
    finally:
        path.write_bytes(content)
