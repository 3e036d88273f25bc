"""Exhibits: taken where something was found, handed over by two officers, and never rewritten."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.parcel.problems import ParcelRiskError, StoreError
from parcel_risk.exhibit import show
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role
from serving.store.clients import add_client
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, record

TAKEN = {"parcel_id": NUMBER, "seal": "S-1", "gross_g": 120, "net_g": 100}


@pytest.fixture
def colleague(app: FastAPI, api: TestClient) -> str:
    """Key of a second officer."""
    office: Office = app.state.office
    with office.writer.transaction() as transaction:
        return add_client(
            transaction.connection, Client(client_id="officer-8", role=Role.OFFICER, operator=None), at_us=0
        )


def sent(api: TestClient, key: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    response = api.post(f"/v1/exhibits{path}", json=body, headers=bearer(key))
    return response.status_code, dict(response.json())


def found(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    record(api, keys, "found", method="opened")


def test_only_officers_take_and_read_exhibits(api: TestClient, keys: Keys) -> None:
    assert api.post("/v1/exhibits", json=TAKEN).status_code == 401
    assert sent(api, keys.post, "", **TAKEN)[0] == 403
    assert api.get("/v1/exhibits/EX00000001", headers=bearer(keys.post)).status_code == 403
    assert api.get("/v1/exhibits/EX00000001", headers=bearer(keys.officer)).status_code == 404


def test_an_exhibit_goes_from_hand_to_hand_to_its_end(
    api: TestClient, keys: Keys, colleague: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    lodge(api, keys)
    assert sent(api, keys.officer, "", **TAKEN)[0] == 409
    record(api, keys, "found", method="opened")
    status, exhibit = sent(api, keys.officer, "", **TAKEN)
    assert (status, exhibit["holder"], exhibit["seal"]) == (200, "officer-7", "S-1")
    entries = f"/{exhibit['number']}/entries"
    assert sent(api, colleague, entries, kind="received")[0] == 409
    assert sent(api, keys.officer, entries, kind="given", to="officer-8")[1]["offered_to"] == "officer-8"
    assert sent(api, colleague, entries, kind="received")[1]["holder"] == "officer-8"
    assert sent(api, keys.officer, entries, kind="weighed", gross_g=119)[0] == 409
    assert sent(api, colleague, entries, kind="sent", to="laboratory", reference="L-7")[1]["away_at"] == "laboratory"
    assert sent(api, colleague, entries, kind="came_back", seal="S-2", gross_g=118)[1]["seal"] == "S-2"
    assert sent(api, colleague, entries, kind="destroyed", reference="P-3")[1]["is_closed"]
    read = api.get(f"/v1/exhibits/{exhibit['number']}", headers=bearer(keys.officer)).json()
    assert [one["kind"] for one in read["entries"]] == [
        *("taken", "given", "received", "sent", "came_back", "destroyed")
    ]
    api.__exit__(None, None, None)
    show(settings, exhibit["number"].lower())
    assert "closed, seal S-2, 118 g gross" in capsys.readouterr().out
    with pytest.raises(ParcelRiskError, match="no exhibit has this number"):
        show(settings, "EX00000099")


@pytest.mark.parametrize(
    "change", ["UPDATE custody SET gross_g = 12 WHERE number = 1", "DELETE FROM custody WHERE number = 1"]
)
def test_a_ledger_that_was_changed_is_refused(
    api: TestClient, app: FastAPI, keys: Keys, settings: Settings, change: str
) -> None:
    found(api, keys)
    number = sent(api, keys.officer, "", **TAKEN)[1]["number"]
    sent(api, keys.officer, f"/{number}/entries", kind="weighed", gross_g=119)
    office: Office = app.state.office
    with office.store.begin() as connection:
        connection.exec_driver_sql(change)
    response = api.get(f"/v1/exhibits/{number}", headers=bearer(keys.officer))
    assert response.status_code >= 500
    with pytest.raises(StoreError, match="not as it was written"):
        show(settings, number)


def test_the_station_takes_an_exhibit_and_keeps_its_ledger(api: TestClient, keys: Keys) -> None:
    found(api, keys)
    assert api.get("/station/exhibit", follow_redirects=False).headers["location"] == "/station/login"
    api.post("/station/login", data={"key": keys.officer})
    assert "/station/exhibit?parcel=" in api.get(f"/station?parcel={NUMBER}").text
    form = {"parcel_id": NUMBER, "seal": "S-1", "gross_g": "120"}
    page = api.post("/station/exhibit", data=form)
    assert "Exhibit EX00000001" in page.text
    assert "held by <bdi>officer-7</bdi>" in page.text
    given = {"number": "EX00000001", "kind": "given", "to": "officer-8"}
    assert "who has not received it yet" in api.post("/station/exhibit", data=given).text
    assert "has not received it yet. Wait" in api.post("/station/exhibit", data=given).text
    assert "it is not a whole number." in api.post("/station/exhibit", data={**form, "gross_g": "much"}).text
    assert "EX00000001" in api.get(f"/station/exhibit?parcel={NUMBER}").text
