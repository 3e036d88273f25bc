from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer

ENDPOINTS = [
    ("POST", "/v1/parcels", EXAMPLE),
    ("POST", "/v1/manifests", {"parcels": [EXAMPLE]}),
    ("GET", "/v1/parcels/EE473124829TH", None),
    ("POST", "/v1/outcomes", {"outcomes": [{"parcel_id": "EE473124829TH", "result": "found"}]}),
]


ORDINARY = {
    "sender_name": "Bauer Trading Ltd",
    "sender_country": "CN",
    "dispatch_country": "CN",
    "origin_office": "CNAAA1",
    "stream": "letter",
    "postage_cents": 250,
    "recipient_street": "Mill Lane",
    "recipient_phone": "+49301234",
    "pieces": [{"description": "cotton t-shirt", "quantity": 2, "value_cents": 2900, "hs_code": "610910"}],
}


def lodge(api: TestClient, keys: Keys, **changes: Any) -> dict[str, Any]:
    response = api.post("/v1/parcels", json={**EXAMPLE, **changes}, headers=bearer(keys.post))
    assert response.status_code == 200, response.text
    return dict(response.json())


def is_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    return dict(body)


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
def test_the_anonymous_caller_is_refused_everywhere(api: TestClient, method: str, path: str, body: Any) -> None:
    wrong: list[Any] = [
        {},
        bearer("prk_wrong"),
        {"Authorization": "Basic eDp5"},
        {b"Authorization": b"Bearer \xe9\xff"},
    ]
    for headers in wrong:
        is_problem(api.request(method, path, json=body, headers=headers), 401)


def test_another_operator_finds_nothing_of_a_parcel(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    is_problem(api.get("/v1/parcels/EE473124829TH", headers=bearer(keys.courier)), 404)


def test_an_officer_cannot_lodge_and_an_operator_cannot_record(api: TestClient, keys: Keys) -> None:
    is_problem(api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.officer)), 403)
    is_problem(api.post("/v1/manifests", json={"parcels": [EXAMPLE]}, headers=bearer(keys.officer)), 403)
    outcomes = {"outcomes": [{"parcel_id": "X", "result": "found"}]}
    is_problem(api.post("/v1/outcomes", json=outcomes, headers=bearer(keys.post)), 403)


def test_a_parcel_is_scored_with_reasons_and_read_back(api: TestClient, keys: Keys) -> None:
    response = api.post("/v1/parcels?explain=true", json=EXAMPLE, headers=bearer(keys.post))
    answer = response.json()
    assert answer["status"] == "scored"
    assert 0 < answer["probability"] < 1
    assert answer["operator"] == "post-a"
    assert answer["degraded"] is None
    assert answer["reasons"]
    assert all(reason["text"] and reason["weight"] > 0 for reason in answer["reasons"])
    for reader in (keys.post, keys.officer):
        found = api.get("/v1/parcels/ee 473124829 th", headers=bearer(reader)).json()["answers"]
        assert [one | {"policy": None} for one in found] == [answer]


def test_reasons_are_found_when_somebody_asks_for_them_and_then_kept(api: TestClient, keys: Keys) -> None:
    assert lodge(api, keys, **ORDINARY)["reasons"] is None
    first = api.get("/v1/parcels/EE473124829TH", headers=bearer(keys.officer)).json()["answers"][0]["reasons"]
    second = api.get("/v1/parcels/EE473124829TH", headers=bearer(keys.officer)).json()["answers"][0]["reasons"]
    assert first
    assert first == second


def test_the_same_parcel_again_gets_the_same_answer(api: TestClient, keys: Keys) -> None:
    first, second = lodge(api, keys), lodge(api, keys)
    assert second == {**first, "status": "repeated"}


def test_other_facts_under_the_same_number_amend_the_parcel(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    amended = lodge(api, keys, gross_weight_g=9)
    assert (amended["status"], amended["version"]) == ("amended", 2)


def test_the_operator_is_the_caller_whatever_the_message_says(api: TestClient, keys: Keys) -> None:
    assert lodge(api, keys, operator="somebody-else")["operator"] == "post-a"


def test_two_operators_may_use_one_number(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    other = api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.courier))
    assert other.json()["status"] == "scored"
    both = api.get("/v1/parcels/EE473124829TH", headers=bearer(keys.officer)).json()["answers"]
    assert [answer["operator"] for answer in both] == ["courier-a", "post-a"]


