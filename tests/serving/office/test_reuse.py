"""A number that is used again for another parcel; parcels that are cancelled and come back under another number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.event_rows import parcel_row
from features.identity import derived_row
from features.log import OUTCOME, PARCEL, RETRACTION
from features.parcel.checking import checked_row
from features.parcel.life_flags import LIKE_CANCELLED, NUMBER_REUSED
from features.sources import Batch
from features.sources.consignments import consignments
from features.sources.reading import checked
from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.intake.submissions import accept
from serving.office.matching import SHED_WINDOW
from serving.office.reuse import is_another_parcel, looks_alike
from serving.office.waiting import WAIT
from serving.settings import Settings
from serving.store import Client, Role
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_versioning import NUMBER, assert_replays, events, lodge, log_of, look, office_of

ELSEWHERE = {
    "sender_name": "Maria Keramik",
    "sender_street": "Rua Nova",
    "sender_city": "Porto",
    "sender_postcode": "4000",
    "sender_phone": None,
    "sender_email": None,
    "sender_account": None,
    "sender_tax_id": None,
    "recipient_name": "Jonas Beispiel",
    "recipient_street": "Hauptallee",
    "recipient_number": "5",
    "recipient_city": "Wien",
    "recipient_postcode": "1020",
    "recipient_phone": None,
    "recipient_email": None,
    "recipient_account": None,
    "recipient_tax_id": None,
}
OTHER_GOODS = {
    "pieces": [
        {"description": "ceramic vase", "hs_code": "691310", "quantity": 1, "value_cents": 4000, "currency": "EUR"}
    ],
    "gross_weight_g": 5200,
}
ONE = dict.fromkeys(
    ("sender_key", "contact_key", "recipient_key", "address_key", "commodity_key", "wording_key"), 1
) | {"gross_weight_g": 1000}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"sender_key": 2, "contact_key": 2}, False),
        ({"sender_key": 2, "contact_key": 2, "recipient_key": 2, "address_key": 2}, True),
        ({"sender_key": 2, "recipient_key": 2, "address_key": 2}, False),  # the same phone: a name that was corrected
        ({"sender_key": 2, "contact_key": None, "recipient_key": 2, "address_key": None}, True),
        ({"sender_key": None, "contact_key": None, "recipient_key": 2, "address_key": 2}, False),
        ({"commodity_key": 2, "wording_key": 2}, False),
        ({"gross_weight_g": 3000}, False),
        ({"commodity_key": 2, "wording_key": 2, "gross_weight_g": 3000}, True),
        ({"commodity_key": 2, "wording_key": 2, "gross_weight_g": 1150}, False),
        ({"commodity_key": 2, "wording_key": 1, "gross_weight_g": 3000}, False),
        ({"commodity_key": 2, "wording_key": 2, "gross_weight_g": None}, False),
    ],
)
def test_both_parties_or_goods_and_weight_make_another_parcel(changes: dict[str, Any], expected: bool) -> None:
    assert is_another_parcel(ONE, ONE | changes) is expected
    assert is_another_parcel(ONE | changes, ONE) is expected


OTHERS = {"sender_key": 2, "contact_key": 2, "recipient_key": 2, "address_key": 2}


def test_a_name_that_is_written_otherwise_is_no_other_party() -> None:
    known = ONE | {"sender_loose_key": 1, "recipient_loose_key": 1}
    assert not is_another_parcel(known, known | OTHERS)
    assert is_another_parcel(known, known | OTHERS | {"sender_loose_key": 2, "recipient_loose_key": 2})


def test_parties_are_not_compared_by_keys_of_two_derivations() -> None:
    assert not is_another_parcel(ONE, ONE | OTHERS | {"sender_name_key": 1, "recipient_name_key": 1})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"sender_key": 2, "contact_key": 2}, True),
        ({"sender_key": 2, "contact_key": 2, "recipient_key": 2, "address_key": 2}, False),
        ({"commodity_key": 2, "wording_key": 2}, True),
        ({"gross_weight_g": 3000}, False),
        ({"gross_weight_g": None}, True),
        ({"commodity_key": None, "wording_key": None, "sender_key": None, "contact_key": None}, False),
    ],
)
def test_two_of_sender_recipient_and_goods_make_it_look_alike(changes: dict[str, Any], expected: bool) -> None:
    assert looks_alike(ONE, ONE | changes) is expected


def record(api: TestClient, keys: Keys, result: str) -> dict[str, Any]:
    body = {"outcomes": [{"parcel_id": NUMBER, "result": result}]}
    return dict(api.post("/v1/outcomes", json=body, headers=bearer(keys.officer)).json())


@pytest.mark.parametrize("changes", [ELSEWHERE, OTHER_GOODS, ELSEWHERE | OTHER_GOODS | {"version": 1}])
def test_a_number_used_again_is_a_new_parcel_with_an_outcome_of_its_own(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock, changes: dict[str, Any]
) -> None:
    lodge(api, keys.post)
    record(api, keys, "nothing_found")
    clock.pass_by(hours=5)
    again = lodge(api, keys.post, **changes)
    assert (again["status"], NUMBER_REUSED in again["quality_flags"]) == ("scored", True)
    assert [kind for kind, _ in events(app)].count(RETRACTION) == 0
    assert record(api, keys, "found")["results"][0]["status"] == "recorded"
    assert len(look(api, keys.post)["answers"]) == 2
    outcomes = log_of(app).filter(pl.col("kind") == OUTCOME)
    assert outcomes["result"].to_list() == ["nothing_found", "found"]


def test_what_is_said_again_of_either_parcel_is_about_that_one(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys.post)
    lodge(api, keys.post, **ELSEWHERE)
    assert lodge(api, keys.post)["status"] == "repeated"
    assert lodge(api, keys.post, **ELSEWHERE)["status"] == "repeated"
    assert lodge(api, keys.post, category="sample")["status"] == "amended"
    assert lodge(api, keys.post, **ELSEWHERE, category="sample")["status"] == "amended"
    assert [kind for kind, _ in events(app)].count(PARCEL) == 4
    assert len(look(api, keys.post)["answers"]) == 2


def test_the_log_with_numbers_used_again_replays_to_the_rows_that_were_served(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    items = [EXAMPLE, {**EXAMPLE, **ELSEWHERE}, {**EXAMPLE, **OTHER_GOODS}, {**EXAMPLE, "category": "sample"}]
    body = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()
    assert [one["status"] for one in body["results"]] == ["scored", "scored", "scored", "amended"]
    assert_replays(app)


def test_a_correction_of_one_party_is_an_amendment_also_after_an_outcome(api: TestClient, keys: Keys) -> None:
    lodge(api, keys.post)
    record(api, keys, "nothing_found")
    again = lodge(api, keys.post, recipient_name="J. Bspl", gross_weight_g=1800)
    assert (again["status"], NUMBER_REUSED in again["quality_flags"]) == ("amended", False)


def test_a_lower_version_of_another_parcel_is_scored(api: TestClient, keys: Keys) -> None:
    lodge(api, keys.post, version=4)
    assert lodge(api, keys.post, version=1, **ELSEWHERE)["status"] == "scored"


def opening(settings: Settings, clock: Clock, share: float) -> TestClient:
    """A service whose line opens every parcel, or none."""
    return TestClient(create_app(settings.model_copy(update={"capacity_share": share}), clock))


def test_a_re_use_keeps_the_referral_that_nobody_has_acted_upon(settings: Settings, keys: Keys, clock: Clock) -> None:
    with opening(settings, clock, 1.0) as api:
        assert lodge(api, keys.post)["referral"] == "open"
    with opening(settings, clock, 0.0) as api:
        assert lodge(api, keys.post, **ELSEWHERE)["referral"] == "open"
        record(api, keys, "nothing_found")
        assert lodge(api, keys.post, **OTHER_GOODS)["referral"] == "release"


@pytest.mark.parametrize(
    ("after", "changes", "expected"),
    [
        (timedelta(hours=1), {"parcel_id": "EE473124830TH"}, "open"),
        (timedelta(hours=1), {}, "open"),
        (timedelta(hours=1), {"parcel_id": "EE473124830TH", "gross_weight_g": 1850}, "open"),
        (timedelta(hours=1), {"parcel_id": "EE473124830TH", "gross_weight_g": 9000}, "release"),
        (timedelta(hours=1), {"parcel_id": "EE473124830TH", **ELSEWHERE}, "release"),
        (SHED_WINDOW + timedelta(hours=1), {"parcel_id": "EE473124830TH"}, "release"),
    ],
)
def test_a_referral_cannot_be_shed_by_cancelling_and_lodging_under_another_number(
    settings: Settings, keys: Keys, clock: Clock, after: timedelta, changes: dict[str, Any], expected: str
) -> None:
    with opening(settings, clock, 1.0) as api:
        first = lodge(api, keys.post)
        assert lodge(api, keys.post, function="cancel")["status"] == "cancelled"
    with opening(settings, clock, 0.0) as api:
        clock.pass_by(hours=after.total_seconds() / 3600)
        again = lodge(api, keys.post, **changes)
        assert again["referral"] == expected
        assert (LIKE_CANCELLED in again["quality_flags"]) == (expected == "open")
        assert again["cause"] == (first["cause"] if expected == "open" else "none")
        assert lodge(api, keys.post, **{**changes, "parcel_id": "RR473124829TH"})["referral"] == "release"


def test_a_referral_is_taken_over_by_the_same_operator_only(settings: Settings, keys: Keys, clock: Clock) -> None:
    with opening(settings, clock, 1.0) as api:
        lodge(api, keys.post)
        lodge(api, keys.post, function="cancel")
    with opening(settings, clock, 0.0) as api:
        assert lodge(api, keys.courier, parcel_id="C-1")["referral"] == "release"


def test_a_cancellation_that_overtakes_its_lodging_waits_for_it(api: TestClient, app: FastAPI, keys: Keys) -> None:
    waiting = lodge(api, keys.post, function="cancel", version=2)
    assert (waiting["status"], waiting["referral"]) == ("waiting", "not_assessed")
    assert lodge(api, keys.courier)["status"] == "scored"
    assert lodge(api, keys.post, version=1)["status"] == "cancelled"
    assert [kind for kind, _ in events(app)] == [PARCEL, PARCEL, RETRACTION]
    assert {one["status"] for one in look(api, keys.post)["answers"]} == {"cancelled"}
    assert lodge(api, keys.post, version=3)["status"] == "scored"


def test_an_older_cancellation_than_the_lodging_changes_nothing(api: TestClient, keys: Keys) -> None:
    lodge(api, keys.post, function="cancel", version=2)
    assert lodge(api, keys.post, version=3)["status"] == "scored"
    assert look(api, keys.post)["answers"][0]["status"] == "scored"


def test_a_cancellation_without_a_parcel_is_shown_for_review_in_the_end(
    api: TestClient, keys: Keys, clock: Clock
) -> None:
    for _ in range(3):  # a message that is repeated is kept once
        assert lodge(api, keys.post, function="cancel")["status"] == "waiting"

    def held() -> list[dict[str, Any]]:
        rows = api.get("/v1/quarantine", headers=bearer(keys.post)).json()["rows"]
        return [reason for row in rows for reason in row["reasons"]]

    assert held() == []
    clock.pass_by(hours=WAIT.total_seconds() / 3600 + 1)
    assert [reason["code"] for reason in held()] == ["waits_for_lodging"]


def test_the_order_in_one_manifest_does_not_matter_to_a_cancellation(api: TestClient, keys: Keys) -> None:
    items = [{"parcel_id": NUMBER, "function": "cancel", "version": 2}, {**EXAMPLE, "version": 1}]
    body = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()
    assert [one["status"] for one in body["results"]] == ["waiting", "cancelled"]
    assert (body["n_waiting"], body["n_rejected"]) == (1, 0)


def test_a_parcel_of_a_backfill_is_scored_when_it_is_lodged(app: FastAPI, api: TestClient, keys: Keys) -> None:
    office = office_of(app)
    validated = checked_row(a_parcel(parcel_id=NUMBER, operator="post-a"), reference=office.reference).row
    assert validated is not None
    row = derived_row(validated, office.secrets.identity, office.reference)
    with office.writer.transaction() as transaction:
        transaction.record([parcel_row(row, office.clock())])
    assert lodge(api, keys.post)["probability"] is not None


def test_a_file_with_rows_of_a_parcel_far_apart_makes_one_parcel(app: FastAPI, api: TestClient, keys: Keys) -> None:
    """The file is cut between them, so that the second part meets a parcel that is in the log."""
    whole, bare = ("JD-1", "Lichtwerk", "Ana Silva"), ("JD-1", None, None)
    given = [
        [(1, *whole, "screwdriver set", 900), (2, "JD-2", "Lichtwerk", "B. Otto", "lamp", 800)],
        [(3, "JD-3", "Lichtwerk", "C. Weiss", "lamp", 800), (4, *whole, "drill bits", None)],
        [(5, *bare, "gloves", None)],
    ]
    names = ("line", "parcel_id", "sender_name", "recipient_name", "pieces", "gross_weight_g")
    rows = [
        [{**dict(zip(names, row, strict=True)), "pieces": [{"description": row[4]}]} for row in part] for part in given
    ]
    batches = (
        Batch(rows=parcel_table(part).with_columns(line=pl.Series([row["line"] for row in part])), n_rows=len(part))
        for part in rows
    )
    client = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
    office = office_of(app)
    statuses = []
    for batch in consignments(batches):
        with office.writer.transaction() as transaction:
            reading = checked(batch, reference=office.reference)
            done = accept(office, transaction, reading, client, "csv")
        statuses += [(line, answer.status) for line, answer in done.answers.items()]
    assert statuses == [(1, "scored"), (2, "scored"), (3, "scored"), (4, "amended")]
    final = log_of(app).filter(pl.col("parcel_id") == "JD-1").sort("seq").to_dicts()[-1]
    assert [piece["description"] for piece in final["pieces"]] == ["screwdriver set", "drill bits", "gloves"]
    assert final["gross_weight_g"] == 900
    assert_replays(app)


def test_items_of_one_manifest_with_one_number_are_pieces_of_one_parcel(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    goods = [
        {"description": name, "value_cents": 900, "currency": "EUR"} for name in ("screwdriver", "drill", "gloves")
    ]
    items = [{**EXAMPLE, "pieces": [one]} for one in goods]
    body = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()
    assert (body["n_scored"], body["n_rejected"], len(body["results"])) == (1, 0, 1)
    (event,) = log_of(app).to_dicts()
    assert [piece["description"] for piece in event["pieces"]] == ["screwdriver", "drill", "gloves"]
    assert lodge(api, keys.post, pieces=goods)["status"] == "repeated"
