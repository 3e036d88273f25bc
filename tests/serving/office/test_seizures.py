"""Seizure forms: entered once by an officer about a finding, corrected by another form, exported without a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi import FastAPI

from features.handling.seizure import SEIZURE_FIELDS, is_cas
from features.parcel.problems import ParcelRiskError
from parcel_risk.seizure import entered, exported
from serving.api.examples import EXAMPLES, PARCEL
from serving.messages.seizure_records import known, recipients
from serving.office.office import Office
from serving.office.seizures import numbered
from serving.store.audit import entries
from tests.serving.api.conftest import Bare
from tests.serving.api.conftest import bare as bare

FORM = EXAMPLES["post", "/v1/seizures"]
PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}


def found(bare: Bare, number: str) -> dict[str, Any]:
    """A parcel with a finding; the form about it."""
    sent = bare.http.post("/v1/parcels", json={**PARCEL, "parcel_id": number}, headers=bare.post)
    assert sent.status_code == 200, sent.text
    outcome = {"parcel_id": number, "result": "found", "finding_class": "synthetic", "method": "opened"}
    recorded = bare.http.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=bare.supervisor)
    assert recorded.json()["results"][0]["status"] in ("recorded", "repeated")
    return {**FORM, "parcel_id": number}


def enter(bare: Bare, **form: Any) -> tuple[int, dict[str, Any]]:
    response = bare.http.post("/v1/seizures", json=form, headers=bare.supervisor)
    return response.status_code, dict(response.json())


def test_only_officers_enter_and_read_forms(bare: Bare) -> None:
    assert bare.http.post("/v1/seizures", json=FORM).status_code == 401
    assert bare.http.post("/v1/seizures", json=FORM, headers=bare.post).status_code == 403
    where = {"params": {"parcel_id": "RB473124829US"}}
    assert bare.http.get("/v1/seizures", **where, headers=bare.auditor).status_code == 403
    export = {"params": {"recipient": "cen", **PERIOD}}
    assert bare.http.get("/v1/seizures/export", **export, headers=bare.post).status_code == 403


def test_a_form_needs_a_finding_and_fills_in_what_is_known(bare: Bare) -> None:
    number = "RB473124846US"
    bare.http.post("/v1/parcels", json={**PARCEL, "parcel_id": number}, headers=bare.post)
    status, refused = enter(bare, **{**FORM, "parcel_id": number})
    assert (status, refused["title"]) == (409, "Seizure form not usable")
    assert "Record the finding first" in refused["detail"]
    status, made = enter(bare, **found(bare, number))
    assert (status, made["form"]["departure_country"], made["form"]["method"]) == (200, None, "opened")
    assert made["form"]["destination_country"] == "DE"
    assert made["by"] == "supervisor-1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"form": "tablets", "unit": "ml"}, "unit"),
        ({"cas": "1246816-62-4"}, "cas"),
        ({"purity_bp": 8000}, "purity_bp"),
        ({"corrects": "SZ00009999"}, "corrects"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused_with_its_field(
    bare: Bare, changes: dict[str, Any], field: str
) -> None:
    status, refused = enter(bare, **{**found(bare, "RB473124850US"), **changes})
    assert (status, refused["detail"].split(":")[0]) == (409, field)


def test_the_check_digit_of_a_cas_number() -> None:
    assert is_cas("1246816-62-5")
    assert is_cas("50-36-2")
    assert not is_cas("50-36-3")


def test_a_correction_replaces_a_form_and_only_the_newer_one_is_exported(bare: Bare) -> None:
    form = found(bare, "RB473124863US")
    first = enter(bare, **form)[1]
    second = enter(bare, **{**form, "quantity": 99, "corrects": first["number"]})[1]
    assert second["replaces"] == first["number"]
    read = bare.http.get("/v1/seizures", params={"parcel_id": "RB473124863US"}, headers=bare.supervisor).json()
    assert [one["number"] for one in read["seizures"]] == [second["number"]]
    export = bare.http.get(
        "/v1/seizures/export", params={"recipient": "statistics", **PERIOD}, headers=bare.supervisor
    ).json()
    mine = [one["form"] for one in export["records"] if one["form"] in (first["number"], second["number"])]
    assert (mine, export["verified"]) == ([second["number"]], True)
    assert enter(bare, **{**form, "corrects": first["number"]})[0] == 409


@pytest.mark.parametrize("recipient", sorted(recipients()))
def test_no_export_holds_a_number_of_a_parcel(bare: Bare, recipient: str) -> None:
    enter(bare, **found(bare, "RB473124877US"))
    given = {"recipient": recipient, **PERIOD, "format": "csv"}
    export = bare.http.get("/v1/seizures/export", params=given, headers=bare.supervisor)
    table = pl.read_csv(export.content)
    assert table.columns == [column.name for column in recipients()[recipient].columns]
    assert table.height > 0
    assert "RB4731248" not in export.text


def test_every_column_comes_from_something_that_is_known(bare: Bare, app_office: Office) -> None:
    number = enter(bare, **found(bare, "RB473124885US"))[1]["number"]
    with app_office.store.begin_read() as connection:
        one = numbered(connection, number)
        actions = [entry.action for entry in entries(connection, limit=10_000)]
    assert one is not None
    fields = known(one)
    sources = {column.source for of in recipients().values() for column in of.columns}
    assert sources <= fields.keys()
    assert {field.name for field in SEIZURE_FIELDS} - {"parcel_id"} <= fields.keys()
    assert "seizure" in actions


@pytest.fixture
def app_office(bare: Bare) -> Office:
    app: FastAPI = bare.app
    office: Office = app.state.office
    return office


def test_the_page_shows_the_form_and_enters_it(bare: Bare) -> None:
    http = bare.http
    assert http.get("/station/seizure", follow_redirects=False).status_code == 303
    form = found(bare, "RB473124894US")
    http.post("/station/login", data={"key": bare.supervisor["Authorization"].split()[1]})
    assert "What was found" in http.get("/station/seizure", params={"parcel": "RB473124894US"}).text
    wrong = http.post("/station/seizure", data={**form, "substance": ""})
    assert wrong.status_code == 422
    assert "Substance" in wrong.text
    assert "it is empty" in wrong.text
    done = http.post("/station/seizure", data=form)
    assert (done.status_code, "3-MMC" in done.text, "Form entered." in done.text) == (200, True, True)
    http.post("/station/logout")


def test_the_command_enters_and_exports(bare: Bare, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "form.toml"
    file.write_text('substance = "3-MMC"\n', "utf-8")
    with pytest.raises(ParcelRiskError, match=r"form\.toml, parcel_id: "):
        entered(bare.settings, file, "supervisor-1")
    enter(bare, **found(bare, "RB473124903US"))
    with pytest.raises(ParcelRiskError, match="is no recipient"):
        exported(bare.settings, "nobody", *_years(), tmp_path / "x.csv")
    n = exported(bare.settings, "cen", *_years(), tmp_path / "cen.csv")
    assert pl.read_csv(tmp_path / "cen.csv").height == n > 0
    assert "columns not verified" in capsys.readouterr().out


def _years() -> tuple[Any, Any]:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
