"""Outcomes: one per parcel whatever its version, corrected only where a person says why."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.office.office import Office
from serving.store import log as event_log
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from training.data.labels import labelled_parcels

NUMBER = EXAMPLE["parcel_id"]


def lodge(api: TestClient, keys: Keys, **changes: Any) -> dict[str, Any]:
    return dict(api.post("/v1/parcels", json={**EXAMPLE, **changes}, headers=bearer(keys.post)).json())


def record(api: TestClient, keys: Keys, result: str, **more: Any) -> dict[str, Any]:
    body = {"outcomes": [{"parcel_id": NUMBER, "result": result, **more}]}
    response = api.post("/v1/outcomes", json=body, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return dict(response.json()["results"][0])


def log_of(app: FastAPI) -> pl.DataFrame:
    office: Office = app.state.office
    with office.store.begin_read() as connection:
        return event_log.read(connection)


def test_a_contradiction_is_refused_and_says_how_to_correct(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    assert record(api, keys, "found")["status"] == "recorded"
    assert record(api, keys, "found")["status"] == "repeated"
    refused = record(api, keys, "nothing_found")
    assert (refused["status"], refused["code"]) == ("rejected", "outcome_known")
    assert "correction_reason" in refused["remedy"]


def test_a_correction_replaces_the_outcome_and_keeps_the_one_before_in_the_log(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    record(api, keys, "found")
    clock.pass_by(days=2)
    corrected = record(api, keys, "nothing_found", correction_reason="laboratory")
    assert (corrected["status"], corrected["result"]) == ("corrected", "nothing_found")
    log = log_of(app)
    assert log["kind"].to_list() == ["parcel", "stage", "outcome", "retraction", "stage", "outcome"]
    assert labelled_parcels(log)["label"].to_list() == [0]
    assert record(api, keys, "nothing_found")["status"] == "repeated"


def test_an_unknown_reason_corrects_nothing(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    record(api, keys, "found")
    answer = record(api, keys, "nothing_found", correction_reason="because")
    assert (answer["status"], answer["field"]) == ("rejected", "correction_reason")
    assert record(api, keys, "found")["status"] == "repeated"


def test_a_parcel_that_was_not_presented_may_be_inspected_later(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    assert record(api, keys, "not_presented")["status"] == "recorded"
    assert record(api, keys, "found")["status"] == "recorded"
    assert record(api, keys, "not_presented")["status"] == "rejected"
    assert labelled_parcels(log_of(app))["label"].to_list() == [1]


@pytest.mark.parametrize("result", ["found", "nothing_found"])
def test_an_amendment_after_the_outcome_keeps_one_parcel_with_one_outcome(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock, result: str
) -> None:
    lodge(api, keys)
    record(api, keys, result)
    clock.pass_by(hours=3)
    amended = lodge(api, keys, recipient_number="99")
    assert amended["status"] == "amended"
    other = "nothing_found" if result == "found" else "found"
    assert record(api, keys, other)["status"] == "rejected"
    assert record(api, keys, result)["status"] == "repeated"
    labelled = labelled_parcels(log_of(app))
    assert labelled["label"].to_list() == [int(result == "found")]
    known_at = log_of(app).filter(pl.col("kind") == "outcome")["known_at"][0]
    assert labelled["label_known_at_us"][0] == known_at.timestamp() * 1e6


def test_the_outcome_stays_in_history_after_an_amendment(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    record(api, keys, "found")
    lodge(api, keys, gross_weight_g=120)
    other = lodge(api, keys, parcel_id="EE473124832TH")
    office: Office = app.state.office
    with office.store.begin_read() as connection:
        log = event_log.read(connection)
    assert log.filter(pl.col("kind") == "outcome").height == 2
    assert other["probability"] > lodge(api, keys, parcel_id="EE473124846TH", sender_name="Nobody Known")["probability"]
