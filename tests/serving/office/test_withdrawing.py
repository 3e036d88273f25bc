"""What a person recorded is withdrawn as a set, what was learned from it is named; haste and idle looks are seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.model_store import ModelStore
from features.parcel.problems import StoreError
from parcel_risk.withdraw import withdraw_all
from serving.office.office import Office
from serving.office.oversight import habits
from serving.office.withdrawing import recorded_by, withdraw
from serving.settings import Settings
from serving.store import Client, Role
from serving.store.audit import entries
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, record
from tests.serving.office.test_stages import outcomes, stage

OTHER = "EE473124832TH"


def record_as_supervisor(api: TestClient, keys: Keys, number: str, result: str) -> None:
    body = {"outcomes": [{"parcel_id": number, "result": result}]}
    assert api.post("/v1/outcomes", json=body, headers=bearer(keys.supervisor)).status_code == 200


def test_what_a_person_recorded_is_withdrawn_as_a_set_and_the_rest_stays(
    settings: Settings, api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    lodge(api, keys, parcel_id=OTHER)
    clock.pass_by(minutes=1)
    since = clock.at
    record(api, keys, "nothing_found")
    stage(api, keys, "xray", "nothing_found")
    record_as_supervisor(api, keys, OTHER, "found")
    office: Office = app.state.office
    with office.store.begin_read() as connection:
        found = recorded_by(connection, ModelStore(settings.models_dir), "officer-7", since)
        assert recorded_by(connection, ModelStore(settings.models_dir), "officer-7", since + timedelta(1)).stages == ()
    assert [one["result"] for one in found.stages] == ["nothing_found", "nothing_found"]
    assert found.parcels == (("post-a", NUMBER),)
    assert found.learned == ()  # the only model was trained before
    sue = Client(client_id="supervisor-1", role=Role.SUPERVISOR, operator=None)
    models = ModelStore(settings.models_dir)
    with office.writer.transaction() as transaction:
        withdraw(transaction, models, "officer-7", since, client=sue, reason="stolen key")
    assert outcomes(app) == [("found", None)]
    with office.store.begin_read() as connection:
        withdrawn, *_ = entries(connection, limit=9, action="withdrawn")
        assert recorded_by(connection, models, "officer-7", since).stages == ()
    assert (withdrawn.who, withdrawn.detail) == ("supervisor-1", "2 of officer-7: stolen key")


def test_a_supervisor_withdraws_by_the_api_next_to_a_running_service(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    clock.pass_by(minutes=1)
    asked = {"client_id": "officer-7", "since": clock.at.isoformat(), "reason": "stolen key"}
    record(api, keys, "nothing_found")
    assert api.post("/v1/withdrawals", json=asked, headers=bearer(keys.officer)).status_code == 403
    assert (
        api.post("/v1/withdrawals", json={**asked, "reason": " "}, headers=bearer(keys.supervisor)).status_code == 422
    )
    said = {"n_stages": 1, "n_parcels": 1, "learned": []}
    shown = api.post("/v1/withdrawals", json=asked, headers=bearer(keys.supervisor)).json()
    assert shown == {"is_withdrawn": False, **said}
    assert outcomes(app) == [("nothing_found", None)]
    done = api.post("/v1/withdrawals", json={**asked, "run": True}, headers=bearer(keys.supervisor)).json()
    assert done == {"is_withdrawn": True, **said}
    assert outcomes(app) == []


def test_the_command_asks_for_a_supervisor_and_changes_nothing_without_run(settings: Settings, keys: Keys) -> None:
    begun = datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(StoreError, match="needs the role supervisor"):
        withdraw_all(settings, "officer-7", "officer-7", begun, "stolen key", is_run=True)
    assert withdraw_all(settings, "officer-7", "supervisor-1", begun, "", is_run=False).parcels == ()


def test_models_that_knew_what_is_withdrawn_are_named(
    settings: Settings, api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    clock.pass_by(days=-60)
    lodge(api, keys)
    record(api, keys, "nothing_found")
    office: Office = app.state.office
    with office.store.begin_read() as connection:
        found = recorded_by(connection, ModelStore(settings.models_dir), "officer-7", clock.at)
    assert [line.split(",")[0] for line in found.learned] == ["model parcel-risk-test"]


def test_haste_and_looks_without_a_case_are_counted(api: TestClient, app: FastAPI, keys: Keys, clock: Clock) -> None:
    since = clock.at
    for number in (NUMBER, OTHER):
        lodge(api, keys, parcel_id=number, gross_weight_g=20, pieces=[])
        assert api.get(f"/v1/parcels/{number}", headers=bearer(keys.officer)).status_code == 200
    clock.pass_by(seconds=1)
    record(api, keys, "nothing_found")
    office: Office = app.state.office
    with office.store.begin_read() as connection:
        (one,) = [person for person in habits(connection, since) if person.who == "officer-7"]
        assert habits(connection, clock.at + timedelta(days=1)) == []
    assert (one.n_looks, one.n_recorded, one.n_hasty, one.dwell_s) == (2, 1, 1, 1.0)
    assert one.n_without_case == 1
