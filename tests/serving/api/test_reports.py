"""An item that its operator reports comes first in the queue, under a cause that is no part of the policy."""

from __future__ import annotations

import pytest

from policy import Cause, Condition, Referral
from serving.office.queue import queue
from serving.store import log as event_log
from serving.store.scores import scores_of
from tests.serving.api.conftest import Bare
from tests.serving.api.test_parcels import EXAMPLE


def lodge(bare: Bare, number: str, **changes: object) -> dict[str, object]:
    answer = bare.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number, **changes}, headers=bare.post)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def reported(bare: Bare, number: str, condition: str, **headers: str) -> tuple[int, str]:
    body = {"parcel_id": number, "condition": condition}
    answer = bare.http.post("/v1/reports", json=body, headers=bare.post | headers)
    return answer.status_code, answer.json().get("status") if answer.status_code == 200 else answer.json()["title"]


def looked_up(bare: Bare, number: str) -> dict[str, object]:
    return dict(bare.http.get(f"/v1/parcels/{number}", headers=bare.supervisor).json()["answers"][0])


@pytest.fixture(scope="module", autouse=True)
def _lodged(bare: Bare) -> None:
    for number in ("RP-1", "RP-2", "RP-3"):
        lodge(bare, number)


def test_a_leaking_item_is_held_and_comes_first_with_the_propensity_of_the_policy(bare: Bare) -> None:
    before = looked_up(bare, "RP-1")
    assert reported(bare, "RP-1", "leaking") == (200, "recorded")
    after = looked_up(bare, "RP-1")
    assert (after["referral"], after["cause"], after["propensity"]) == ("hold", "report", before["propensity"])
    first = queue(bare.app.state.office)[0]
    assert (first.key, first.cause, first.is_reported) == (("post-a", "RP-1"), Cause.REPORT, True)
    lodge(bare, "RP-1", gross_weight_g=901)
    assert (looked_up(bare, "RP-1")["referral"], queue(bare.app.state.office)[0].is_reported) == ("hold", True)


def test_the_same_report_again_changes_nothing_and_another_condition_adds(bare: Bare) -> None:
    assert reported(bare, "RP-2", "undeliverable") == (200, "recorded")
    assert reported(bare, "RP-2", "undeliverable") == (200, "repeated")
    assert looked_up(bare, "RP-2")["referral"] == "xray"
    assert reported(bare, "RP-2", "damaged", **{"Idempotency-Key": "report-2"}) == (200, "recorded")
    assert reported(bare, "RP-2", "damaged", **{"Idempotency-Key": "report-2"}) == (200, "recorded")
    assert looked_up(bare, "RP-2")["referral"] == "open"
    found = bare.http.get("/v1/reports", headers=bare.supervisor).json()["reports"]
    assert [one["condition"] for one in found if one["parcel_id"] == "RP-2"] == ["damaged", "undeliverable"]


def test_nobody_reports_what_is_not_his_and_what_was_inspected_is_only_noted(bare: Bare) -> None:
    body = {"parcel_id": "RP-3", "condition": "damaged"}
    assert bare.http.post("/v1/reports", json=body).status_code == 401
    assert bare.http.post("/v1/reports", json=body, headers=bare.courier).status_code == 404
    assert bare.http.post("/v1/reports", json=body, headers=bare.supervisor).status_code == 403
    assert bare.http.get("/v1/reports", headers=bare.post).status_code == 403
    outcome = {"parcel_id": "RP-3", "operator": "post-a", "result": "nothing_found"}
    assert bare.http.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=bare.supervisor).status_code == 200
    office = bare.app.state.office
    n = office.writer.last_seq
    assert reported(bare, "RP-3", "damaged") == (200, "recorded")
    assert office.writer.last_seq == n


def test_an_outcome_behind_a_report_stands_for_no_other_parcel(bare: Bare) -> None:
    outcome = {"parcel_id": "RP-1", "operator": "post-a", "result": "found", "finding_class": "synthetic"}
    office = bare.app.state.office
    assert bare.http.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=bare.supervisor).status_code == 200
    with office.store.begin_read() as connection:
        (event,) = event_log.events_at(connection, [office.writer.last_seq])
        assert scores_of(connection, [event["subject_seq"]])
    assert (event["cause"], event["propensity"]) == ("report", None)


def test_each_condition_asks_for_something_that_a_person_does() -> None:
    assert {one: one.asks for one in Condition} == {
        Condition.LEAKING: Referral.HOLD,
        Condition.DAMAGED: Referral.OPEN,
        Condition.UNDELIVERABLE: Referral.XRAY,
    }
    assert all(one.asks.asks_inspection for one in Condition)
