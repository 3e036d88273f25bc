"""The stop switch: a supervisor ends referrals by score at once, nothing is called low risk, and it is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from parcel_risk.cli import app as command
from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.ladder import Ladder
from serving.office.office import Office
from serving.office.rescoring import Rescoring
from serving.office.stopping import STOPPED, elsewhere, holds
from serving.office.verifying import verify
from serving.settings import Settings, environment_of
from serving.store import Role, Store
from tests.conftest import Clock
from tests.serving.api.conftest import Bare
from tests.serving.api.conftest import bare as bare
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import Keys, bearer
from tests.serving.pages.desk.conftest import bare as plain


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
    assert "stopped the score for all lines" in api.get("/readyz").json()["lacking"]["score"]
    assert 'parcel_risk_lacking{what="score"} 1' in api.get("/metrics").text
    answer = scored(api, keys.post, "EE473124832TH")
    assert (answer["degraded"], answer["referral"]) == (STOPPED, "not_assessed")
    found = api.get("/v1/overlooked", headers=bearer(keys.auditor)).json()
    counted = {(one["what"], one["why"]): one["n"] for one in found["blind"]}
    assert counted["answers with something missing", STOPPED] == 1
    assert counted["score stopped", reason["reason"]] == 1
    assert found["n_answers"] == 2
    ended = api.post("/v1/score-stops/end", headers=bearer(keys.supervisor)).json()
    assert "score" not in api.get("/readyz").json()["lacking"]
    assert 'what="score"' not in api.get("/metrics").text
    assert (ended["is_stopped"], ended["stops"][0]["resumed_by"] is not None) == (False, True)
    assert api.post("/v1/score-stops/end", headers=bearer(keys.supervisor)).status_code == 409
    after = scored(api, keys.post, "EE473124846TH")
    assert (after["degraded"], after["referral"]) == (before["degraded"], before["referral"])


PAIR = (("0011", "US"), ("0025", "TH"))
LINES = """
["hall 1"]
when = "dispatch_country = 'US'"
["hall 2"]
when = "gross_weight_g < 5"
"""


@pytest.fixture
def with_lines(settings: Settings, tmp_path: Path) -> Settings:
    """The same installation of an office that has lines."""
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "lines.toml").write_text(LINES, "utf-8")
    return settings.model_copy(update={"reference_dir": folder})


def test_a_stop_of_one_line_leaves_the_others_alone(
    with_lines: Settings, clock: Clock, keys: Keys, tmp_path: Path
) -> None:
    supervisor, reason = bearer(keys.supervisor), "findings of the hall dropped"
    with TestClient(create_app(with_lines, clock)) as api:

        def lodged(number: str, **fields: object) -> dict[str, Any]:
            clock.pass_by(seconds=1)
            answer = api.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number, **fields}, headers=bearer(keys.post))
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        def stops(path: str = "", **body: str) -> Any:
            return api.post(f"/v1/score-stops{path}", json=body, headers=supervisor)

        before = lodged("EE473124829TH", dispatch_country="US")
        assert (before["referral"], before["degraded"]) == ("release", None)
        unknown = stops(reason=reason, line="hall 11")
        assert (unknown.status_code, "Did you mean hall 1?" in unknown.text) == (409, True)
        begun = stops(reason=reason, line="hall 1")
        assert (begun.status_code, begun.json()["stops"][0]["condition"]) == (201, "dispatch_country = 'US'")
        lacking = api.get("/readyz").json()["lacking"]["score"]
        assert lacking.startswith("a person has stopped the score for one line;"), "which one is not said to anybody"
        assert "already for the line hall 1" in stops(reason=reason, line="hall 1").text
        assert "It is stopped for hall 1" in stops("/end").text
        number = "EE473124832TH"
        here, there = lodged(number, dispatch_country="US"), lodged("EE473124846TH", dispatch_country="TH")
        assert (here["referral"], here["degraded"], here["bundle"], here["probability"]) == (
            *("not_assessed", STOPPED),
            *(None, None),
        )
        assert (there["degraded"], there["bundle"]) == (None, before["bundle"])
        nobody_knows = lodged("EE473124850TH", dispatch_country=None, origin_office=None)
        assert nobody_knows["degraded"] == STOPPED, "where it goes is not known: it may come to the line"
        both = api.post(
            "/v1/manifests",
            json={"parcels": [{**EXAMPLE, "parcel_id": f"RB00000{n}US", "dispatch_country": c} for n, c in PAIR]},
            headers=bearer(keys.post),
        ).json()["results"]
        assert [one["degraded"] for one in both] == [STOPPED, None], "one batch, two lines"
        api.post("/station/login", data={"key": keys.officer})
        card = plain(api.get("/station", params={"parcel": number}).text)
        assert "Not assessed" in card
        assert f"A supervisor stopped the score for the line hall 1: {reason}. Check by hand." in card
        assert "No inspection required" not in card
        assert f"for the line hall 1 since {clock():%Y-%m-%d}" in plain(api.get("/station/line").text)
        at = clock()
        clock.pass_by(seconds=1)
        assert stops("/end", line="hall 2").status_code == 409
        assert stops("/end", line="hall 1").json()["is_stopped"] is False
        clock.pass_by(minutes=1)
        assert lodged("EE473124877TH", dispatch_country="US")["degraded"] is None
        for when, held in ((at, ["hall 1"]), (clock(), [])):
            asked = {"params": {"at": when.isoformat()}, "headers": bearer(keys.auditor)}
            assert [one["line"] for one in api.get("/v1/policy", **asked).json()["score_stops"]] == held
        found = api.get("/v1/overlooked", headers=bearer(keys.auditor)).json()
        counted = {(one["what"], one["why"]): one["n"] for one in found["blind"]}
        assert counted["score stopped", f"{reason}; line hall 1 alone"] == 1
        assert counted["answers with something missing", STOPPED] == 3
    at_t = run(with_lines, "policy", "--at", f"{at:%Y-%m-%dT%H:%M:%S}")
    assert "score stopped for the line hall 1 (dispatch_country = 'US'), by supervisor-1" in at_t
    assert "stop 1 for the line hall 1" in run(with_lines, "audit", "show", "--action", "score stopped")
    with Store(with_lines.database, with_lines.segments) as store, store.begin_read() as connection:
        checked = list(verify(connection))[-1]
    assert (checked.is_sound, checked.n_compared) == (True, 7)


def test_a_stopped_answer_is_not_given_again_by_the_service(with_lines: Settings, clock: Clock, keys: Keys) -> None:
    with TestClient(create_app(with_lines, clock)) as api:
        stop = {"reason": "doubt", "line": "hall 1"}
        assert api.post("/v1/score-stops", json=stop, headers=bearer(keys.supervisor)).status_code == 201
        body = {**EXAMPLE, "dispatch_country": "US"}
        assert api.post("/v1/parcels", json=body, headers=bearer(keys.post)).json()["degraded"] == STOPPED
        office: Office = api.app.state.office  # type: ignore[attr-defined]
        assert Rescoring(office, Ladder()).again() == 0


def test_a_stop_whose_condition_cannot_be_read_holds_for_all() -> None:
    one = {"condition": "a_column_of_before = 1"}
    assert elsewhere(one) is None
    assert holds(one, [{}, {}], np.empty((2, 0))).tolist() == [True, True]


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
    env = {**environment_of(settings), "COLUMNS": "200"}
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
    refused = run(settings, "score-stop", "begin", "--as", "sue", "--reason", "doubt", "--line", "hall 1", ends_with=1)
    assert "there is no line hall 1 in lines.toml" in refused
    assert "Name it there, in the folder PARCEL_RISK_REFERENCE_DIR" in refused
