"""Casework at the station: officers register complaints, supervisors do the rest, registers are for supervisors."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serving.api.examples import PARCEL
from serving.app import create_app
from serving.office.bag_verifier import verify
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

NUMBER = "RB473124829US"
PAGE = "/station/cases"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    settings = bare_settings(tmp_path_factory.mktemp("cases"))
    keys = {
        "olaf": client_key(settings, "olaf", None),
        "sue": client_key(settings, "sue", None, Role.SUPERVISOR),
        "post": client_key(settings, "post", "post-a"),
    }
    with TestClient(create_app(settings, Clock())) as http:
        sent = http.post("/v1/parcels", json={**PARCEL, "parcel_id": NUMBER}, headers=bearer(keys["post"]))
        assert sent.status_code == 200, sent.text
        yield http, keys


def signed_in(station: tuple[TestClient, dict[str, str]], who: str, language: str = "en") -> TestClient:
    http, keys = station
    http.post("/station/logout")
    http.headers["accept-language"] = language
    assert http.post("/station/login", data={"key": keys[who]}).status_code == 200
    return http


def test_an_officer_registers_a_complaint_and_does_no_more(station: tuple[TestClient, dict[str, str]]) -> None:
    http = signed_in(station, "olaf")
    assert "Answer that was given</th>" not in http.get(PAGE).text
    form = {"action": "complain", "subject": "delay", "parcel": NUMBER, "file": "C-2026/4"}
    done = http.post(PAGE, data=form)
    assert (done.status_code, "Done: register a complaint" in done.text) == (200, True)
    assert "Done: " not in http.get(f"{PAGE}?message=nothing+that+was+done").text
    for action in ("answer", "investigate", "end", "stop", "resume"):
        refused = http.post(PAGE, data={**form, "action": action, "row": "1", "why": "x", "answer": "upheld"})
        assert (refused.status_code, "only a supervisor decides" in refused.text) == (422, True)
    assert http.post(PAGE, data={"action": "complain"}).status_code == 422


def test_a_supervisor_answers_investigates_and_stops_the_score(station: tuple[TestClient, dict[str, str]]) -> None:
    http = signed_in(station, "sue")
    http.post(PAGE, data={"action": "complain", "subject": "opened", "file": "C-2026/5"})
    answer = {"action": "answer", "row": "1", "answer": "partly_upheld", "file": "C-2026/5-2"}
    assert "partly upheld" in http.post(PAGE, data=answer).text
    assert "no complaint of this number is open" in http.post(PAGE, data=answer).text
    begin = {"action": "investigate", "parcel": NUMBER, "file": "2026/17", "why": "code, section 163"}
    assert "code, section 163" in http.post(PAGE, data=begin).text
    assert "under investigation already" in http.post(PAGE, data=begin).text
    assert http.post(PAGE, data={"action": "end", "row": "1"}).status_code == 200
    assert "Fill it in" in http.post(PAGE, data={"action": "stop"}).text
    assert "The score is stopped since" in http.post(PAGE, data={"action": "stop", "why": "doubt"}).text
    assert "is stopped already, by sue" in http.post(PAGE, data={"action": "stop", "why": "doubt"}).text
    # everybody at the station reads that it is stopped
    assert "The score is stopped since" in signed_in(station, "olaf").get(PAGE).text
    assert "The score is stopped since" not in signed_in(station, "sue").post(PAGE, data={"action": "resume"}).text


def test_an_officer_keeps_a_parcel_and_a_supervisor_lifts_the_hold(station: tuple[TestClient, dict[str, str]]) -> None:
    http = signed_in(station, "olaf")
    form = {"action": "hold", "parcel": NUMBER, "file": "2026/18", "why": "code, section 94"}
    assert "Fill it in" in http.post(PAGE, data={**form, "why": ""}).text
    assert "Done: keep a parcel from masking and erasure" in http.post(PAGE, data=form).text
    assert "only a supervisor decides" in http.post(PAGE, data={"action": "lift", "row": "2"}).text
    http = signed_in(station, "sue")
    (row,) = re.findall(r"<tr><td>(?:<bdi>)?(\d+)(?:(?!</tr>).)*code, section 94", http.get(PAGE).text)
    done = http.post(PAGE, data={"action": "lift", "row": row}).text
    assert ("Done: lift a legal hold" in done, "code, section 94" in done) == (True, False)
    assert f"no hold {row} is open" in http.post(PAGE, data={"action": "lift", "row": row}).text
    # that of an investigation ends with it, and not by itself
    http.post(PAGE, data={"action": "investigate", "parcel": NUMBER, "file": "2026/19", "why": "section 163"})
    assert "is that of an open investigation" in http.post(PAGE, data={"action": "lift", "row": f"{int(row) + 1}"}).text


def test_a_bag_of_evidence_is_made_at_the_station(station: tuple[TestClient, dict[str, str]], tmp_path: Path) -> None:
    http = signed_in(station, "olaf")
    assert 'href="/station/evidence"' in http.get(PAGE).text
    path = "/station/evidence"
    assert f'value="{NUMBER}"' in http.get(path, params={"parcel": NUMBER}).text
    for wrong in ({"parcel": "", "file": "1"}, {"parcel": NUMBER, "file": ""}, {"parcel": "NOWHERE1", "file": "1"}):
        assert http.post(path, data=wrong).status_code == 422
    given = http.post(path, data={"parcel": NUMBER, "file": "2026/17"})
    assert given.headers["content-disposition"] == 'attachment; filename="evidence.zip"'
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        archive.extractall(tmp_path)
        assert {name.split("/")[0] for name in archive.namelist()} == {"full", "disclosure"}
    for edition in ("full", "disclosure"):
        assert verify(tmp_path / edition, http.app.state.checkpoints.public_key)  # type: ignore[attr-defined]
        assert (tmp_path / edition / "data" / "record.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("language", "title"), [("de", "Beschwerden"), ("fr", "Réclamations"), ("pl", "Skargi")])
def test_the_registers_are_in_the_language_of_the_reader(
    station: tuple[TestClient, dict[str, str]], language: str, title: str
) -> None:
    assert title in signed_in(station, "sue", language).get(PAGE).text


def test_nobody_signed_in_reads_no_register(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    with TestClient(create_app(settings, Clock())) as http:
        for path in (PAGE, "/station/evidence"):
            assert http.get(path, follow_redirects=False).status_code == 303
