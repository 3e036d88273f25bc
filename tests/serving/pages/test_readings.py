"""What scanners deliver, at the station, in the API and with outcomes: found, or answered with what is the matter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office.lookup import MOST_SHOWN
from serving.store import Role
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import Keys, bearer

PARCELS: dict[str, dict[str, Any]] = {
    "RR516273840PL": {"stream": "letter", "receptacle_id": "PLWAWADEFRAACCN60417002110094"},
    "1Z8V92A70367203024": {"stream": "express", "house_bill": "HB 77-2026-031"},
    "790535312317": {"stream": "express", "master_bill": "020-81140743"},
    "9400111206206406260787": {"stream": "parcel"},
    "JD014600004321098765": {"stream": "express", "house_bill": "8487135506"},
    "JJD1410302937991": {"stream": "parcel"},
    "00340433836442636597": {"stream": "parcel"},
    "09980000020033F": {"stream": "parcel"},
    "box 44/b": {"stream": "parcel"},
}
READINGS = {
    "rr 516 273 840 pl": "RR516273840PL",
    "]C0RR516273840PL": "RR516273840PL",
    "*RR-516273840-PL*\t": "RR516273840PL",
    "\x02RR516273840PL\x03\r\n": "RR516273840PL",
    "RR516273840PLRR516273840PL": "RR516273840PL",
    "\u202eRR\u00a0516\u2009273840PL": "RR516273840PL",
    "https://sledzenie.example.org/?numer=RR516273840PL&lang=pl": "RR516273840PL",
    "1z 8v9 2a7 03 6720 3024": "1Z8V92A70367203024",
    "HB772026031": "1Z8V92A70367203024",
    "7905 3531 2317": "790535312317",
    "1002297871540001000300790535312317": "790535312317",
    "020 8114 0743": "790535312317",
    "420101159400111206206406260787": "9400111206206406260787",
    "4201011512349400111206206406260787": "9400111206206406260787",
    "9400 1112 0620 6406 2607 87": "9400111206206406260787",
    "(J) JD01 4600 0043 2109 8765": "JD014600004321098765",
    "84 8713 5506": "JD014600004321098765",
    "JD1410302937991": "JJD1410302937991",
    "(00)340433836442636597": "00340433836442636597",
    "]C1101234A\x1d00340433836442636597": "00340433836442636597",
    "340433836442636597": "00340433836442636597",
    "008182709980000020033350276": "09980000020033F",
    "BOX 44/B": "box 44/b",
    "PLWAWADEFRAACCN60417002110094": "RR516273840PL",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Keys]]:
    """A service with the parcels lodged, whose officer is signed in."""
    with serving(tmp_path_factory.mktemp("readings")) as (api, keys):
        for number, more in PARCELS.items():
            lodged = api.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number, **more}, headers=bearer(keys.post))
            assert lodged.status_code == 200, lodged.text
        yield api, keys


class serving:
    """A service of its own, without a model."""

    def __init__(self, folder: Path) -> None:
        settings = bare_settings(folder)
        self.client = TestClient(create_app(settings, Clock()))
        self.keys = Keys(
            post=client_key(settings, "post", "post-a"),
            courier=client_key(settings, "courier", "courier-a"),
            officer=client_key(settings, "officer", None),
            supervisor=client_key(settings, "supervisor", None, Role.SUPERVISOR),
            auditor=client_key(settings, "auditor", None, Role.AUDITOR),
            analyst=client_key(settings, "analyst-1", None, Role.ANALYST),
        )

    def __enter__(self) -> tuple[TestClient, Keys]:
        api = self.client.__enter__()
        api.post("/station/login", data={"key": self.keys.officer})
        return api, self.keys

    def __exit__(self, *error: Any) -> None:
        self.client.__exit__(*error)


def station(api: TestClient, reading: str) -> str:
    response = api.get("/station", params={"parcel": reading})
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize(("reading", "number"), READINGS.items())
def test_a_reading_is_found_at_the_station_and_in_the_api(
    service: tuple[TestClient, Keys], reading: str, number: str
) -> None:
    api, keys = service
    page = station(api, reading)
    assert f"<bdi>{number}</bdi> <span>lodged by <bdi>post-a</bdi>" in page
    assert page.count("<article") == 1
    for key in (keys.post, keys.officer):
        answer = api.get(f"/v1/parcels/{quote(reading, safe='')}", headers=bearer(key))
        assert answer.json()["answers"][0]["parcel_id"] == number, answer.text
    assert api.get(f"/v1/parcels/{quote(reading, safe='')}", headers=bearer(keys.courier)).status_code == 404


_GAPS = ("", "", " ", "-", "\u00a0", "\u200b", ".")


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.sampled_from(sorted(PARCELS)), data=st.data())
def test_any_spelling_of_a_number_finds_the_same_parcel(
    service: tuple[TestClient, Keys], number: str, data: st.DataObject
) -> None:
    api, keys = service
    gaps = data.draw(st.lists(st.sampled_from(_GAPS), min_size=len(number), max_size=len(number)))
    spelled = number[0] + "".join(gap + one for gap, one in zip(gaps[1:], number[1:], strict=True))
    reading = data.draw(st.sampled_from((spelled, spelled.lower(), spelled.upper())))
    answer = api.get(f"/v1/parcels/{quote(reading, safe='')}", headers=bearer(keys.officer))
    assert [one["parcel_id"] for one in answer.json()["answers"]] == [number]


MISREADS = {
    "RR516273440PL": "RR516273840PL",
    "RR5I6273840PL": "RR516273840PL",
    "RR(&-\u00e9\u00e8\"_'\u00e0PL": "RR516273840PL",
    "1Y8V92A70367203024": "1Z8V92A70367203024",
    "1Z8V92A70367203034": "1Z8V92A70367203024",
    "\u041a\u041a516273840\u0417\u0414": "RR516273840PL",
    "RR%!^@&#*$)PL": "RR516273840PL",
    "RR516273840PL7": "RR516273840PL",
    "790535312313": "790535312317",
    "(00)340433836442636591": "00340433836442636597",
    "420101159400111206206406260788": "9400111206206406260787",
}


@pytest.mark.parametrize(("reading", "number"), MISREADS.items())
def test_a_misread_is_called_so_with_what_it_may_be(
    service: tuple[TestClient, Keys], reading: str, number: str
) -> None:
    api, keys = service
    page = station(api, reading)
    assert "Probably a misread: scan again" in page
    assert f"<bdi>{number}</bdi></a>" in page
    assert "lodged by" not in page
    answer = api.get(f"/v1/parcels/{quote(reading, safe='')}", headers=bearer(keys.post))
    assert (answer.status_code, answer.json()["title"]) == (404, "Probably a misread")


def test_a_misread_of_nothing_on_record_is_called_so_too(service: tuple[TestClient, Keys]) -> None:
    page = station(service[0], "EG230930845KR")
    assert "Probably a misread: scan again" in page
    assert "On record and similar" not in page


def test_two_parcels_in_one_reading_are_never_taken_for_one(service: tuple[TestClient, Keys]) -> None:
    api, keys = service
    together = "RR516273840PL\r\n1Z8V92A70367203024"
    page = station(api, together)
    assert "Several numbers were read: scan one parcel" in page
    assert "<bdi>RR516273840PL</bdi></a>" in page
    assert "<bdi>1Z8V92A70367203024</bdi></a>" in page
    assert "lodged by" not in page
    page = station(api, "RR516273840PL1Z8V92A70367203024")
    assert "Probably a misread: scan again" in page
    assert "<bdi>RR516273840PL</bdi></a>" in page
    listed = quote("RR516273840PL, 1Z8V92A70367203024", safe="")
    answer = api.get(f"/v1/parcels/{listed}", headers=bearer(keys.post))
    assert (answer.status_code, answer.json()["title"]) == (404, "Several numbers")


@pytest.mark.parametrize("reading", ["h", "RB473", "no number at all"])
def test_a_scan_that_was_cut_is_not_answered_as_a_parcel(service: tuple[TestClient, Keys], reading: str) -> None:
    page = station(service[0], reading)
    assert "Not a whole number: scan again" in page
    assert "Nothing was declared" not in page
    answer = service[0].get(f"/v1/parcels/{reading}", headers=bearer(service[1].officer))
    assert (answer.status_code, answer.json()["title"]) == (404, "Not a whole number")


@pytest.mark.parametrize("reading", ["EG230930844KR", "C31234567890"])
def test_nothing_was_declared_is_said_where_nothing_was(service: tuple[TestClient, Keys], reading: str) -> None:
    page = station(service[0], reading)
    assert "No manifest for this parcel" in page
    assert "Nothing was declared in advance" in page


def test_an_outcome_by_a_scanned_number_belongs_to_the_parcel(service: tuple[TestClient, Keys]) -> None:
    api, keys = service
    for number, stored in (
        ("1002297871540001000300790535312317", "790535312317"),
        ("]C0rr 516 273 840 pl", "RR516273840PL"),
        ("84 8713 5506", "JD014600004321098765"),
    ):
        body = {"outcomes": [{"parcel_id": number, "result": "nothing_found"}]}
        (result,) = api.post("/v1/outcomes", json=body, headers=bearer(keys.officer)).json()["results"]
        assert (result["status"], result["parcel_id"], result["operator"]) == ("recorded", stored, "post-a")
        assert "Outcome on record" in station(api, stored)


def test_invisible_marks_are_named_and_the_number_is_isolated(service: tuple[TestClient, Keys]) -> None:
    page = station(service[0], "\u202eEG230930844KR\u200b")
    assert "left out: <bdi>right-to-left override, zero width space</bdi>." in page
    assert "<bdi>EG230930844KR</bdi>" in page
    assert "\u202e" not in page


def test_4096_characters_are_looked_up_and_more_are_refused_in_words(service: tuple[TestClient, Keys]) -> None:
    api, keys = service
    number = "RR516273840PL"
    assert f"<bdi>{number}</bdi> <span>lodged by" in station(api, "x" * (4_095 - len(number)) + " " + number)
    page = station(api, "7" * 4_097)
    assert "the reading has 4,097 characters; up to 4,096 are understood." in page
    assert "777" not in page
    answer = api.get(f"/v1/parcels/{'7' * 4_097}", headers=bearer(keys.post))
    assert (answer.status_code, answer.json()["title"]) == (422, "Reading too long")
    assert "maxlength" not in api.get("/station").text


def test_a_rejected_row_is_answered_with_that_and_why(tmp_path: Path) -> None:
    good = {**EXAMPLE, "parcel_id": "RR516273853PL"}
    with serving(tmp_path) as (api, keys):
        assert "No manifest for this parcel" in station(api, "EG230930844KR")
        manifest = {"parcels": [{**good, "parcel_id": "EG 230 930 844 KR", "lodged_at": "11/12/2026"}, good]}
        sent = api.post("/v1/manifests", json=manifest, headers=bearer(keys.post))
        assert sent.json()["n_rejected"] == 1
        long_ago = "1970-01-01T00:00:00Z"
        csv = f"parcel_id,lodged_at\nEE473124829TH,yesterday\n790535312317,{long_ago}\nK-77 a,{long_ago}\n"
        headers = {**bearer(keys.post), "Content-Type": "text/csv"}
        assert api.post("/v1/manifests", content=csv, headers=headers).json()["n_rejected"] == 3
        for reading in ("]C0EG230930844KR", "EE 473 124 829 TH", "7905 3531 2317", "k-77 A"):
            page = station(api, reading)
            assert "Lodged and rejected" in page, reading
            assert "Rejected from <bdi>post-a</bdi>" in page
            assert "<code>lodged_at</code>: " in page
            assert "Nothing was declared" not in page
        own = api.get("/v1/parcels/EG230930844KR", headers=bearer(keys.post))
        assert (own.status_code, own.json()["title"]) == (404, "Lodged and rejected")
        assert own.json()["errors"][0]["field"] == "lodged_at"
        other = api.get("/v1/parcels/EG230930844KR", headers=bearer(keys.courier))
        assert (other.status_code, other.json()["title"]) == (404, "Unknown parcel")


def test_a_master_bill_shows_the_newest_of_many_parcels(tmp_path: Path) -> None:
    n = MOST_SHOWN + 5
    rows = [{**EXAMPLE, "parcel_id": f"C300000{i:05d}", "master_bill": "180 1234 5675"} for i in range(n)]
    with serving(tmp_path) as (api, keys):
        assert api.post("/v1/manifests", json={"parcels": rows}, headers=bearer(keys.post)).json()["n_scored"] == n
        page = station(api, "180-12345675")
        assert "This is the master bill of 25 parcels; the newest 20 are shown." in page
        assert page.count("chosen=") == MOST_SHOWN
        answer = api.get("/v1/parcels/180-12345675", headers=bearer(keys.post)).json()
        assert (answer["found_by"], answer["n_parcels"], len(answer["answers"])) == ("master_bill", n, MOST_SHOWN)


def test_two_spellings_lodge_one_parcel(tmp_path: Path) -> None:
    with serving(tmp_path) as (api, keys):
        for number, status in (("RR 516 273 853 PL", "scored"), ("rr516273853pl", "repeated")):
            answer = api.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number}, headers=bearer(keys.post)).json()
            assert (answer["status"], answer["parcel_id"]) == (status, "RR516273853PL")
