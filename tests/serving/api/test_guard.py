"""What happens before a request is read: no key, wrong keys, bodies that cost much or never come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from serving.api import guard
from serving.office.wrong_keys import MOST
from serving.store.tables import audit
from tests.serving.conftest import Keys, bearer


async def answered(app: FastAPI, path: str, key: str | None, messages: Iterator[dict[str, Any]]) -> tuple[int, int]:
    """Status, and how many parts of the body were read."""
    n_read, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal n_read
        message = next(messages, None)
        if message is None:
            await asyncio.sleep(3_600)
        n_read += 1
        return message or {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    headers += [(b"authorization", f"Bearer {key}".encode())] if key else []
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    address = {"client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1"}
    await app({**scope, **address, "headers": headers}, receive, send)
    return int(sent[0]["status"]), n_read


def parts(*bodies: bytes, is_whole: bool = True) -> Iterator[dict[str, Any]]:
    for place, body in enumerate(bodies, start=1):
        more = place < len(bodies) or not is_whole
        yield {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize("path", ["/v1/parcels", "/v1/manifests", "/v1/outcomes", "/v1/no-such-thing"])
@pytest.mark.parametrize("key", [None, "prk_wrong"])
def test_without_a_valid_key_nothing_of_the_body_is_read(
    api: TestClient, app: FastAPI, path: str, key: str | None
) -> None:
    assert asyncio.run(answered(app, path, key, parts(b"{" * 100, b"{" * 100))) == (401, 0)


@pytest.mark.parametrize("path", ["/v1/parcels", "/v1/manifests"])
def test_a_body_that_does_not_come_is_given_up(
    api: TestClient, app: FastAPI, keys: Keys, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "PATIENCE_S", 0.05)
    status, n_read = asyncio.run(answered(app, path, keys.post, parts(b"{", b"}", is_whole=False)))
    assert (status, n_read) == (408, 2)


def test_an_object_of_very_many_fields_is_refused_as_one(api: TestClient, keys: Keys) -> None:
    many = {f"field_{n}": n for n in range(100_000)}
    for path, body in (("/v1/parcels", many), ("/v1/manifests", {"parcels": [many]}), ("/v1/outcomes", many)):
        key = keys.officer if path.endswith("outcomes") else keys.post
        answer = api.post(path, content=json.dumps(body), headers={**bearer(key), "Content-Type": "application/json"})
        assert answer.status_code == 400
        assert "100,000 fields" in answer.json()["detail"]
        assert "errors" not in answer.json()


def test_many_wrong_keys_are_slowed_and_noted_and_a_right_one_is_let_in(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    answers = [api.get("/v1/quality", headers=bearer(f"prk_{n}")) for n in range(MOST + 5)]
    assert [one.status_code for one in answers] == [401] * MOST + [429] * 5
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert api.get("/v1/quality", headers=bearer(keys.officer)).status_code == 200
    with app.state.office.store.begin_read() as connection:
        actions = connection.execute(select(audit.c.action, audit.c.client_id)).all()
    assert actions.count(("wrong keys", "unknown")) == 1
