"""The stop switch: a supervisor ends referrals by score at once, nothing is called low risk, and it is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from parcel_risk.cli import app as command
from parcel_risk.demo import EXAMPLE
from serving.office.stopping import STOPPED
from serving.settings import Settings
from serving.store import Role
from tests.serving.api.conftest import Bare
from tests.serving.api.conftest import bare as bare
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import Keys, bearer


def scored(api: TestClient, key: str, number: str) -> dict[str, Any]:
    answer = api.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number}, headers=bearer(key))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_stop_holds_from_the_next_parcel_on_and_says_so(api: TestClient, keys: Keys) -> None:
    before = scored(api, keys.post, "EE473124829TH")
    assert before["referral"] != "not_assessed"
    reason = {"reason": "findings of the score dropped"}
    assert api.post("/v1/score-stops", json=reason, headers=bearer(keys.officer)).status_code == 403
    stopped = api.post("/v1/score-stops", json=reason, headers=bearer(keys.supervisor))
    assert (stopped.status_code, stopped.json()["is_stopped"]) == (201, True)
    assert api.post("/v1/score-stops", json=reason, headers=bearer(keys.supervisor)).status_code == 409
    answer = scored(api, keys.post, "EE473124832TH")
    assert (answer["degraded"], answer["referral"]) == (STOPPED, "not_assessed")
    found = api.get("/v1/overlooked", headers=bearer(keys.auditor)).json()
    counted = {(one["what"], one["why"]): one["n"] for one in found["blind"]}
    assert counted["answers with something missing", STOPPED] == 1
    assert counted["score stopped", reason["reason"]] == 1
    assert found["n_answers"] == 2
    ended = api.post("/v1/score-stops/end", headers=bearer(keys.supervisor)).json()
    assert (ended["is_stopped"], ended["stops"][0]["resumed_by"] is not None) == (False, True)
    assert api.post("/v1/score-stops/end", headers=bearer(keys.supervisor)).status_code == 409
    after = scored(api, keys.post, "EE473124846TH")
    assert (after["degraded"], after["referral"]) == (before["degraded"], before["referral"])


def test_blind_spots_are_named_with_their_reason(bare: Bare) -> None:
    assert bare.http.get("/v1/overlooked", headers=bare.post).status_code == 403
    for number in ("RB473124829US", "RB473124846US"):
        body = {**EXAMPLE, "parcel_id": number}
        assert bare.http.post("/v1/parcels", json=body, headers=bare.post).status_code == 200
    bare.http.post("/v1/manifests", json={"parcels": [{**EXAMPLE, "lodged_at": "never"}]}, headers=bare.post)
    day = bare.clock.at.date().isoformat()
    waiver = {"operator": "courier-a", "reason": "flood", "instead": "x-ray of all", "first_on": day, "last_on": day}
    assert bare.http.post("/v1/waivers", json=waiver, headers=bare.supervisor).status_code == 201
    bare.clock.pass_by(hours=1)
    found = bare.http.get("/v1/overlooked", headers=bare.supervisor).json()["blind"]
    counted = {(one["what"], one["why"]): one["n"] for one in found}
    assert counted["answers with something missing", "no model"] == 2
    assert counted["not assessed", "no model answered, and no list, rule or draw selected them"] == 2
    assert counted["rows that could not be used, and still cannot", "post-a"] == 1
    assert counted["advance data waived", "courier-a: flood; instead: x-ray of all"] == 1


def run(settings: Settings, *words: str, ends_with: int = 0) -> str:
    env = {"PARCEL_RISK_HOME": str(settings.home), "PARCEL_RISK_MODELS_DIR": str(settings.models_dir), "COLUMNS": "200"}
    done = CliRunner().invoke(command, list(words), env=env)
    assert done.exit_code == ends_with, done.output + repr(done.exception)
    return done.output if ends_with == 0 else str(done.exception)


def test_the_commands_stop_resume_and_show(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    client_key(settings, "olaf", None)
    client_key(settings, "sue", None, Role.SUPERVISOR)
    assert "never stopped" in run(settings, "score-stop", "list")
    run(settings, "score-stop", "begin", "--as", "olaf", "--reason", "doubt", ends_with=1)
    assert "reason: it is missing" in run(settings, "score-stop", "begin", "--as", "sue", "--reason", " ", ends_with=1)
    assert "stop 1" in run(settings, "score-stop", "begin", "--as", "sue", "--reason", "doubt")
    assert "still stopped" in run(settings, "score-stop", "list")
    assert "doubt" in run(settings, "overlooked", "--days", "1")
    assert "stop 1 ended" in run(settings, "score-stop", "end", "--as", "sue")
    assert "not stopped" in run(settings, "score-stop", "end", "--as", "sue", ends_with=1)
    assert "sue" in run(settings, "audit", "show", "--action", "score resumed")
