"""What belongs to the parcel and not to its version: outcomes, referrals, draws, the time of its first lodging."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.event_rows import outcome_row
from features.log import OUTCOME, PARCEL, RETRACTION, STAGE
from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.outcomes import record
from serving.settings import Settings
from serving.store import Client, Role
from serving.store import log as event_log
from tests.builders import outcome_table
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer

NUMBER = EXAMPLE["parcel_id"]
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)
RECEPTACLES = ("THBKKXDEFRAXACN60001001110012", "THBKKXDEFRAXACN60001002110012")


def lodge(api: TestClient, keys: Keys, **changes: Any) -> dict[str, Any]:
    return dict(api.post("/v1/parcels", json={**EXAMPLE, **changes}, headers=bearer(keys.post)).json())


def find(api: TestClient, keys: Keys, *results: str, **more: Any) -> list[dict[str, Any]]:
    items = [{"parcel_id": NUMBER, "result": result, **more} for result in results]
    response = api.post("/v1/outcomes", json={"outcomes": items}, headers=bearer(keys.officer))
    assert response.status_code == 200, response.text
    return list(response.json()["results"])


def page(api: TestClient, keys: Keys, message: str = "") -> str:
    api.post("/station/login", data={"key": keys.officer})
    return str(api.get("/station", params={"parcel": NUMBER, "message": message}).text)


def log_of(app: FastAPI) -> pl.DataFrame:
    with app.state.office.store.begin_read() as connection:
        return event_log.read(connection)


def dispatch(api: TestClient, keys: Keys, receptacle: str) -> None:
    content = f'{{"receptacles": [{{"receptacle_id": "{receptacle}", "items": ["{NUMBER}"]}}]}}'.encode()
    headers = {**bearer(keys.post), "Content-Type": "application/vnd.parcel-risk.predes+json"}
    assert api.post("/v1/manifests", content=content, headers=headers).status_code == 200


def test_an_inspection_of_an_earlier_version_forbids_the_cancellation(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    find(api, keys, "nothing_found")
    assert lodge(api, keys, gross_weight_g=120)["status"] == "amended"
    assert lodge(api, keys, function="cancel")["errors"][0]["code"] == "outcome_known"


def test_the_outcome_stays_on_the_card_after_an_amendment(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    find(api, keys, "found")
    lodge(api, keys, gross_weight_g=120)
    assert "Outcome on record: <strong>Contraband found</strong>" in page(api, keys)
    assert find(api, keys, "nothing_found")[0]["code"] == "outcome_known"


def test_an_outcome_that_was_recorded_before_stages_were_stays_on_the_card_after_an_amendment(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    lodge(api, keys)
    lodged = log_of(app).to_dicts()[0]
    with app.state.office.writer.transaction() as transaction:
        transaction.record([outcome_row(lodged, app.state.office.clock(), {"result": "found"})])
    lodge(api, keys, gross_weight_g=120)
    assert log_of(app)["kind"].to_list() == [PARCEL, OUTCOME, RETRACTION, RETRACTION, PARCEL, OUTCOME]
    assert "Outcome on record: <strong>Contraband found</strong>" in page(api, keys)


def test_an_outcome_is_corrected_only_with_a_reason_and_the_earlier_one_is_taken_back(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    lodge(api, keys)
    find(api, keys, "found")
    api.post("/station/login", data={"key": keys.officer})
    form = {"parcel_id": NUMBER, "operator": "post-a", "result": "nothing_found", "override_reason": "other_alarm"}

    def sent(**more: str) -> str:
        return str(api.post("/station/outcome", data=form | more).text)

    assert "Choose why it is corrected." in sent()
    assert "the form does not offer this value." in sent(correction_reason="whim")
    assert "Outcome corrected." in sent(correction_reason="recording_error")
    assert log_of(app)["kind"].to_list() == [PARCEL, STAGE, OUTCOME, RETRACTION, RETRACTION, STAGE, OUTCOME]
    assert "Outcome on record: <strong>Nothing found</strong>" in page(api, keys)


def test_a_parcel_that_was_not_presented_may_still_be_inspected(api: TestClient, keys: Keys) -> None:
    lodge(api, keys)
    assert [one["status"] for one in find(api, keys, "not_presented", "found")] == ["recorded", "recorded"]


def test_the_cause_that_an_outcome_names_is_kept(api: TestClient, app: FastAPI, keys: Keys) -> None:
    lodge(api, keys)
    named = {"cause": "list", "propensity": 0.25}
    rows = outcome_table([{"parcel_id": NUMBER, "operator": "post-a", "result": "found", **named}])
    with app.state.office.writer.transaction() as transaction:
        record(app.state.office, transaction, rows, OFFICER)
    event = log_of(app).tail(1).to_dicts()[0]
    assert {name: event[name] for name in named} == named


def test_a_re_lodging_in_another_message_at_another_time_changes_nothing(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys, lodged_at=clock.at.isoformat(), manifest_id="M-1")
    clock.pass_by(hours=1)
    assert lodge(api, keys, lodged_at=clock.at.isoformat(), manifest_id="M-2")["status"] == "repeated"
    assert log_of(app).height == 1


def test_the_time_of_the_first_lodging_survives_every_later_score(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys)
    for receptacle in RECEPTACLES:
        clock.pass_by(hours=3)
        dispatch(api, keys, receptacle)
    log = log_of(app).filter(kind=PARCEL)
    assert log["receptacle_id"].to_list() == [None, *RECEPTACLES]
    assert log["counted_at"].to_list() == [None, *[log["known_at"][0]] * 2]


def test_what_the_declaration_says_of_its_receptacle_goes_before_the_list(
    api: TestClient, app: FastAPI, keys: Keys
) -> None:
    dispatch(api, keys, RECEPTACLES[0])
    lodge(api, keys, receptacle_id=RECEPTACLES[1])
    assert log_of(app).filter(kind=PARCEL)["receptacle_id"].to_list() == [RECEPTACLES[1]]


def test_more_outcomes_than_the_limit_are_refused(settings: Settings, keys: Keys, clock: Clock) -> None:
    with TestClient(create_app(settings.model_copy(update={"max_items": 2}), clock)) as api:
        lodge(api, keys)
        items = [{"parcel_id": NUMBER, "result": "found"}] * 3
        response = api.post("/v1/outcomes", json={"outcomes": items}, headers=bearer(keys.officer))
        assert response.status_code == 413
        assert find(api, keys, "found")[0]["status"] == "recorded"


def test_a_referral_stays_through_amendments_until_a_person_has_looked(
    settings: Settings, keys: Keys, clock: Clock
) -> None:
    opens_all = settings.model_copy(update={"capacity_share": 1.0})
    with TestClient(create_app(opens_all, clock)) as api:
        assert lodge(api, keys)["referral"] == "open"
    opens_none = settings.model_copy(update={"capacity_share": 0.0})
    with TestClient(create_app(opens_none, clock)) as api:
        assert lodge(api, keys, gross_weight_g=1800)["referral"] == "open"
        find(api, keys, "nothing_found")
        assert lodge(api, keys, gross_weight_g=1700)["referral"] == "release"


def test_an_amendment_draws_no_other_number(settings: Settings, keys: Keys, clock: Clock) -> None:
    blind = settings.model_copy(update={"capacity_share": 0.3, "models_dir": settings.home / "none"})
    with TestClient(create_app(blind, clock)) as api:

        def drawn(weight_g: int) -> list[bool]:
            items = [{**EXAMPLE, "parcel_id": f"D-{number}", "gross_weight_g": weight_g} for number in range(40)]
            answers = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post)).json()["results"]
            return [one["referral"] == "open" for one in answers]

        first = drawn(1000)
        clock.pass_by(hours=1)
        assert drawn(1001) == first
        assert True in first
        assert False in first


@pytest.mark.parametrize("result", ["found", "nothing_found", "not_presented"])
def test_the_officer_and_the_correction_are_in_the_audit(
    api: TestClient, app: FastAPI, keys: Keys, result: str
) -> None:
    from sqlalchemy import select

    from serving.store.tables import audit

    lodge(api, keys)
    find(api, keys, result)
    with app.state.office.store.begin_read() as connection:
        rows = connection.execute(select(audit).where(audit.c.client_id != "office").order_by(audit.c.id)).all()
    assert [(row.client_id, row.action, row.seq) for row in rows][-1] == ("officer-7", "outcome", 2)
