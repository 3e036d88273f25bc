"""Keys of the sandbox: everything can be tried, and nothing of it is on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from parcel_risk.client import new_client
from parcel_risk.demo import EXAMPLE
from parcel_risk.remote import Service
from policy import Referral
from serving.app import create_app
from serving.office.office import Office
from serving.office.problem_types import problem_types
from serving.office.sandbox import MARK, Magic, magic_numbers
from serving.store import Store
from serving.store.clients import find_client
from serving.store.tables import metadata
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

MAGIC = list(magic_numbers().values())


@dataclass
class Trial:
    http: TestClient
    sandbox: dict[str, str]
    other: dict[str, str]
    real: dict[str, str]
    key: str

    def lodge(self, number: str, by: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.http.post(
            "/v1/parcels", json={**EXAMPLE, "parcel_id": number, **changes}, headers=by or self.sandbox
        )

    @property
    def office(self) -> Office:
        found: Office = self.http.app.state.office  # type: ignore[attr-defined]
        return found

    def tables(self) -> dict[str, int]:
        with self.office.store.begin_read() as connection:
            return {
                table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for table in metadata.sorted_tables
            }


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    settings = bare_settings(tmp_path_factory.mktemp("sandbox"))
    key, other = (new_client(settings, name, operator="post-a", sandbox=True) for name in ("trial", "other trial"))
    real = client_key(settings, "post", "post-a")
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as http:
        yield Trial(http, bearer(key), bearer(other), bearer(real), key)


def test_every_referral_doubt_rejection_and_problem_can_be_forced() -> None:
    assert {one.referral for one in MAGIC if one.referral} == set(Referral)
    assert {one.problem for one in MAGIC if one.problem} == problem_types().keys()
    assert sum(bool(one.doubt) for one in MAGIC) >= 8
    assert {one.rejection for one in MAGIC} >= {"in_future", "outcome_known", "missing"}
    assert all(len(one.number) <= 35 for one in MAGIC)


@pytest.mark.parametrize("magic", MAGIC, ids=lambda one: one.number)
def test_a_number_forces_what_the_documentation_says(trial: Trial, magic: Magic) -> None:
    answer = trial.lodge(magic.number)
    body = answer.json()
    if magic.problem:
        expected = problem_types()[magic.problem]
        assert (answer.status_code, body["title"]) == (expected.status[0], expected.title)
        return
    if magic.rejection:
        assert answer.status_code == (409 if magic.rejection == "outcome_known" else 422)
        assert magic.rejection in {one["code"] for one in body["errors"]}
        assert all(one["reason"] and one["remedy"] for one in body["errors"])
        return
    assert answer.status_code == 200, answer.text
    assert body["degraded"] == MARK
    assert body["referral"] == (magic.referral or Referral.NOT_ASSESSED)
    assert not magic.doubt or magic.doubt in {one["code"] for one in body["doubts"]}
    assert not magic.flag or magic.flag in body["quality_flags"]
    if magic.is_pending:
        assert body["pending_until"] is None
        assert trial.lodge(magic.number, gross_weight_g=1).json()["pending_until"] is not None


def test_it_answers_as_the_service_does(trial: Trial) -> None:
    assert trial.lodge("RB473124829US").json()["status"] == "scored"
    assert trial.lodge("RB473124829US").json()["status"] == "repeated"
    amended = trial.lodge("RB473124829US", gross_weight_g=1901).json()
    assert (amended["status"], amended["version"]) == ("amended", 2)
    read = trial.http.get("/v1/parcels/RB473124829US", headers=trial.sandbox).json()
    assert [one["version"] for one in read["answers"]] == [2]
    reported = {"parcel_id": "RB473124829US", "condition": "leaking"}
    assert trial.http.post("/v1/reports", json=reported, headers=trial.sandbox).json()["status"] == "recorded"
    assert "RB473124829US" in trial.http.get("/v1/replies", headers=trial.sandbox).text
    mixed = {"parcels": [{**EXAMPLE, "parcel_id": "RB473124885US"}, {"stream": "ems"}, {"parcel_id": "SBX-R-MISSING"}]}
    done = trial.http.post("/v1/manifests", json=mixed, headers=trial.sandbox).json()
    assert (done["n_scored"], done["n_rejected"]) == (1, 2)
    assert trial.http.post("/v1/parcels?validate_ony=1", json=EXAMPLE, headers=trial.sandbox).status_code == 422
    assert trial.lodge("RB473124829US", validate_only=True).status_code == 200
    valid = trial.http.post("/v1/parcels?validate_only=true", json=EXAMPLE, headers=trial.sandbox).json()
    assert valid["status"] == "valid"


def test_a_repeated_request_gets_the_first_answer(trial: Trial) -> None:
    keyed = {**trial.sandbox, "Idempotency-Key": "row-1"}
    first = trial.lodge("RB473124832US", by=keyed)
    again = trial.lodge("RB473124832US", by=keyed)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert trial.lodge("RB473124846US", by=keyed).json()["title"] == "Idempotency key used before"


def test_nothing_of_it_is_on_record_and_nothing_on_record_is_reached(trial: Trial) -> None:
    assert trial.lodge("RB473124850US", by=trial.real).status_code == 200
    tables, tally, seq = trial.tables(), dict(trial.office.tally), trial.office.writer.last_seq
    history = trial.office.writer.digest()
    for number in ("RB473124850US", "SBX-OPEN", "SBX-HOLD", "SBX-R-MISSING", "RB473124863US"):
        trial.lodge(number, gross_weight_g=7)
    trial.http.post("/v1/reports", json={"parcel_id": "SBX-OPEN", "condition": "leaking"}, headers=trial.sandbox)
    trial.http.post("/v1/manifests", json={"parcels": [{"stream": "ems"}]}, headers=trial.sandbox)
    assert trial.tables() == tables, "events, scores, quarantine, keys, audit: no row of any table"
    assert (dict(trial.office.tally), trial.office.writer.last_seq) == (tally, seq)
    assert trial.office.writer.digest() == history
    assert trial.lodge("RB473124850US", by=trial.real).json()["status"] == "repeated", "what is on record is as before"
    assert trial.http.get("/v1/parcels/RB473124850US", headers=trial.real).json()["answers"][0]["degraded"] != MARK


def test_figures_count_it_apart(trial: Trial) -> None:
    def of_parcels() -> list[str]:
        lines = trial.http.get("/metrics").text.splitlines()
        return [line for line in lines if "requests_total" in line and "/v1/parcels" in line]

    before = of_parcels()
    trial.lodge("SBX-OPEN")
    assert of_parcels() == before
    assert 'route="sandbox"' in trial.http.get("/metrics").text


def test_clients_of_the_sandbox_do_not_see_each_other(trial: Trial) -> None:
    trial.lodge("RB473124877US")
    assert trial.http.get("/v1/parcels/RB473124877US", headers=trial.other).status_code == 404
    assert trial.http.get("/v1/parcels/RB473124877US", headers=trial.real).status_code == 404


def test_every_route_of_the_office_is_shut(trial: Trial) -> None:
    paths: dict[str, Any] = trial.http.app.openapi()["paths"]  # type: ignore[attr-defined]
    own = {"/v1/parcels", "/v1/manifests", "/v1/parcels/{parcel_id}", "/v1/replies", "/v1/reports", "/v1/oauth/token"}
    for path, methods in paths.items():
        for method in methods if path.startswith("/v1/") and path not in own else ():
            answer = trial.http.request(method, path, headers=trial.sandbox)
            assert (answer.status_code, answer.json()["title"]) == (404, "Not in the sandbox"), path
    assert trial.http.get("/v1/reports", headers=trial.sandbox).status_code in (404, 405)
    assert trial.http.get("/v1/parcels/SBX-OPEN").status_code == 401


def test_the_client_program_works_with_it(trial: Trial) -> None:
    transport = trial.http._transport
    with Service("http://testserver", trial.key, allow_http=True, transport=transport) as service:
        assert service.lodge({**EXAMPLE, "parcel_id": "SBX-XRAY"}).referral is Referral.XRAY
        assert service.parcel("SBX-XRAY").degraded == MARK


def test_a_client_is_of_the_sandbox_for_good(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    key = new_client(settings, "trial", operator="post-a", sandbox=True)
    with Store(settings.database) as store, store.begin() as connection:
        found = find_client(connection, key, at_us=0)
    assert found is not None
    assert found.is_sandbox
    with pytest.raises(Exception, match="sandbox"):
        new_client(settings, "trial", operator="post-a")
