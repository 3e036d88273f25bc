"""Single parcels past the web framework: whatever is sent, the answer is the one that the framework gives."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from serving.api import single
from serving.store.clients import revoke
from tests.serving.api.test_parcels import EXAMPLE
from tests.serving.conftest import Keys, bearer

FRAMEWORK = {"Content-Type": "application/json; charset=utf-8"}
"""Means the same, and is written as few clients write it."""
BODIES = {
    "a parcel": json.dumps(EXAMPLE),
    "nothing": "",
    "null": "null",
    "a list": f"[{json.dumps(EXAMPLE)}]",
    "no JSON": '{"parcel_id": ',
    "not UTF-8": b'{"parcel_id": "\xff"}',
    "a duplicate key": '{"parcel_id": "A", "parcel_id": "B"}',
    "not a number": '{"gross_weight_g": NaN}',
    "no identifier": "{}",
    "a value out of range": json.dumps({**EXAMPLE, "gross_weight_g": -1}),
    "an unknown field": json.dumps({**EXAMPLE, "colour": "red"}),
    "too much": json.dumps({**EXAMPLE, "note": "x" * 20_000_000}),
}


QUERIES = ("", "?explain=true", "?explain=false", "?explain=1", "?explain=perhaps", "?x=1")


def _shown(response: Response) -> tuple[int, dict[str, str], str]:
    return response.status_code, dict(response.headers), response.text


def _both(api: TestClient, path: str, body: str | bytes, headers: dict[str, str]) -> tuple[object, object]:
    """Status, headers and text of our answer and of the framework's, to what was sent once before."""
    headers = {**headers, "X-Request-Id": "0" * 32}
    usual = {**headers, "Content-Type": "application/json"}
    api.post(path, content=body, headers=usual)  # from now on it is a repetition
    ours, theirs = (api.post(path, content=body, headers=given) for given in (usual, {**headers, **FRAMEWORK}))
    return _shown(ours), _shown(theirs)


def test_whatever_is_sent_is_answered_as_by_the_framework(api: TestClient, keys: Keys) -> None:
    for name, body in BODIES.items():
        ours, theirs = _both(api, "/v1/parcels", body, bearer(keys.post))
        assert ours == theirs, name
    for query in QUERIES:
        ours, theirs = _both(api, f"/v1/parcels{query}", BODIES["a parcel"], bearer(keys.post))
        assert ours == theirs, query
    callers = ({}, bearer(keys.officer), bearer("prk_wrong"), {"Authorization": "Basic cHJr"}, bearer(""))
    for headers in callers:
        ours, theirs = _both(api, "/v1/parcels", BODIES["a parcel"], headers)
        assert ours == theirs, headers


def test_a_parcel_alone_and_among_others_is_answered_by_the_same_bytes(api: TestClient, keys: Keys) -> None:
    whole = {**EXAMPLE, "sender_name": "n/a", "parcel_id": "B-1"}
    items = [{**EXAMPLE, "parcel_id": "B-0"}, whole, {"parcel_id": "B-2"}, {**EXAMPLE, "parcel_id": "B-3"}]
    headers = bearer(keys.post)
    manifest = api.post("/v1/manifests", json={"parcels": items}, headers=headers)
    assert manifest.status_code == 200
    for item, among in zip(items, manifest.json()["results"], strict=True):
        alone = api.post("/v1/parcels", json=item, headers=headers)
        assert alone.status_code == 200
        for doubt in among["doubts"]:
            doubt["line"] = 1  # the only thing that a parcel alone says otherwise
        repeated = {**among, "status": "repeated"}
        assert alone.text == json.dumps(repeated, separators=(",", ":"), ensure_ascii=False)


def test_a_length_that_no_number_holds_is_left_to_the_framework(api: TestClient, keys: Keys) -> None:
    headers = {**bearer(keys.post), "Content-Length": "9" * 5_000}
    ours, theirs = _both(api, "/v1/parcels", BODIES["a parcel"], headers)
    assert ours == theirs


def test_a_revoked_key_is_refused_at_once(api: TestClient, app: FastAPI, keys: Keys) -> None:
    assert api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post)).status_code == 200
    with app.state.office.store.begin() as connection:
        revoke(connection, client_id="post", at_us=0)
    assert api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post)).status_code == 401


def test_the_usual_request_does_not_reach_the_framework_whose_error_is_a_problem_document_all_the_same(
    api: TestClient, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> bytes:
        raise KeyError("RB473124829US")

    monkeypatch.setattr("fastapi.routing.APIRoute.handle", None)
    assert api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post)).status_code == 200
    monkeypatch.setattr(single, "scored_parcel", failing)
    response = api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.post))
    assert (response.status_code, response.json()["title"]) == (500, "Unexpected error")
    assert "RB473124829US" not in response.text