def test_one_bad_parcel_does_not_stop_the_others(api: TestClient, keys: Keys) -> None:
    items = [
        {**EXAMPLE, "parcel_id": "A-1"},
        {"gross_weight_g": -5},
        {**EXAMPLE, "parcel_id": "A-1"},
        "not a parcel",
        {**EXAMPLE, "parcel_id": "A-1", "gross_weight_g": 1},
        {"parcel_id": "A-2"},
    ]
    body = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()
    assert (body["n_scored"], body["n_repeated"], body["n_amended"], body["n_rejected"]) == (2, 1, 1, 2)
    statuses = [(item["status"], item.get("line"), item.get("field")) for item in body["results"]]
    assert statuses == [
        ("scored", None, None),
        ("rejected", 2, "parcel_id"),
        ("repeated", None, None),
        ("rejected", 4, "item"),
        ("amended", None, None),
        ("scored", None, None),
    ]


def test_outcomes_are_recorded_once_and_never_overwritten(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)

    def post(*results: str, parcel_id: str = "EE473124829TH") -> dict[str, Any]:
        items = [{"parcel_id": parcel_id, "result": result} for result in results]
        response = api.post("/v1/outcomes", json={"outcomes": items}, headers=bearer(keys.officer))
        assert response.status_code == 200, response.text
        return dict(response.json())

    assert post("found", "found")["n_recorded"] == 1
    assert post("found")["n_repeated"] == 1
    assert post("nothing_found")["results"][0]["code"] == "outcome_known"
    assert post("found", parcel_id="NOBODY")["results"][0]["code"] == "unknown_parcel"
    assert post("maybe", parcel_id="NOBODY")["results"][0]["field"] == "result"


