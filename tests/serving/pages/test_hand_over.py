"""Handing a parcel over to a second officer: who may, whom it reaches, and where it comes first."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from parcel_risk.demo import EXAMPLE
from serving.app import create_app
from serving.store import Role
from serving.store.audit import entries
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

URGENT, PLAIN, RELEASED = "EE473124829TH", "EE473124832TH", "RR516273840PL"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A line that opens everything, with two parcels, and three people who inspect."""
    settings = bare_settings(tmp_path_factory.mktemp("handed")).model_copy(update={"capacity_share": 1.0})
    clock = Clock()
    app = create_app(settings, clock)
    app.state.keys = {name: client_key(settings, name, None) for name in ("ann", "bob")}
    app.state.keys |= {
        "sue": client_key(settings, "sue", None, Role.SUPERVISOR),
        "post": client_key(settings, "post", "post-a"),
    }
    client_key(settings, "aud", None, Role.AUDITOR)
    with TestClient(app, raise_server_exceptions=False) as api:
        for number in (URGENT, PLAIN):
            row = {**EXAMPLE, "parcel_id": number}
            assert api.post("/v1/parcels", json=row, headers=bearer(app.state.keys["post"])).status_code == 200
            clock.pass_by(seconds=1)
        yield app


def browser(app: FastAPI, who: str) -> TestClient:
    api = TestClient(app, raise_server_exceptions=False)
    api.post("/station/login", data={"key": app.state.keys[who]})
    return api


def give(api: TestClient, number: str, to: str, reason: str = "second_opinion") -> str:
    form = {"parcel_id": number, "operator": "post-a", "to": to, "handover_reason": reason}
    answer = api.post("/station/hand-over", data=form, follow_redirects=False)
    return str(answer.headers.get("location", answer.status_code))


def rows(api: TestClient) -> list[str]:
    return re.findall(r'<tr data-parcel="(\w+)"', api.get("/station/queue").text)


def test_strangers_hand_nothing_over(app: FastAPI) -> None:
    assert give(TestClient(app), PLAIN, "bob").startswith("/station/login")


def test_a_parcel_comes_first_in_the_queue_of_whom_it_was_handed_over_to(app: FastAPI) -> None:
    ann, bob, sue = (browser(app, who) for who in ("ann", "bob", "sue"))
    assert rows(bob) == rows(ann) == rows(sue)
    last = rows(ann)[-1]
    other = rows(ann)[0]
    assert give(ann, last, "bob") == f"/station?parcel={last}&message=handed_over"
    assert rows(bob) == [last, other]
    assert rows(ann) == [other, last]
    assert "Handed over to you by <bdi>ann</bdi>" in bob.get("/station/queue").text
    assert "Handed over to <bdi>bob</bdi> by <bdi>ann</bdi>" in sue.get("/station", params={"parcel": last}).text
    assert "a second opinion is needed" in bob.get("/station", params={"parcel": last}).text
    with app.state.office.store.begin_read() as connection:
        found = [
            (one.who, one.detail) for one in entries(connection, after=0, limit=1000) if one.action == "handed over"
        ]
    assert found == [("ann", "to bob: second_opinion")]
    give(ann, last, "bob")
    with app.state.office.store.begin_read() as connection:
        again = [one for one in entries(connection, after=0, limit=1000) if one.action == "handed over"]
    assert len(again) == 1, "once is enough"
    give(bob, last, "sue", "needs_opening")
    assert rows(sue)[0] == last
    assert rows(bob) == [other, last]


def test_it_is_done_when_the_outcome_is_on_record(app: FastAPI) -> None:
    ann, bob = browser(app, "ann"), browser(app, "bob")
    give(ann, PLAIN, "bob")
    form = {"parcel_id": PLAIN, "operator": "post-a", "result": "nothing_found", "method": "opened"}
    assert bob.post("/station/outcome", data=form).status_code == 200
    assert PLAIN not in rows(bob)
    assert "Handed over" not in bob.get("/station", params={"parcel": PLAIN}).text
    assert give(ann, PLAIN, "bob") == "422", "an outcome is on record"


@pytest.mark.parametrize(
    ("to", "reason", "says"),
    [
        ("ann", "second_opinion", "a second officer is another person"),
        ("aud", "second_opinion", "no officer of this name"),
        ("nobody", "second_opinion", "no officer of this name"),
        ("bob", "", "Choose why"),
        ("bob", "because", "the form does not offer this value"),
    ],
)
def test_what_is_refused_is_said_on_the_card(app: FastAPI, to: str, reason: str, says: str) -> None:
    form = {"parcel_id": URGENT, "operator": "post-a", "to": to, "handover_reason": reason}
    answer = browser(app, "ann").post("/station/hand-over", data=form)
    assert answer.status_code == 422
    assert says in answer.text
    assert URGENT in answer.text


def test_the_card_offers_the_other_officers(app: FastAPI) -> None:
    card = browser(app, "ann").get("/station", params={"parcel": URGENT}).text
    (choice,) = re.findall(r'<select id="field-to".*?</select>', card, re.DOTALL)
    assert re.findall(r'<option value="(\w+)"', choice) == ["bob", "sue"]
