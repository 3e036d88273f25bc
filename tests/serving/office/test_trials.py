"""Test parcels: handled like others, measured, and never learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.handling import Sensitivities
from features.history import ENTITIES
from features.history.ledger import ledger
from features.log import OUTCOME
from features.parcel.problems import ParcelRiskError
from parcel_risk.reveal import reveal_one
from parcel_risk.trial import plant_one
from parcel_risk.trials import show
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, log_of, record
from tests.serving.office.test_stages import stage
from training.data.labels import labelled_parcels

LANE = next(entity for entity in ENTITIES if entity.name == "lane")


def planted(api: TestClient, keys: Keys, **more: Any) -> int:
    body = {"parcel_id": NUMBER, "finding_class": "cocaine", **more}
    return int(api.post("/v1/trials", json=body, headers=bearer(keys.officer)).status_code)


def figures(api: TestClient, keys: Keys) -> dict[str, tuple[int, int]]:
    body = api.get("/v1/trials", headers=bearer(keys.officer)).json()
    return {step["name"]: (step["n"], step["n_passed"]) for step in body["steps"]}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/trials"), ("POST", "/v1/trials/revealed"), ("GET", "/v1/trials")]
)
def test_only_officers_know_of_test_parcels(api: TestClient, keys: Keys, method: str, path: str) -> None:
    body = {"parcel_id": NUMBER, "finding_class": "other"}
    assert api.request(method, path, json=body).status_code == 401
    assert api.request(method, path, json=body, headers=bearer(keys.post)).status_code == 403


def test_a_test_parcel_is_handled_like_any_other_and_its_outcome_is_not_in_the_log(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    assert planted(api, keys) == 200
    assert planted(api, keys) == 409
    lodge(api, keys)
    assert stage(api, keys, "xray", "nothing_found")["outcome"] == "nothing_found"
    assert record(api, keys, "found", method="opened", correction_reason="second_inspection")["status"] == "corrected"
    assert OUTCOME not in log_of(app)["kind"].to_list()
    assert labelled_parcels(log_of(app))["label"].to_list() == [-1]
    api.post("/station/login", data={"key": keys.officer})
    assert "Outcome on record: <strong>Contraband found</strong>" in api.get(f"/station?parcel={NUMBER}").text


def test_what_was_found_and_missed_is_counted_by_method_and_names_no_parcel(api: TestClient, keys: Keys) -> None:
    planted(api, keys)
    lodge(api, keys)
    stage(api, keys, "xray", "nothing_found")
    stage(api, keys, "opened", "found")
    found = figures(api, keys)
    assert (found["xray"], found["opened"], found["found"]) == ((1, 0), (1, 1), (1, 1))
    api.post("/station/login", data={"key": keys.officer})
    page = api.get("/station/trials").text
    assert "x-rayed" in page
    assert NUMBER not in page


def test_a_revealed_parcel_leaves_history_and_stays_in_the_figures(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    planted(api, keys)
    lodge(api, keys)
    stage(api, keys, "opened", "found")
    clock.pass_by(hours=1)

    def n_on_lane() -> int:
        log = log_of(app)
        return ledger(log, LANE, log["lane_key"][0], clock.at).numbers["n"]

    assert n_on_lane() == 1
    reveal = {"json": {"parcel_id": NUMBER}, "headers": bearer(keys.officer)}
    assert api.post("/v1/trials/revealed", **reveal).status_code == 200
    assert api.post("/v1/trials/revealed", **reveal).status_code == 404
    assert n_on_lane() == 0
    assert labelled_parcels(log_of(app)).height == 0
    assert figures(api, keys)["opened"] == (1, 1)


def test_what_was_handled_already_is_no_test_parcel(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    stage(api, keys, "xray", "found")
    assert planted(api, keys) == 409


def test_an_outcome_of_another_operators_parcel_is_learned_from(api: TestClient, app: FastAPI, keys: Keys) -> None:
    assert planted(api, keys, operator="courier-a") == 200
    lodge(api, keys)
    record(api, keys, "found")
    assert OUTCOME in log_of(app)["kind"].to_list()


def test_the_command_writes_measured_sensitivities(
    settings: Settings, api: TestClient, keys: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = ["EE473124832TH", "EE473124846TH", "EE473124850TH"]
    for number in numbers:
        planted(api, keys, parcel_id=number)
        lodge(api, keys, parcel_id=number)
    for number, result in zip(numbers, ("found", "found", "nothing_found"), strict=True):
        stage(api, keys, "xray", result, parcel_id=number)
    api.__exit__(None, None, None)
    show(settings, tmp_path / "own.toml")
    known = Sensitivities.read(tmp_path / "own.toml")
    assert known.of["xray"].is_measured
    assert known.of["xray"].share == pytest.approx(2 / 3, abs=1e-5)
    assert known.of["xray"].low < 2 / 3 < known.of["xray"].high
    assert not known.of["dog"].is_measured
    plant_one(settings, "EE473124863TH", "cocaine")
    reveal_one(settings, "EE473124863TH")
    with pytest.raises(ParcelRiskError, match="no test parcel with this number is open"):
        reveal_one(settings, "EE473124863TH")
    with pytest.raises(ParcelRiskError, match="is no class of goods"):
        plant_one(settings, "EE473124877TH", "cakes")
    assert "revealed" in capsys.readouterr().out
