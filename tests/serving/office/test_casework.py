"""The switch to an investigation, complaints, waivers, and the accounts of a quarter."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import polars as pl
import pytest

from parcel_risk.accounts import write
from parcel_risk.stored_log import not_for_training
from serving.api.examples import EXAMPLES, PARCEL
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.store import Client, Role
from serving.store.casework import rows, waivers
from serving.store.holds import all_holds
from tests.builders import a_dataset
from tests.serving.api.conftest import Bare
from tests.serving.api.conftest import bare as bare
from tests.serving.bare import client_key
from tests.serving.conftest import bearer
from training.evaluation.label_quality import usable

OLAF = Client(client_id="olaf", role=Role.OFFICER, operator=None)
SUE = Client(client_id="supervisor-1", role=Role.SUPERVISOR, operator=None)
CASE = EXAMPLES["post", "/v1/investigations"]


def office_of(bare: Bare) -> Office:
    office: Office = bare.app.state.office
    return office


def post(bare: Bare, path: str, body: Any, who: dict[str, str] | None = None) -> tuple[int, Any]:
    answer = bare.http.post(f"/v1/{path}", json=body, headers=who or bare.supervisor)
    return answer.status_code, answer.json()


def lodge(bare: Bare, number: str, **changes: Any) -> None:
    assert post(bare, "parcels", {**PARCEL, "parcel_id": number, **changes}, bare.post)[0] == 200


def label_seen(bare: Bare, number: str, client: Client) -> dict[str, str]:
    return look_up(office_of(bare), number, client, with_label=True).parcels[0].label


def test_from_the_switch_on_access_retention_and_training_change_until_it_ends(bare: Bare) -> None:
    number = "RB473124829US"
    lodge(bare, number)
    lodge(bare, number, gross_weight_g=481)
    assert label_seen(bare, number, OLAF)["recipient_name"] == "Lea Meyer"
    assert post(bare, "investigations", CASE, bare.post)[0] == 403
    assert post(bare, "investigations", CASE, bare.auditor)[0] == 403
    status, made = post(bare, "investigations", CASE)
    assert status == 201
    assert post(bare, "investigations", CASE)[0] == 409
    # officers no longer see the persons, a supervisor does
    assert label_seen(bare, number, OLAF) == {}
    for who in (bearer(client_key(bare.settings, "olaf-2", None)), bare.supervisor):
        given = bare.http.post("/v1/evidence", json={"parcel_id": number, "case": "1"}, headers=who)
        with ZipFile(BytesIO(given.content)) as bag:
            assert (b"Lea Meyer" in bag.read("full/data/claims.json")) == (who is bare.supervisor)
    assert label_seen(bare, number, SUE)["recipient_name"] == "Lea Meyer"
    # nothing of it is masked or erased, and no version of it is learned from
    with office_of(bare).store.begin_read() as connection:
        held = [one for one in all_holds(connection, is_open=True) if one.number == number]
    assert [(one.legal_basis, one.made_by) for one in held] == [(CASE["legal_basis"], "supervisor-1")]
    assert len(not_for_training(bare.settings)) == 2
    assert post(bare, f"investigations/{made['id']}/end", None)[0] == 200
    assert post(bare, f"investigations/{made['id']}/end", None)[0] == 409
    assert label_seen(bare, number, OLAF)["recipient_name"] == "Lea Meyer"
    assert not_for_training(bare.settings) == frozenset()
    with office_of(bare).store.begin_read() as connection:
        assert number not in [one.number for one in all_holds(connection, is_open=True)]
    read = bare.http.get("/v1/investigations", headers=bare.auditor).json()["investigations"]
    assert (read[0]["number"], read[0]["began_by"], read[0]["ended_by"]) == (number, "supervisor-1", "supervisor-1")


def test_a_hold_is_made_by_an_officer_read_by_an_auditor_and_lifted_by_a_supervisor(bare: Bare) -> None:
    number = "RB473124863US"
    lodge(bare, number)
    hold = {**EXAMPLES["post", "/v1/holds"], "parcel_id": number}
    officer = bearer(client_key(bare.settings, "olaf-3", None))
    assert post(bare, "holds", hold, bare.post)[0] == 403
    assert post(bare, "holds", {**hold, "parcel_id": "RB000000000US"}, officer)[0] == 409
    status, made = post(bare, "holds", hold, officer)
    assert status == 201
    assert bare.http.get("/v1/holds", headers=officer).status_code == 403
    (one,) = [
        one for one in bare.http.get("/v1/holds", headers=bare.auditor).json()["holds"] if one["number"] == number
    ]
    assert (one["id"], one["made_by"], one["lifted_at"]) == (made["id"], "olaf-3", None)
    assert post(bare, f"holds/{made['id']}/lift", None, officer)[0] == 403
    assert post(bare, f"holds/{made['id']}/lift", None)[0] == 200
    assert post(bare, f"holds/{made['id']}/lift", None)[0] == 409
    assert number not in bare.http.get("/v1/holds", headers=bare.auditor).text


def test_the_hold_of_an_open_investigation_is_not_lifted_alone(bare: Bare) -> None:
    lodge(bare, "RB473124877US")
    begun = post(bare, "investigations", {**CASE, "parcel_id": "RB473124877US"})[1]["id"]
    read = bare.http.get("/v1/investigations", headers=bare.supervisor).json()["investigations"]
    (hold_id,) = [one["hold_id"] for one in read if one["id"] == begun]
    status, problem = post(bare, f"holds/{hold_id}/lift", None)
    assert (status, "End the investigation" in problem["detail"]) == (409, True)
    assert post(bare, f"investigations/{begun}/end", None)[0] == 200
    assert post(bare, f"holds/{hold_id}/lift", None)[0] == 409


def test_results_that_may_be_learned_from_are_not_left_out(bare: Bare) -> None:
    lodge(bare, "RB473124846US")
    case = {**CASE, "parcel_id": "RB473124846US", "may_train": True}
    made = post(bare, "investigations", case)[1]
    assert not_for_training(bare.settings) == frozenset()
    post(bare, f"investigations/{made['id']}/end", None)


def test_labels_of_parcels_under_investigation_are_left_out_of_a_data_set() -> None:
    data = a_dataset(60)
    labelled = data.seq[data.label >= 0]
    without = usable(data, without_stations=(), without_parcels=frozenset(labelled[:3].tolist()))
    assert (without.label >= 0).sum() == labelled.size - 3
    assert np.isnan(without.propensity[data.seq == labelled[0]]).all()
    assert without.digest.startswith(f"{data.digest}-without-3-parcels-")


def test_a_complaint_is_registered_answered_once_and_linked_to_its_parcel(bare: Bare) -> None:
    lodge(bare, "RB473124850US")
    complaint = {"subject": "delay", "reference": "C-1", "parcel_id": "RB473124850US"}
    assert post(bare, "complaints", complaint, bare.post)[0] == 403
    assert post(bare, "complaints", {**complaint, "parcel_id": "RB000000000US"})[0] == 409
    made = post(bare, "complaints", complaint)[1]["id"]
    answer = {"answer": "upheld", "reference": "C-1-2"}
    assert post(bare, f"complaints/{made}/answer", answer)[0] == 200
    assert post(bare, f"complaints/{made}/answer", answer)[0] == 409
    read = bare.http.get("/v1/complaints", headers=bare.auditor).json()["complaints"]
    assert [(one["number"], one["answer"]) for one in read if one["id"] == made] == [("RB473124850US", "upheld")]


def test_a_waiver_says_what_is_done_instead_and_has_an_end(bare: Bare) -> None:
    waiver = EXAMPLES["post", "/v1/waivers"]
    assert post(bare, "waivers", {**waiver, "last_on": "2026-09-30"})[0] == 409
    assert post(bare, "waivers", {name: waiver[name] for name in waiver if name != "instead"})[0] == 422
    assert post(bare, "waivers", waiver)[0] == 201
    (kept,) = bare.http.get("/v1/waivers", headers=bare.auditor).json()["waivers"]
    assert {name: kept[name] for name in waiver} == waiver
    assert kept["made_by"] == "supervisor-1"
    assert bare.http.get("/v1/waivers", headers=bare.post).status_code == 403


def work(bare: Bare) -> str:
    """A quarter of work: four parcels that came, one of them undeclared; two examined, one with a finding."""
    found, clean, waiting = "RB473124863US", "RB473124877US", "RB473124885US"
    for number in (found, clean, waiting):
        lodge(bare, number)
        scan = {"parcel_id": number, "state": "presented", "station": "hall 1"}
        assert post(bare, "scans", {"scans": [scan]})[0] == 200
    observed = {"items": [{"stream": "letter", "dispatch_country": "TH", "parcel_id": "RB473124894TH"}]}
    assert post(bare, "observed", observed)[0] == 200
    stage = {"stage": "opened", "inspected_at": bare.clock.at.isoformat(), "duration_s": 600}
    stages = [
        {**stage, "parcel_id": found, "result": "found", "finding_class": "synthetic"},
        {**stage, "parcel_id": clean, "result": "nothing_found"},
    ]
    assert post(bare, "stages", {"stages": stages})[1]["n_recorded"] == 2
    exhibit = post(bare, "exhibits", {"parcel_id": found, "seal": "S-1", "gross_g": 120})[1]["number"]
    bare.clock.pass_by(hours=5)
    assert post(bare, "scans", {"scans": [{"parcel_id": clean, "state": "released"}]})[0] == 200
    assert post(bare, f"exhibits/{exhibit}/entries", {"kind": "destroyed", "reference": "P-1"})[0] == 200
    post(bare, "waivers", EXAMPLES["post", "/v1/waivers"])
    at = bare.clock.at
    return f"{at.year}-Q{(at.month - 1) // 3 + 1}"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A service whose quarter holds nothing else."""
    yield from bare.__wrapped__(tmp_path_factory)  # type: ignore[attr-defined]


