"""The history of a parcel's parties on its card: counts, earlier results, and who may read them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.office import casework
from serving.store import Client, Role
from serving.store.audit import entries
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.pages.desk.conftest import cells

FIRST, SECOND, THIRD, OTHER = "EE473124829TH", "EE473124832TH", "EE473124846TH", "EE473124850TH"
PATH = "/station/history"
SUE = Client(client_id="sue", role=Role.SUPERVISOR, operator=None)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[FastAPI]:
    """Three parcels of one sender, two of them inspected, and one of another."""
    settings = bare_settings(tmp_path_factory.mktemp("past"))
    app = create_app(settings, clock)
    app.state.keys = {
        "post": client_key(settings, "post", "post-a"),
        "officer": client_key(settings, "officer-7", None),
        "supervisor": client_key(settings, "sue", None, Role.SUPERVISOR),
    }
    with TestClient(app, raise_server_exceptions=False) as api:
        other = {"sender_name": "Quite Another", "sender_street": "Elsewhere 9", "recipient_name": "Someone Else"}
        address = {"recipient_street": "Am Markt 1", "recipient_postcode": "01067", "recipient_city": "Dresden"}
        for number in (FIRST, SECOND, THIRD):
            lodge(api, app, number)
        lodge(api, app, OTHER, **other, **address, sender_phone=None, sender_email=None)
        clock.pass_by(minutes=1)
        found = {"operator": "post-a", "method": "opened"}
        outcomes = [
            {**found, "parcel_id": FIRST, "result": "nothing_found"},
            {**found, "parcel_id": SECOND, "result": "found", "finding_class": "cannabis"},
        ]
        answer = api.post("/v1/outcomes", json={"outcomes": outcomes}, headers=bearer(app.state.keys["officer"]))
        assert answer.status_code == 200, answer.text
        clock.pass_by(minutes=1)
        yield app


def lodge(api: TestClient, app: FastAPI, number: str, **given: str | None) -> None:
    row = {**EXAMPLE, "parcel_id": number, **given}
    assert api.post("/v1/parcels", json=row, headers=bearer(app.state.keys["post"])).status_code == 200


def signed_in(app: FastAPI, who: str = "officer") -> TestClient:
    api = TestClient(app, raise_server_exceptions=False)
    api.post("/station/login", data={"key": app.state.keys[who]})
    return api


def history(api: TestClient, number: str) -> str:
    answer = api.get(PATH, params={"parcel": number, "operator": "post-a"})
    assert answer.status_code == 200
    return answer.text


def test_neither_strangers_nor_operators_read_a_history(app: FastAPI) -> None:
    for api in (TestClient(app), signed_in(app, "post")):
        answer = api.get(PATH, params={"parcel": THIRD, "operator": "post-a"}, follow_redirects=False)
        assert answer.headers["location"] == "/station/login"


def test_the_history_counts_what_shares_a_party_and_lists_what_was_inspected(app: FastAPI) -> None:
    said = history(signed_in(app), THIRD)
    known = {row[0]: row[1:] for row in cells(said, "Parcels by what they share")}
    assert known["Sender"] == ["3", "3", "3", "3", "1", "2", "1"]
    assert known["Delivery address"][-2:] == ["2", "1"]
    cases = cells(said, "2 inspected parcels that share one of them")
    assert {(row[1], row[3]) for row in cases} == {(FIRST, "Nothing found"), (SECOND, "Contraband found: cannabis")}
    assert "Sender, " in cases[0][2]
    for personal in ("Exampleson", "Lea Meyer"):
        assert personal not in said


def test_a_parcel_is_no_case_of_its_own_and_strangers_share_nothing(app: FastAPI) -> None:
    assert [row[3] for row in cells(history(signed_in(app), SECOND), "1 inspected parcel that shares")] == [
        "Nothing found"
    ]
    sender = next(row for row in cells(history(signed_in(app), OTHER), "Parcels by what") if row[0] == "Sender")
    assert sender[1:] == ["1", "1", "1", "1", "1", "0", "0"]


def test_a_look_is_in_the_audit_with_what_it_showed(app: FastAPI) -> None:
    history(signed_in(app), THIRD)
    with app.state.office.store.begin_read() as connection:
        (*_, newest) = [one for one in entries(connection, after=0, limit=1000) if one.action == "history viewed"]
    assert (newest.who, newest.first, newest.last, newest.detail) == ("officer-7", 1, 3, "for an inspection")


def test_an_unknown_parcel_is_an_error_with_a_remedy(app: FastAPI) -> None:
    answer = signed_in(app).get(PATH, params={"parcel": "NOWHERE1", "operator": "post-a"})
    assert answer.status_code == 404
    assert "Scan it again" in answer.text


def test_officers_read_nothing_of_a_parcel_under_investigation(app: FastAPI) -> None:
    office = app.state.office
    with office.writer.transaction() as transaction:
        begun = casework.begin(
            office, transaction.connection, SECOND, case="K-1", legal_basis="law", may_train=False, client=SUE
        )
    assert "Not shown: the parcel is under investigation" in history(signed_in(app), SECOND)
    assert SECOND not in history(signed_in(app), THIRD)
    assert SECOND in history(signed_in(app, "supervisor"), THIRD)
    with office.writer.transaction() as transaction:
        casework.end(office, transaction.connection, begun, SUE)


def test_windows_end(app: FastAPI, clock: Clock) -> None:
    clock.pass_by(days=40)
    sender = cells(history(signed_in(app), THIRD), "Parcels by what")[0]
    assert sender[1:5] == ["0", "0", "3", "3"]


def test_the_card_leads_to_the_history_without_the_script(app: FastAPI) -> None:
    card = signed_in(app).get("/station", params={"parcel": THIRD}).text
    assert f'href="/station/history?parcel={THIRD}&amp;operator=post-a"' in card
