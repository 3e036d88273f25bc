"""Stages of an inspection: what is recorded, corrected and run, and the one outcome that follows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.history import Engine
from features.log import OUTCOME, RETRACTION, STAGE
from features.replay import joined, replay
from parcel_risk.demo import EXAMPLE
from serving.office.office import Office
from serving.store.log_changes import erase_texts
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, log_of, record
from training.data.labels import labelled_parcels

AT = "2026-11-03T10:00:00Z"


def stage(api: TestClient, keys: Keys, name: str, result: str, **more: Any) -> dict[str, Any]:
    body = {"stages": [{"parcel_id": NUMBER, "stage": name, "result": result, **more}]}
    response = api.post("/v1/stages", json=body, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return dict(response.json()["results"][0])


def stages(api: TestClient, keys: Keys, number: str = NUMBER) -> dict[str, Any]:
    response = api.get("/v1/stages", params={"parcel_id": number}, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return dict(response.json())


def outcomes(app: FastAPI) -> list[tuple[str, str | None]]:
    """Results and methods of the outcomes in force."""
    log = log_of(app)
    retracted = log.filter(pl.col("kind") == RETRACTION)["subject_seq"]
    in_force = log.filter((pl.col("kind") == OUTCOME) & ~pl.col("seq").is_in(retracted.implode()))
    return in_force.select("result", "method").rows()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/stages"), ("POST", "/v1/stages/runs"), ("GET", "/v1/stages")]
)
def test_only_officers_record_and_read_stages(api: TestClient, keys: Keys, method: str, path: str) -> None:
    body = {"stages": [{"parcel_id": NUMBER, "stage": "xray", "result": "found"}]}
    assert api.request(method, path, json=body).status_code == 401
    assert api.request(method, path, json=body, headers=bearer(keys.post)).status_code == 403


def test_the_outcome_follows_from_the_stages(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    assert stage(api, keys, "presented", "presented")["outcome"] is None
    alarm = stage(api, keys, "xray", "found", duration_s=20)
    assert (alarm["outcome"], alarm["has_open_alarm"]) == (None, True)
    assert outcomes(app) == []
    opened = stage(api, keys, "opened", "nothing_found", officer="4711", station="line-1")
    assert (opened["outcome"], opened["has_open_alarm"]) == ("nothing_found", False)
    assert outcomes(app) == [("nothing_found", "opened")]
    assert labelled_parcels(log_of(app)).select("label", "method", "raised_by").rows() == [(0, "opened", None)]
    rows = stages(api, keys)["stages"]
    assert [(one["stage"], one["certainty"], one["officer"]) for one in rows] == [
        ("presented", "confirmed", None),
        ("xray", "presumptive", None),
        ("opened", "confirmed", "4711"),
    ]


def test_a_stronger_method_replaces_the_method_of_the_label(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    stage(api, keys, "xray", "nothing_found")
    assert outcomes(app) == [("nothing_found", "xray")]
    assert record(api, keys, "nothing_found", method="opened")["status"] == "recorded"
    assert outcomes(app) == [("nothing_found", "opened")]
    assert record(api, keys, "nothing_found", method="xray")["status"] == "repeated"


def test_a_laboratory_overrules_and_what_was_opened_stays_in_force(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    record(api, keys, "found", method="opened")
    assert record(api, keys, "nothing_found", correction_reason="laboratory")["status"] == "corrected"
    assert [one["stage"] for one in stages(api, keys)["stages"]] == ["opened", "laboratory"]
    assert outcomes(app) == [("nothing_found", "laboratory")]


def test_a_wrong_stage_is_corrected_by_another_and_stays_in_the_log(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    stage(api, keys, "opened", "found")
    seq = stages(api, keys)["stages"][0]["seq"]
    assert stage(api, keys, "opened", "nothing_found", corrects_seq=seq)["outcome"] == "nothing_found"
    again = stage(api, keys, "opened", "found", corrects_seq=seq)
    assert (again["status"], again["code"]) == ("rejected", "unknown_stage")
    assert log_of(app).filter(pl.col("kind") == STAGE).height == 2
    assert outcomes(app) == [("nothing_found", "opened")]


def test_an_alarm_of_another_method_is_not_talked_away(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    stage(api, keys, "dog", "found")
    refused = record(api, keys, "nothing_found", method="xray")
    assert (refused["status"], refused["code"]) == ("rejected", "cannot_decide")
    assert record(api, keys, "nothing_found", method="documents")["code"] == "cannot_decide"
    assert record(api, keys, "nothing_found", method="opened")["status"] == "recorded"


def test_a_repetition_with_its_time_changes_nothing(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    first = stage(api, keys, "xray", "nothing_found", inspected_at=AT)
    n = log_of(app).height
    assert (first["status"], stage(api, keys, "xray", "nothing_found", inspected_at=AT)["status"]) == (
        "recorded",
        "repeated",
    )
    assert log_of(app).height == n


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"stage": "presented", "result": "found"}, "result"),
        ({"stage": "xray", "result": "not_presented"}, "result"),
        ({"stage": "xray", "result": "nothing_found", "finding_class": "cocaine"}, "finding_class"),
        ({"stage": "xray", "result": "nothing_found", "image": "pacs/17"}, "image_sha256"),
        ({"stage": "sniff", "result": "found"}, "stage"),
        ({"stage": "xray", "result": "found", "image_sha256": "abc"}, "image_sha256"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(api: TestClient, keys: Keys, given: dict[str, Any], field: str) -> None:
    lodge(api, keys)
    body = {"stages": [{"parcel_id": NUMBER, **given}]}
    (answer,) = api.post("/v1/stages", json=body, headers=bearer(keys.officer)).json()["results"]
    assert (answer["status"], answer["field"]) == ("rejected", field)


def test_a_run_is_recorded_once_for_all_of_its_parcels(api: TestClient, app: FastAPI, keys: Keys) -> None:
    numbers = ["EE473124832TH", "EE473124846TH", "EE473124850TH"]
    for number in numbers:
        lodge(api, keys, parcel_id=number)
    body = {"stage": "dog", "result": "nothing_found", "duration_s": 200, "parcel_ids": [*numbers, "RR000000005TH"]}
    response = api.post("/v1/stages/runs", json=body, headers=bearer(keys.officer))
    done = response.json()
    assert (done["n_named"], done["n_recorded"], done["unknown"]) == (4, 3, ["RR000000005TH"])
    of_run = log_of(app).filter(pl.col("kind") == STAGE)
    assert of_run["batch_id"].to_list() == [done["batch_id"]] * 3
    assert of_run["duration_s"].sum() == 200
    assert outcomes(app) == [("nothing_found", "dog")] * 3


def test_a_run_may_name_a_receptacle(api: TestClient, app: FastAPI, keys: Keys) -> None:
    bag = "THBKKXDEFRAXACN60001001110012"
    for number in ("EE473124832TH", "EE473124846TH"):
        lodge(api, keys, parcel_id=number, receptacle_id=bag)
    body = {"stage": "xray", "result": "nothing_found", "receptacle_id": bag}
    done = api.post("/v1/stages/runs", json=body, headers=bearer(keys.officer)).json()
    assert (done["n_recorded"], done["unknown"]) == (2, [])
    assert outcomes(app) == [("nothing_found", "xray")] * 2
    nobody = api.post("/v1/stages/runs", json={**body, "receptacle_id": None}, headers=bearer(keys.officer))
    assert nobody.status_code == 422


def test_stages_follow_an_amendment_and_the_row_does_not_know_them(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    stage(api, keys, "xray", "found")
    clock.pass_by(hours=1)
    assert lodge(api, keys, gross_weight_g=900)["status"] == "amended"
    assert stage(api, keys, "opened", "found", finding_class="cannabis")["outcome"] == "found"
    assert [one["stage"] for one in stages(api, keys)["stages"]] == ["xray", "opened"]
    assert labelled_parcels(log_of(app)).select("label", "method", "raised_by", "finding_class").rows() == [
        (1, "opened", "xray", "cannabis")
    ]


def test_history_is_that_of_the_log_and_does_not_count_stages(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    stage(api, keys, "presented", "presented")
    stage(api, keys, "xray", "found")
    stage(api, keys, "opened", "nothing_found")
    lodge(api, keys, parcel_id="EE473124832TH")
    office: Office = app.state.office
    log = log_of(app)
    whole, without = Engine(), Engine()
    rows = joined(replay(log, whole))
    assert office.writer.digest() == whole.digest()
    thin = joined(replay(log.filter(pl.col("kind") != STAGE), without))
    assert rows.values.tobytes() == thin.values.tobytes()


def test_what_is_erased_of_a_parcel_is_erased_of_its_stages(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    image = {"image": f"pacs/{NUMBER}.png", "image_sha256": "ab" * 32}
    stage(api, keys, "xray", "nothing_found", officer="4711", **image)
    assert stages(api, keys)["stages"][0]["image"] == image["image"]
    office: Office = app.state.office
    log = log_of(app)
    seqs = log["seq"].to_list()
    with office.writer.transaction() as transaction:
        erase_texts(transaction.connection, seqs)
    with office.store.begin_read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM stage_details").scalar() == 0


def test_the_station_records_stages_and_runs(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    assert api.get("/station/stages", follow_redirects=False).status_code == 303
    assert api.get("/station/run", follow_redirects=False).headers["location"] == "/station/login"
    api.post("/station/login", data={"key": keys.officer})
    form = {"parcel_id": NUMBER, "operator": "post-a", "stage": "dog", "result": "found", "duration_s": "30"}
    page = api.post("/station/stages", data=form)
    assert "Stage recorded." in page.text
    assert "an alarm is open" in page.text
    assert "officer-7" in page.text
    assert (
        "Give a result that belongs to the stage dog."
        in api.post("/station/stages", data={**form, "result": "presented"}).text
    )
    run = {"stage": "opened", "result": "nothing_found", "numbers": f"{NUMBER}\nRR000000005TH\n"}
    page = api.post("/station/run", data=run)
    assert "Recorded for 1 of 2 parcels." in page.text
    assert "RR000000005TH" in page.text
    assert outcomes(app) == [("nothing_found", "opened")]
    assert EXAMPLE["parcel_id"] in api.get(f"/station/stages?parcel={NUMBER}").text
