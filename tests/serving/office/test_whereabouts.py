"""Where parcels are: claims of operators, scans and stages of customs, in one answer."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.parcel.problems import ParcelRiskError
from parcel_risk.scan import record as record_by_command
from serving.settings import Settings
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import NUMBER, lodge, record
from tests.serving.office.test_stages import stage

EMSEVT = "application/vnd.parcel-risk.emsevt+xml"


def claims(api: TestClient, keys: Keys, clock: Clock, *codes: str) -> None:
    events = "".join(
        f"<Event><ItemId>{NUMBER}</ItemId><EventCode>{code}</EventCode>"
        f"<EventDateTime>{clock.at:%Y-%m-%dT%H:%M}:{second:02}Z</EventDateTime></Event>"
        for second, code in enumerate(codes)
    )
    headers = {**bearer(keys.post), "Content-Type": EMSEVT}
    response = api.post("/v1/manifests", content=f"<ItemEvents>{events}</ItemEvents>", headers=headers)
    assert response.status_code == 200, response.text


def scan(api: TestClient, keys: Keys, state: str, **more: Any) -> dict[str, Any]:
    body = {"scans": [{"parcel_id": NUMBER, "state": state, **more}]}
    response = api.post("/v1/scans", json=body, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return dict(response.json()["results"][0])


def position(api: TestClient, keys: Keys) -> dict[str, Any]:
    return dict(api.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys.officer)).json()["position"])


def test_only_officers_scan_and_know_where_customs_has_a_parcel(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    body = {"scans": [{"parcel_id": NUMBER, "state": "held"}]}
    assert api.post("/v1/scans", json=body).status_code == 401
    assert api.post("/v1/scans", json=body, headers=bearer(keys.post)).status_code == 403
    assert api.get(f"/v1/parcels/{NUMBER}", headers=bearer(keys.post)).json()["position"] is None


def test_claims_move_a_parcel_until_customs_has_it(api: TestClient, keys: Keys, clock: Clock) -> None:
    lodge(api, keys)
    assert position(api, keys)["state"] == "declared"
    clock.pass_by(hours=1)
    claims(api, keys, clock, "EMD", "EDB")
    assert (position(api, keys)["state"], position(api, keys)["was_presented"]) == ("presented", False)
    clock.pass_by(hours=1)
    assert scan(api, keys, "presented")["state"] == "presented"
    clock.pass_by(hours=1)
    claims(api, keys, clock, "EMI")
    found = position(api, keys)
    assert (found["state"], found["is_fact"], found["was_presented"]) == ("presented", True, True)
    assert found["n_contradictions"] == 1
    clock.pass_by(hours=1)
    assert scan(api, keys, "released")["can_be_recalled"]
    clock.pass_by(hours=1)
    claims(api, keys, clock, "EMI")
    assert (position(api, keys)["state"], position(api, keys)["can_be_recalled"]) == ("delivered", False)


def test_stages_are_facts_and_what_was_not_presented_stays_where_it_is(
    api: TestClient, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    clock.pass_by(hours=1)
    claims(api, keys, clock, "EMD")
    clock.pass_by(hours=1)
    record(api, keys, "not_presented")
    assert position(api, keys)["state"] == "arrived"
    clock.pass_by(hours=1)
    stage(api, keys, "xray", "nothing_found")
    assert (position(api, keys)["state"], position(api, keys)["is_fact"]) == ("in_examination", True)


def test_scans_follow_an_amendment_and_an_unknown_parcel_is_refused(api: TestClient, keys: Keys, clock: Clock) -> None:
    assert scan(api, keys, "in_hall")["code"] == "unknown_parcel"
    lodge(api, keys)
    clock.pass_by(hours=1)
    scan(api, keys, "held")
    clock.pass_by(hours=1)
    assert lodge(api, keys, gross_weight_g=900)["status"] == "amended"
    assert position(api, keys)["state"] == "held"


def test_the_station_shows_and_records_where_a_parcel_is(api: TestClient, keys: Keys, clock: Clock) -> None:
    lodge(api, keys)
    clock.pass_by(hours=1)
    api.post("/station/login", data={"key": keys.officer})
    form = {"parcel_id": NUMBER, "operator": "post-a", "state": "in_hall"}
    assert "Scan recorded." in api.post("/station/scan", data=form).text
    assert "in the hall (seen by customs)" in api.get(f"/station?parcel={NUMBER}").text
    assert "the form does not offer this value." in api.post("/station/scan", data={**form, "state": "declared"}).text


def test_the_command_records_scans(
    settings: Settings, api: TestClient, keys: Keys, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    lodge(api, keys)
    api.__exit__(None, None, None)
    record_by_command(settings, "held", [NUMBER, "RR000000005TH"])
    said = capsys.readouterr().out
    assert "RR000000005TH: not on record" in said
    with pytest.raises(ParcelRiskError, match="declared is no state of a scan"):
        record_by_command(settings, "declared", [NUMBER])