def test_the_accounts_of_a_quarter_add_up(own: Bare, tmp_path: Path) -> None:
    quarter = work(own)
    assert own.http.get(f"/v1/accounts/{quarter}", headers=own.post).status_code == 403
    found = own.http.get(f"/v1/accounts/{quarter}", headers=own.auditor).json()
    names = ("operator", "origin_country", "n_arrived", "n_declared")
    rows = [tuple(row[name] for name in names) for row in found["coverage"]]
    assert rows == [("post-a", "US", 3, 3), ("undeclared", "TH", 1, 0)]
    assert [(row["operator"], row["instead"]) for row in found["waivers"]] == [
        ("post-a", "every tenth receptacle is x-rayed")
    ]
    sites = {row["site"]: row for row in found["sites"]}
    assert (sites["DEFRAX"]["n_examined"], sites["DEFRAX"]["n_found"]) == (2, 1)
    arms = found["arms"]
    assert (sum(row["n_examined"] for row in arms), sum(row["minutes"] for row in arms)) == (2, 20.0)
    assert [row["minutes_per_finding"] for row in arms if row["n_found"]] == [sum(row["minutes"] for row in arms)]
    # without a model nothing is estimated, and nothing is called clean
    assert (found["missed"]["missed"], found["missed"]["n_found"]) == (None, 0)
    assert "cannot be estimated" in found["missed"]["problem"]
    [hall] = found["holding"]
    assert (hall["part"], hall["n_ended"], hall["n_open"], hall["median_hours"]) == ("DEFRAX", 1, 2, 5.0)
    assert (found["custody"]["n_ended"], found["custody"]["median_hours"]) == (1, 5.0)
    files = {path.name for path in write(own.settings, quarter, tmp_path)}
    assert files >= {f"accounts-{quarter}.json", f"coverage-{quarter}.csv", f"sites-{quarter}.csv"}
    assert json.loads((tmp_path / f"accounts-{quarter}.json").read_text("utf-8")) == found
    assert pl.read_csv(tmp_path / f"coverage-{quarter}.csv")["n_arrived"].sum() == 4
    assert "RB4731248" not in (tmp_path / f"accounts-{quarter}.json").read_text("utf-8")


def test_a_long_register_is_counted_whole_and_its_newest_rows_are_shown(bare: Bare) -> None:
    waiver = EXAMPLES["post", "/v1/waivers"]
    row = {name: waiver[name] for name in ("operator", "reason", "instead", "first_on", "last_on")}
    made = [{**row, "made_by": "sue", "made_at": number} for number in range(10_050)]
    with office_of(bare).store.begin() as connection:
        before = len(rows(connection, waivers))
        connection.execute(waivers.insert(), made)
        assert len(rows(connection, waivers)) == before + len(made)
        assert [one["made_at"] for one in rows(connection, waivers, newest=2)] == [10_048, 10_049]
    shown = bare.http.get("/v1/waivers", headers=bare.auditor).json()["waivers"]
    assert len(shown) == 10_000
    assert shown[-1]["id"] == before + len(made)
