"""Items that nobody declared: they live like parcels, and a later declaration is the same parcel."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.history import ENTITIES, Engine
from features.history.ledger import ledger
from features.parcel.problems import StoreError
from features.parcel.undeclared import UNDECLARED
from features.replay import joined, replay
from parcel_risk.demo import EXAMPLE
from serving.office.office import Office
from serving.store import Client, Role
from serving.store.clients import add_client
from serving.store.scores import all_scores
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, log_of, record
from tests.serving.office.test_stages import outcomes, stage
from training.data.labels import labelled_parcels

LABEL = {
    "parcel_id": NUMBER,
    "direction": "import",
    "dispatch_country": EXAMPLE["dispatch_country"],
    "origin_office": EXAMPLE["origin_office"],
    "stream": "letter",
    "weight_g": 338,
    "sender": "; ".join(EXAMPLE[f"sender_{name}"] for name in ("name", "street") if EXAMPLE.get(f"sender_{name}")),
}


def enter(api: TestClient, keys: Keys, **label: Any) -> dict[str, Any]:
    response = api.post("/v1/observed", json={"items": [label]}, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return dict(response.json()["results"][0])


def test_only_officers_enter_items(api: TestClient, keys: Keys) -> None:
    assert api.post("/v1/observed", json={"items": [LABEL]}).status_code == 401
    assert api.post("/v1/observed", json={"items": [LABEL]}, headers=bearer(keys.post)).status_code == 403


def test_an_item_is_checked_by_hand_and_no_model_assesses_it(api: TestClient, keys: Keys) -> None:
    answer = enter(api, keys, **LABEL)
    assert (answer["status"], answer["referral"], answer["cause"]) == ("scored", "manual_check", "rule")
    assert (answer["probability"], answer["bundle"], answer["degraded"]) == (None, None, "label alone")
    assert enter(api, keys, **LABEL)["status"] == "repeated"
    assert enter(api, keys, **{**LABEL, "weight_g": 20})["status"] == "amended"


def test_an_item_without_a_number_gets_one_and_a_label(api: TestClient, keys: Keys) -> None:
    first, second = enter(api, keys, stream="letter"), enter(api, keys, stream="letter")
    assert first["is_issued"]
    assert first["parcel_id"] != second["parcel_id"]
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station/label", params={"number": first["parcel_id"]}).text
    assert page.count("<rect") > 60
    assert first["parcel_id"] in page
    scanned = api.get("/station", params={"parcel": f"*{first['parcel_id'].lower()}*"}).text
    assert "nobody declared it" in scanned
    assert "Answered by the label alone. Check by hand." in scanned


def test_finds_and_stages_of_undeclared_items_are_recorded_and_count_in_history(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    assert record(api, keys, "found")["code"] == "unknown_parcel"
    enter(api, keys, **LABEL)
    assert record(api, keys, "found", method="opened")["status"] == "recorded"
    enter(api, keys, **{**LABEL, "parcel_id": "EE473124832TH"})
    log = log_of(app)
    sender = next(entity for entity in ENTITIES if entity.name == "sender")
    key = log["sender_key"][0]
    numbers = ledger(log, sender, key, log["known_at"][-1]).numbers
    assert (numbers["n"], numbers["inspected"], numbers["found"]) == (2, 1, 1)
    assert log["operator_key"].null_count() == log.height


def test_what_was_inspected_undeclared_is_no_example_for_the_model(api: TestClient, app: FastAPI, keys: Keys) -> None:
    enter(api, keys, **LABEL)
    record(api, keys, "found", method="opened")
    assert labelled_parcels(log_of(app)).height == 0
    assert labelled_parcels(log_of(app), with_undeclared=True)["label"].to_list() == [1]
    lodge(api, keys)
    assert labelled_parcels(log_of(app)).height == 0


def test_a_later_declaration_is_joined_and_counts_once(api: TestClient, app: FastAPI, keys: Keys, clock: Clock) -> None:
    enter(api, keys, **LABEL)
    stage(api, keys, "xray", "found")
    clock.pass_by(hours=2)
    answer = lodge(api, keys)
    assert (answer["status"], answer["operator"], answer["n_other_claims"]) == ("scored", "post-a", 0)
    assert answer["referral"] == "manual_check"
    assert answer["probability"] is not None
    assert stage(api, keys, "opened", "found")["operator"] == "post-a"
    assert outcomes(app) == [("found", "opened")]
    log = log_of(app)
    lane = next(entity for entity in ENTITIES if entity.name == "lane")
    assert log.filter(pl.col("kind") == "parcel")["operator"].to_list() == [UNDECLARED, "post-a"]
    last = log.filter(pl.col("operator") == "post-a").row(0, named=True)
    numbers = ledger(log, lane, last["lane_key"], last["known_at"]).numbers
    assert numbers["n"] == 1
    assert labelled_parcels(log).select("operator", "label").rows() == [("post-a", 1)]
    found = api.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys.officer)).json()
    assert (len(found["answers"]), found["n_parcels"]) == (1, 1)


def test_a_find_of_before_stays_with_the_joined_parcel(api: TestClient, app: FastAPI, keys: Keys, clock: Clock) -> None:
    enter(api, keys, **LABEL)
    record(api, keys, "found", method="opened")
    clock.pass_by(hours=2)
    lodge(api, keys)
    assert record(api, keys, "found", method="opened")["status"] == "repeated"
    assert record(api, keys, "nothing_found")["code"] == "outcome_known"
    lodge(api, keys, gross_weight_g=120)
    assert record(api, keys, "nothing_found")["code"] == "outcome_known"


def test_a_declaration_of_something_else_is_not_joined(api: TestClient, app: FastAPI, keys: Keys) -> None:
    parties = {"sender": "Quite Another Shop; Other Road 9", "recipient": "Carla Beispiel; Far Away 1"}
    enter(api, keys, **{**LABEL, **parties, "recipient_postcode": "80331", "recipient_country": "DE"})
    lodge(api, keys)
    log = log_of(app)
    assert log["kind"].to_list() == ["parcel", "parcel"]
    assert record(api, keys, "found")["code"] == "unknown_parcel"
    assert record(api, keys, "found", operator=UNDECLARED)["status"] == "recorded"


def test_a_declared_parcel_is_no_undeclared_item(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    refused = enter(api, keys, **LABEL)
    assert (refused["status"], refused["code"]) == ("rejected", "declared")


def test_replay_gives_what_was_served_of_declared_and_undeclared_alike(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    enter(api, keys, **LABEL)
    record(api, keys, "found", method="opened")
    clock.pass_by(hours=2)
    lodge(api, keys)
    enter(api, keys, stream="letter", weight_g=12)
    office: Office = app.state.office
    log, engine = log_of(app), Engine()
    rows = joined(replay(log, engine))
    assert office.writer.digest() == engine.digest()
    with office.store.begin_read() as connection:
        stored = all_scores(connection)
    for seq, values in zip(rows.seq.tolist(), rows.values, strict=True):
        if stored[seq].bundle_id is None:
            assert stored[seq].features is not None
            assert stored[seq].features.tobytes() == values.tobytes()
    assert sorted(one.bundle_id is None for one in stored.values()) == [False, True, True]


def test_no_client_may_be_called_like_nobody(app: FastAPI, api: TestClient) -> None:
    office: Office = app.state.office
    with office.writer.transaction() as transaction, pytest.raises(StoreError, match="no operator may be called"):
        add_client(transaction.connection, Client(client_id="x", role=Role.OPERATOR, operator=UNDECLARED), at_us=0)


def test_the_station_enters_an_item_from_an_unknown_scan(api: TestClient, keys: Keys) -> None:
    assert api.get("/station/observed", follow_redirects=False).headers["location"] == "/station/login"
    assert api.get("/station/label", follow_redirects=False).headers["location"] == "/station/login"
    api.post("/station/login", data={"key": keys.officer})
    assert f"/station/observed?number={NUMBER}" in api.get(f"/station?parcel={NUMBER}").text
    page = api.post("/station/observed", data={"parcel_id": NUMBER, "stream": "letter", "weight_g": "18"})
    assert "Check this parcel by hand" in page.text
    assert "nobody declared it" in page.text
    issued = api.post("/station/observed", data={"stream": "letter"})
    assert "Print this page" in issued.text
    assert "the form does not offer this value." in api.post("/station/observed", data={"stream": "pigeon"}).text
    assert "the number is out of range." in api.post("/station/observed", data={"weight_g": "0"}).text