def test_an_outcome_for_a_number_that_two_operators_used_must_name_one(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    api.post("/v1/parcels", json=EXAMPLE, headers=bearer(keys.courier))
    item = {"parcel_id": EXAMPLE["parcel_id"], "result": "found"}

    def post(item: dict[str, Any]) -> dict[str, Any]:
        answer = api.post("/v1/outcomes", json={"outcomes": [item]}, headers=bearer(keys.officer)).json()
        return dict(answer["results"][0])

    assert post(item)["code"] == "unknown_parcel"
    named = post({**item, "operator": "post-a"})
    assert (named["status"], named["operator"]) == ("recorded", "post-a")


def test_an_outcome_that_contradicts_itself_is_refused(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    item = {"parcel_id": EXAMPLE["parcel_id"], "result": "nothing_found", "finding_class": "cocaine"}
    answer = api.post("/v1/outcomes", json={"outcomes": [item]}, headers=bearer(keys.officer)).json()
    assert answer["results"][0]["code"] == "contradiction"


def test_a_number_with_a_slash_is_read_back(api: TestClient, keys: Keys) -> None:
    lodge(api, keys, parcel_id="A/B ../C")
    assert (
        api.get("/v1/parcels/A%2FB%20..%2FC", headers=bearer(keys.post)).json()["answers"][0]["parcel_id"] == "A/B ../C"
    )


def test_an_unknown_field_is_named(api: TestClient, keys: Keys) -> None:
    answer = api.post("/v1/parcels", json={**EXAMPLE, "gross_weigth_g": 1}, headers=bearer(keys.post)).json()
    assert [(one["field"], one["code"]) for one in answer["doubts"]] == [("gross_weigth_g", "unknown_field")]


def test_cause_and_propensity_of_an_outcome_are_those_of_the_decision(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    from serving.store import log as event_log

    answer = lodge(api, keys)
    items = [{"parcel_id": "EE473124829TH", "result": "found"}]
    api.post("/v1/outcomes", json={"outcomes": items}, headers=bearer(keys.officer))
    with app.state.office.store.begin() as connection:
        event = event_log.read(connection).filter(kind="outcome").to_dicts()[0]
    assert (event["cause"], event["propensity"]) == (answer["cause"], answer["propensity"])


def test_everything_survives_a_restart(settings: Settings, clock: Clock, api: TestClient, keys: Keys) -> None:
    first = lodge(api, keys)
    items = [{"parcel_id": "EE473124829TH", "result": "found"}]
    api.post("/v1/outcomes", json={"outcomes": items}, headers=bearer(keys.officer))
    before = api.get("/readyz").json()
    api.__exit__(None, None, None)
    with TestClient(create_app(settings, clock)) as again:
        assert again.get("/readyz").json() == before
        told = again.get("/v1/parcels/EE473124829TH", headers=bearer(keys.post)).json()["answers"][0]
        assert told == {**first, "reasons": told["reasons"], "against": told["against"]}
        assert lodge(again, keys)["status"] == "repeated"


BAD_BODIES = [
    (b'{"parcel_id": "A", "gross_weight_g": NaN}', 400, "NaN"),
    (b'{"parcel_id": "A", "gross_weight_g": Infinity}', 400, "Infinity"),
    (b'{"parcel_id": "A", "gross_weight_g": 1e999}', 400, "too large"),
    (b'{"parcel_id": "A", "parcel_id": "B"}', 400, "twice"),
    (b'{"parcel_id": "\\ud800"}', 422, ""),
    (b'{"parcel_id": "A"', 400, "JSON"),
    (b"\xff\xfe{}", 400, "UTF-8"),
    (b"[" * 100_000, 400, ""),
    (b'{"a":' * 100_000, 400, ""),
    (b"null", 422, ""),
    (b"[]", 422, ""),
    (b'"text"', 422, ""),
    (b'{"parcel_id": "n/a"}', 422, ""),
    (b'{"parcel_id": 9.40551e21}', 422, ""),
    (b'{"parcel_id": "A", "lodged_at": "11/12/2026"}', 422, ""),
    (b'{"parcel_id": "A", "lodged_at": "1700000000"}', 422, ""),
    (b'{"parcel_id": "A", "lodged_at": 1700000000}', 422, ""),
    (b'{"parcel_id": "A", "lodged_at": "9999-12-31T23:59:59Z"}', 422, ""),
    (b'{"parcel_id": "A", "gross_weight_g": ' + b"9" * 5_000 + b"}", 400, "digits"),
    (b'{"parcel_id": ""}', 422, ""),
    (b'{"parcel_id": "   "}', 422, ""),
]


@pytest.mark.parametrize(("body", "status", "words"), BAD_BODIES)
def test_bad_input_gets_a_problem_document(api: TestClient, keys: Keys, body: bytes, status: int, words: str) -> None:
    for path in ("/v1/parcels", "/v1/outcomes", "/v1/manifests"):
        key = keys.officer if path == "/v1/outcomes" else keys.post
        headers = {**bearer(key), "Content-Type": "application/json"}
        response = api.post(path, content=body, headers=headers)
        problem = is_problem(response, status)
        if path == "/v1/parcels":
            assert words in problem["detail"] + problem["title"]
            if status == 422:
                assert all(error["field"] and error["reason"] and error["remedy"] for error in problem["errors"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sender_name": "\ud800"}, "sender_name"),
        ({"sender_name": "a\u0000b"}, "sender_name"),
        ({"gross_weight_g": 1.5}, "gross_weight_g"),
        ({"gross_weight_g": 0}, "gross_weight_g"),
        ({"gross_weight_g": 123456789012345678901234567890}, "gross_weight_g"),
        ({"posted_at": "2026-11-01T00:00:00"}, "posted_at"),
        ({"posted_at": 1700000000}, "posted_at"),
        ({"pieces": [{"hs_code": "610910"}, {"hs_code": "abc"}]}, "piece_2.hs_code"),
        ({"pieces": "tea"}, "pieces"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_and_its_parcel_scored(
    api: TestClient, keys: Keys, changes: dict[str, Any], field: str
) -> None:
    headers = {**bearer(keys.post), "Content-Type": "application/json"}
    response = api.post("/v1/parcels", content=json.dumps({**EXAMPLE, **changes}), headers=headers)
    assert response.status_code == 200
    assert [one["field"] for one in response.json()["doubts"]] == [field]


def test_no_answer_to_bad_input_repeats_personal_data(api: TestClient, keys: Keys) -> None:
    marker = "Erika Mustermann"
    bad = {
        **EXAMPLE,
        "sender_name": marker * 20,
        "recipient_email": marker + "\u0001",
        "sender_country": marker,
        "gross_weight_g": marker,
        marker: marker,
    }
    for wrong, status in ((bad, 200), ({**bad, "parcel_id": marker + "#"}, 422)):
        response = api.post("/v1/parcels", json=wrong, headers=bearer(keys.post))
        assert response.status_code == status
        assert marker not in response.text
    outcome = {"parcel_id": "A-1", "result": "found", marker: marker}
    response = api.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=bearer(keys.officer))
    assert "extra_forbidden" in response.text
    assert marker not in response.text


def test_a_body_that_is_too_large_is_refused(settings: Settings, keys: Keys, clock: Clock) -> None:
    small = settings.model_copy(update={"max_body_bytes": 2_000, "max_items": 2})
    with TestClient(create_app(small, clock)) as api:
        body = json.dumps({**EXAMPLE, "pieces": [{"description": "x" * 500}] * 9})
        headers = {**bearer(keys.post), "Content-Type": "application/json"}
        is_problem(api.post("/v1/parcels", content=body, headers=headers), 413)
        many = {"parcels": [{"parcel_id": f"A-{place}"} for place in range(3)]}
        is_problem(api.post("/v1/manifests", json=many, headers=bearer(keys.post)), 413)


def test_without_a_model_parcels_are_answered_and_marked_degraded(settings: Settings, keys: Keys, clock: Clock) -> None:
    bare = settings.model_copy(update={"models_dir": settings.home / "no-models", "capacity_share": 1.0})
    with TestClient(create_app(bare, clock)) as api:
        assert "no bundle was approved" in api.get("/readyz").json()["degraded"]
        answer = lodge(api, keys)
    assert answer["degraded"] == "no model"
    assert answer["probability"] is None
    assert (answer["cause"], answer["propensity"], answer["referral"]) == ("random", 1.0, "open")


def test_a_bundle_of_an_untrusted_approver_is_not_served(settings: Settings, keys: Keys, clock: Clock) -> None:
    nobody = settings.home / "nobody.txt"
    nobody.parent.mkdir(parents=True, exist_ok=True)
    nobody.write_text("# nobody is trusted\n")
    wary = settings.model_copy(update={"approvers_file": nobody})
    with TestClient(create_app(wary, clock)) as api:
        assert "not trusted" in api.get("/readyz").json()["degraded"]


def test_health_needs_no_key_and_says_what_serves(api: TestClient) -> None:
    assert api.get("/livez").json() == {"status": "alive"}
    ready = api.get("/readyz").json()
    assert ready["status"] == "ready"
    assert ready["bundle"].startswith("parcel-risk-test@")


def test_unknown_paths_and_methods_get_problem_documents(api: TestClient, keys: Keys) -> None:
    is_problem(api.get("/v1/nothing"), 401)
    is_problem(api.get("/v1/nothing", headers=bearer(keys.post)), 404)
    is_problem(api.delete("/v1/parcels", headers=bearer(keys.post)), 405)
    is_problem(api.get("/nothing"), 404)


def test_the_api_description_has_examples_and_the_docs_page_asks_no_other_address(api: TestClient) -> None:
    description = api.get("/openapi.json").json()
    body = description["paths"]["/v1/parcels"]["post"]["requestBody"]["content"]["application/json"]
    properties = body["schema"]["properties"]
    assert properties["gross_weight_g"]["examples"]
    assert all("description" in field for field in properties.values())
    page = api.get("/docs")
    assert "https://" not in page.text
    assert "http://" not in page.text
    for asset in ("/static/swagger/swagger-ui-bundle.js", "/static/swagger/swagger-ui.css", "/static/docs.js"):
        assert api.get(asset).status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_personal_data_are_nowhere_in_the_database_in_clear(api: TestClient, settings: Settings, keys: Keys) -> None:
    lodge(api, keys, sender_name="Xaver Unverwechselbar", recipient_email="geheim@example.org")
    api.__exit__(None, None, None)
    for path in settings.home.glob("parcel-risk.db*"):
        content = path.read_bytes()
        assert b"Unverwechselbar" not in content
        assert b"geheim@example.org" not in content


def test_every_look_is_written_to_the_audit(api: TestClient, app: FastAPI, keys: Keys) -> None:
    from sqlalchemy import select

    from serving.store.tables import audit

    lodge(api, keys)
    api.get("/v1/parcels/EE473124829TH", headers=bearer(keys.officer))
    with app.state.office.store.begin() as connection:
        rows = connection.execute(select(audit).where(audit.c.client_id != "office").order_by(audit.c.id)).all()
    assert [(row.client_id, row.action, row.seq) for row in rows] == [("post", "scored", 1), ("officer-7", "viewed", 1)]
