"""Lists by the API: made by an analyst, approved by a supervisor, and met by the next parcel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

CSV = "name,street,number,postcode,city,country\n" + ",".join(
    str(EXAMPLE.get(f"sender_{part}", "")) for part in ("name", "street", "number", "postcode", "city", "country")
)
TERMS = {
    "name": "sanctions",
    "kind": "mandatory",
    "fields": ["sender"],
    "owner": "intelligence unit",
    "legal_basis": "Customs Code, article 46",
    "reason": "court order 7",
    "source": "court",
    "source_code": "A",
    "information_code": 1,
    "handling": "H3",
    "review_on": "2100-01-01",
}


class Desk:
    """The service, and the keys of those who call it."""

    def __init__(self, api: TestClient, keys: dict[str, str]) -> None:
        self.api, self.keys = api, keys

    def send(self, who: str, method: str, path: str, body: Any = None, **params: str) -> tuple[int, Any]:
        headers = bearer(self.keys[who]) if who else {}
        answer = self.api.request(method, f"/v1{path}", json=body, headers=headers, params=params)
        is_json = "json" in answer.headers["content-type"]
        return answer.status_code, answer.json() if is_json else answer.text


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = bare_settings(tmp_path_factory.mktemp("lists"))
    roles = {"ana": Role.ANALYST, "sue": Role.SUPERVISOR, "olaf": Role.OFFICER}
    keys = {name: client_key(settings, name, None, role) for name, role in roles.items()}
    keys["post"] = client_key(settings, "post", "post-a")
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as api:
        yield Desk(api, keys)


def test_who_may_do_what(desk: Desk) -> None:
    assert desk.send("", "GET", "/lists")[0] == 401
    assert desk.send("post", "GET", "/lists")[0] == 403
    assert desk.send("olaf", "GET", "/lists") == (200, {"lists": []})
    assert desk.send("olaf", "POST", "/lists", {"terms": TERMS, "csv": CSV})[0] == 403
    assert desk.send("ana", "POST", "/lists/sanctions/approved")[0] == 403
    assert desk.send("ana", "GET", "/lists/unknown")[0] == 404


def test_a_list_from_draft_to_hit_to_export_to_its_end(desk: Desk) -> None:
    status, made = desk.send("ana", "POST", "/lists", {"terms": TERMS, "csv": CSV})
    assert (status, made["state"], made["n_entries"], made["terms"]["asks"]) == (200, "draft", 1, "open")
    assert desk.send("ana", "POST", "/lists", {"terms": TERMS, "csv": CSV})[0] == 422
    status, live = desk.send("sue", "POST", "/lists/sanctions/approved")
    assert (status, live["state"], live["approved_by"]) == (200, "live", "sue")
    assert desk.send("sue", "POST", "/lists/sanctions/approved")[0] == 409
    status, answer = desk.send("post", "POST", "/parcels", EXAMPLE)
    assert (answer["referral"], answer["cause"]) == ("open", "list")
    assert "sanctions" not in str(answer)
    asked = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}
    assert desk.send("sue", "POST", "/whatif", asked)[0] == 422, "no parcel became known in that month"
    asked = {"since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    status, would = desk.send("sue", "POST", "/whatif", asked)
    assert (status, [(one["name"], one["n_hits"]) for one in would["sources"]]) == (200, [("list:sanctions", 1)])
    assert (would["surely"]["n"], would["was"]["n"]) == (1, 1)
    assert desk.send("sue", "POST", "/whatif", asked | {"without": ["sanctions"]})[1]["sources"] == []
    assert desk.send("sue", "POST", "/whatif", asked | {"without": ["sanction"]})[0] == 422
    (day,) = desk.send("olaf", "GET", "/lists/sanctions")[1]["days"]
    assert (day["n_looked_up"], day["n_hit"]) == (1, 1)
    assert dt.date.fromisoformat(day["day"]) == Clock().at.date()
    assert desk.send("ana", "GET", "/lists/sanctions/entries")[0] == 409
    status, text = desk.send("ana", "GET", "/lists/sanctions/entries", permission="court, letter 3")
    assert text.splitlines()[0].startswith("field,name,street")
    assert desk.send("ana", "PUT", "/lists/sanctions/entries", {"csv": text})[1]["version"] == 2
    assert desk.send("sue", "POST", "/lists/sanctions/retired") == (200, {"status": "retired"})
    assert desk.send("olaf", "GET", "/lists/sanctions")[0] == 404


def test_every_fault_of_terms_and_entries_is_named_and_nothing_is_repeated(desk: Desk) -> None:
    faulty = {**TERMS, "name": "faulty", "source_code": "Q"}
    status, problem = desk.send("ana", "POST", "/lists", {"terms": faulty, "csv": CSV})
    assert (status, [error["field"] for error in problem["errors"]]) == (422, ["source_code"])
    text = f"{CSV}\nSecret Name,,,,,Atlantis\n"
    status, problem = desk.send("ana", "POST", "/lists", {"terms": {**TERMS, "name": "faulty"}, "csv": text})
    assert (status, [(error["line"], error["field"]) for error in problem["errors"]]) == (422, [(3, "country")])
    assert "Secret" not in str(problem)
    assert desk.send("ana", "GET", "/lists/faulty")[0] == 404


def test_a_finding_becomes_a_list(desk: Desk) -> None:
    desk.send("post", "POST", "/parcels", EXAMPLE)
    fields = {"fields": ["address", "look-alike"], "expires_on": "2100-01-01"}
    body = {"terms": {**TERMS, "name": "finding", "kind": "watch", **fields}, "parcel_ids": [EXAMPLE["parcel_id"]]}
    assert desk.send("ana", "POST", "/lists/from-parcels", body)[0] == 422
    outcome = {"parcel_id": EXAMPLE["parcel_id"], "result": "found", "method": "opened"}
    assert desk.send("olaf", "POST", "/outcomes", {"outcomes": [outcome]})[0] == 200
    status, made = desk.send("ana", "POST", "/lists/from-parcels", body)
    assert (status, made["state"], made["n_entries"]) == (200, "draft", 2)
    assert desk.send("ana", "POST", "/lists/from-parcels", {**body, "parcel_ids": ["x" * 300]})[0] == 422
