"""Quarantine and data quality: what operators get back to mend their data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer

BAD_CSV = (
    b"parcel_id,weight_kg,sender_name,recipient_country\n"
    b"P-1,1.5,Anna,DE\n#P-2,1.5,Xaver Unverwechselbar,DE\nn/a,1,=cmd|' /C calc'!A0,DE\nP-4,2\n"
)


def send(api: TestClient, key: str, data: bytes = BAD_CSV) -> dict[str, Any]:
    response = api.post("/v1/manifests", content=data, headers={**bearer(key), "Content-Type": "text/csv"})
    assert response.status_code == 200, response.text
    return dict(response.json())


def held(api: TestClient, key: str) -> list[dict[str, Any]]:
    return list(api.get("/v1/quarantine", headers=bearer(key)).json()["rows"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/quarantine"),
        ("DELETE", "/v1/quarantine/1"),
        ("POST", "/v1/quarantine/1"),
        ("GET", "/v1/quality"),
        ("GET", "/v1/jobs/x"),
        ("DELETE", "/v1/jobs/x"),
        ("GET", "/v1/jobs/x/results"),
    ],
)
def test_the_anonymous_caller_is_refused(api: TestClient, method: str, path: str) -> None:
    assert api.request(method, path, json=EXAMPLE).status_code == 401


def test_rejected_rows_wait_with_their_reasons_and_only_their_operator_sees_them(api: TestClient, keys: Keys) -> None:
    body = send(api, keys.post)
    assert (body["n_rows"], body["n_scored"], body["n_rejected"]) == (4, 2, 2)
    rows = held(api, keys.post)
    assert [(row["line"], row["source"], [one["code"] for one in row["reasons"]]) for row in rows] == [
        (3, "csv", ["malformed"]),
        (4, "csv", ["placeholder"]),
    ]
    assert rows[0]["text"] == "#P-2,1.5,Xaver Unverwechselbar,DE"
    assert held(api, keys.courier) == []
    assert api.get("/v1/quarantine", headers=bearer(keys.officer)).status_code == 403


def test_a_mended_row_is_lodged_once_and_leaves(api: TestClient, keys: Keys) -> None:
    send(api, keys.post)
    where = f"/v1/quarantine/{held(api, keys.post)[0]['held_id']}"
    mended = {"parcel_id": "P-2", "gross_weight_g": 1500}
    assert api.post(where, json=mended, headers=bearer(keys.courier)).status_code == 404
    still_bad = api.post(where, json={**mended, "parcel_id": "#P-2"}, headers=bearer(keys.post))
    assert (still_bad.status_code, still_bad.json()["errors"][0]["code"]) == (422, "malformed")
    assert api.post(where, json=mended, headers=bearer(keys.post)).json()["status"] == "scored"
    assert api.post(where, json=mended, headers=bearer(keys.post)).status_code == 409
    assert [row["line"] for row in held(api, keys.post)] == [4]


def test_a_row_that_is_given_up_leaves(api: TestClient, keys: Keys) -> None:
    send(api, keys.post)
    where = f"/v1/quarantine/{held(api, keys.post)[1]['held_id']}"
    assert api.delete(where, headers=bearer(keys.courier)).status_code == 404
    assert api.delete(where, headers=bearer(keys.post)).status_code == 204
    assert api.delete(where, headers=bearer(keys.post)).status_code == 409
    assert len(held(api, keys.post)) == 1


def test_rows_of_the_api_wait_as_well(api: TestClient, keys: Keys) -> None:
    api.post("/v1/manifests", json={"parcels": [{"gross_weight_g": -5}]}, headers=bearer(keys.post))
    (row,) = held(api, keys.post)
    assert row["source"] == "api"
    assert row["text"] == '{"gross_weight_g": -5}'


DOUBTFUL = {
    **EXAMPLE,
    "parcel_id": "P-7",
    "gross_weight_g": 0,
    "sender_country": "UK",
    "recipient_name": "Xaver Unverwechselbar " * 9,
    "recipient_phone": "n/a",
    "pieces": [{"description": "coffee", "hs_code": "9012100", "value_cents": 1250, "currency": "USD"}],
}


def test_a_doubtful_parcel_is_scored_told_and_kept_as_sent_but_counted_as_no_rejected_row(
    api: TestClient, keys: Keys
) -> None:
    response = api.post("/v1/parcels", json=DOUBTFUL, headers=bearer(keys.post))
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "scored"
    assert {(one["field"], one["code"]) for one in answer["doubts"]} == {
        ("gross_weight_g", "range"),
        ("sender_country", "value_changed"),
        ("recipient_name", "text_cut"),
        ("recipient_phone", "placeholder"),
        ("piece_1.hs_code", "hs_zero_restored"),
    }
    flags = {"value_dropped", "value_changed", "text_cut", "placeholder", "hs_zero_restored", "weight_missing"}
    assert flags <= set(answer["quality_flags"])
    assert "Unverwechselbar" not in response.text
    assert held(api, keys.post) == []
    assert shares(api, keys.post, "accepted") == {"THBKKX > DEFRAX": (1, 1)}
    (kept,) = api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"]
    assert (kept["state"], kept["source"], len(kept["reasons"])) == ("doubtful", "api", 5)
    assert "Xaver Unverwechselbar" in kept["text"]
    again = api.post("/v1/parcels", json=DOUBTFUL, headers=bearer(keys.post)).json()
    assert (again["status"], len(again["doubts"])) == ("repeated", 5)
    assert len(api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"]) == 1
    assert api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.courier)).json()["rows"] == []


def test_a_doubtful_row_of_a_file_is_answered_with_its_doubts_by_line(api: TestClient, keys: Keys) -> None:
    data = b"parcel_id,weight_kg,recipient_country\nP-1,1.5,DE\nP-2,heavy,Germany\nP-3,0,ZZ\n"
    body = send(api, keys.post, data)
    assert (body["n_scored"], body["n_rejected"]) == (3, 0)
    assert [[(one["line"], one["field"]) for one in result["doubts"]] for result in body["results"]] == [
        [],
        [(3, "gross_weight_g"), (3, "recipient_country")],
        [(4, "gross_weight_g"), (4, "recipient_country")],
    ]
    kept = api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"]
    assert [row["text"] for row in kept] == ["P-2,heavy,Germany", "P-3,0,ZZ"]


def test_a_doubtful_row_leaves_once_it_is_corrected(api: TestClient, keys: Keys) -> None:
    api.post("/v1/parcels", json=DOUBTFUL, headers=bearer(keys.post))
    (kept,) = api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"]
    corrected = {**DOUBTFUL, "gross_weight_g": 340}
    answer = api.post(f"/v1/quarantine/{kept['held_id']}", json=corrected, headers=bearer(keys.post)).json()
    assert (answer["status"], len(answer["doubts"])) == ("amended", 4)
    assert api.get("/v1/quarantine?state=doubtful", headers=bearer(keys.post)).json()["rows"] == []


def test_the_quarantine_is_read_page_by_page(api: TestClient, keys: Keys) -> None:
    send(api, keys.post)
    first = api.get("/v1/quarantine?limit=1", headers=bearer(keys.post)).json()
    second = api.get(f"/v1/quarantine?limit=1&after={first['next_after']}", headers=bearer(keys.post)).json()
    assert [row["line"] for page in (first, second) for row in page["rows"]] == [3, 4]


def test_the_quarantine_is_encrypted(api: TestClient, keys: Keys, settings: Settings) -> None:
    send(api, keys.post)
    api.__exit__(None, None, None)
    for path in settings.home.glob("parcel-risk.db*"):
        assert b"Unverwechselbar" not in path.read_bytes()


def shares(api: TestClient, key: str, measure: str) -> dict[str, tuple[int, int]]:
    body = api.get("/v1/quality", headers=bearer(key)).json()
    return {row["lane"]: (row["n"], row["n_of"]) for row in body["rows"] if row["measure"] == measure}


def test_quality_is_counted_by_lane(api: TestClient, keys: Keys, clock: Clock) -> None:
    good = {**EXAMPLE, "parcel_id": "Q-1", "due_at": clock.at.isoformat()}
    good["pieces"] = [{**EXAMPLE["pieces"][0], "hs_code": "620342"}]
    late = {**EXAMPLE, "parcel_id": "Q-2", "due_at": "2026-01-01T00:00:00Z", "recipient_street": None}
    other = {**EXAMPLE, "parcel_id": "Q-3", "origin_office": "CNSHAA", "pieces": None, "measured_weight_g": 200}
    bad = {"gross_weight_g": 10}
    api.post("/v1/manifests", json={"parcels": [good, late, other, bad, good]}, headers=bearer(keys.post))
    thai, chinese = "THBKKX > DEFRAX", "CNSHAA > DEFRAX"
    assert shares(api, keys.post, "accepted") == {"": (0, 1), thai: (2, 2), chinese: (1, 1)}
    assert shares(api, keys.post, "on_time") == {thai: (1, 2)}
    assert shares(api, keys.post, "recipient_complete") == {thai: (1, 2), chinese: (1, 1)}
    assert shares(api, keys.post, "hs_present") == {thai: (1, 2), chinese: (0, 1)}
    assert shares(api, keys.post, "hs_plausible") == {thai: (1, 1)}
    assert shares(api, keys.post, "weight_agrees") == {thai: (2, 2), chinese: (0, 1)}
    assert shares(api, keys.courier, "accepted") == {}
    assert shares(api, keys.officer, "on_time") == {thai: (1, 2)}
    clock.pass_by(days=31)
    assert shares(api, keys.post, "accepted") == {}


def test_a_manifest_is_on_time_when_it_comes_before_the_parcel(api: TestClient, keys: Keys, clock: Clock) -> None:
    due = [(clock.at + timedelta(hours=hours)).isoformat() for hours in (-5, 3, 4)]
    items = [{**EXAMPLE, "parcel_id": f"Q-{number}", "due_at": at} for number, at in enumerate(due)]
    api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post))
    assert shares(api, keys.post, "on_time") == {"THBKKX > DEFRAX": (2, 3)}


def test_the_report_is_a_table_and_a_page(api: TestClient, keys: Keys) -> None:
    evil = {**EXAMPLE, "parcel_id": "Q-1", "origin_office": "=cmd|' /C calc'!A0"}
    api.post("/v1/parcels", json=evil, headers=bearer(keys.post))
    response = api.get("/v1/quality?format=csv", headers=bearer(keys.post))
    assert response.headers["content-type"].startswith("text/csv")
    table = pl.read_csv(response.content)
    assert table["lane"].unique().to_list() == ["'=cmd|' /C calc'!A0 > DEFRAX"]
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station/quality")
    assert "accepted" in page.text
    assert "calc&#39;!A0" in page.text
    assert api.get("/v1/quality?format=pdf", headers=bearer(keys.post)).status_code == 422


def test_officers_read_the_page_at_the_station(api: TestClient, keys: Keys) -> None:
    assert api.get("/station/quality", follow_redirects=False).status_code == 303
    api.post("/station/login", data={"key": keys.officer})
    assert "Nothing was lodged in these days." in api.get("/station/quality").text
