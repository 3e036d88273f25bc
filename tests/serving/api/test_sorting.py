"""Sorting machines ask where an item goes and say where it went; what is not known is never nothing asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from data.synthetic.sorter import Habits, Item, Sorter
from features.signing import public_key_of
from parcel_risk.demo import EXAMPLE
from policy.sort_table import read_table
from serving.app import create_app
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Role
from serving.store.sortings import sortings
from serving.store.tables import audit
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

PLAIN, HELD = "RB473124829US", "RB473124832US"


@dataclass
class Hall:
    http: TestClient
    clock: Clock
    settings: Settings
    post: dict[str, str]
    sorter: dict[str, str]
    other: dict[str, str]
    officer: dict[str, str]

    def lodge(self, number: str) -> None:
        assert self.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": number}, headers=self.post).is_success

    def ask(self, *readings: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post("/v1/sort", json={"readings": readings, **more}, headers=self.sorter)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def confirm(self, sort_id: str, chute: str, by: dict[str, str] | None = None) -> Any:
        return self.http.post(f"/v1/sort/{sort_id}/confirmation", json={"chute": chute}, headers=by or self.sorter)

    def position(self, number: str) -> dict[str, Any]:
        return dict(self.http.get(f"/v1/parcels/{number}", headers=self.officer).json()["position"])

    @property
    def office(self) -> Office:
        found: Office = self.http.app.state.office  # type: ignore[attr-defined]
        return found


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    settings, clock = bare_settings(tmp_path_factory.mktemp("hall")), Clock()
    post, officer = (bearer(client_key(settings, *one)) for one in (("post", "post-a"), ("officer-7", None)))
    sorter, other = (bearer(client_key(settings, name, None, Role.SORTER)) for name in ("hall 1", "hall 2"))
    with TestClient(create_app(settings, clock)) as http:
        made = Hall(http, clock, settings, post, sorter, other, officer)
        for number in (PLAIN, HELD):
            made.lodge(number)
        assert http.post("/v1/reports", json={"parcel_id": HELD, "condition": "leaking"}, headers=post).is_success
        yield made


@pytest.mark.parametrize(
    ("readings", "reading", "code"),
    [
        ([HELD], "one", "2"),
        ([PLAIN], "one", "3"),  # there is no model: it is not assessed
        (["10115", f"{HELD} ", HELD], "one", "2"),
        ([], "no_read", "3"),
        (["", " "], "no_read", "3"),
        ([PLAIN, HELD], "several", "3"),
        ([PLAIN, "RB473124846US"], "several", "3"),
        (["RB473124846US"], "unknown", "3"),
        (["RB473124830US"], "misread", "3"),
    ],
)
def test_each_reading_has_its_answer(hall: Hall, readings: list[str], reading: str, code: str) -> None:
    answer = hall.ask(*readings)
    assert (answer["reading"], answer["sort_code"], answer["chutes"]) == (reading, code, [code])
    assert set(answer) == {"sort_id", "sort_code", "chutes", "reading"}, "nothing says why"


def test_what_was_examined_or_cancelled_has_a_code_of_its_own(hall: Hall) -> None:
    for number in ("RB473124850US", "RB473124863US", "RB473124877US"):
        hall.lodge(number)
    inspected_at = hall.clock().isoformat()
    for number, result in (("RB473124850US", "nothing_found"), ("RB473124863US", "found")):
        outcome = {"parcel_id": number, "inspected_at": inspected_at, "result": result}
        outcome |= {"finding_class": "synthetic"} if result == "found" else {}
        assert hall.http.post("/v1/outcomes", json={"outcomes": [outcome]}, headers=hall.officer).json()["n_recorded"]
    cancelled = {**EXAMPLE, "parcel_id": "RB473124877US", "function": "cancel"}
    assert hall.http.post("/v1/parcels", json=cancelled, headers=hall.post).json()["status"] == "cancelled"
    assert hall.ask("RB473124850US")["sort_code"] == "1"
    assert hall.ask("RB473124863US")["sort_code"] == "2"
    assert hall.ask("RB473124877US")["reading"] == "unknown"


def test_a_confirmed_chute_is_a_scan_and_a_wrong_one_is_an_answer(hall: Hall) -> None:
    right = hall.ask(HELD, weight_g=1890, length_mm=300)
    answer = hall.confirm(right["sort_id"], "2").json()
    assert answer == {"status": "recorded", "result": "right_chute", "sort_code": "2", "chutes": ["2"]}
    assert (hall.position(HELD)["state"], hall.position(HELD)["is_fact"]) == ("in_hall", True)
    assert not hall.position(HELD)["was_presented"], "a chute is no presentation"
    assert hall.confirm(right["sort_id"], "2").json()["status"] == "repeated"
    assert hall.confirm(right["sort_id"], "1").status_code == 409

    hall.clock.pass_by(minutes=1)
    wrong = hall.confirm(hall.ask(HELD)["sort_id"], "1").json()
    assert (wrong["result"], wrong["chutes"]) == ("wrong_chute", ["2"])
    assert hall.position(HELD)["state"] == "handed_over"
    listed = hall.http.get("/v1/sort/wrong", headers=hall.officer).json()["items"]
    assert (listed[0]["parcel_id"], listed[0]["sorter"], listed[0]["sort_code"], listed[0]["chute"]) == (
        HELD,
        "hall 1",
        "2",
        "1",
    )
    with hall.office.store.begin_read() as connection:
        rows = connection.execute(select(sortings).order_by(sortings.c.id)).mappings().all()
        asked = connection.execute(select(audit.c.action).where(audit.c.client_id == "hall 1")).scalars().all()
    assert [(row["weight_g"], row["length_mm"], row["is_right"]) for row in rows[:2]] == [
        (1890, 300, 1),
        (None, None, 0),
    ]
    assert "sorted" in asked


def test_what_was_not_read_is_confirmed_and_scans_nothing(hall: Hall) -> None:
    assert hall.confirm(hall.ask()["sort_id"], "3").json()["result"] == "right_chute"


def test_an_id_is_of_one_machine_for_one_day(hall: Hall) -> None:
    sort_id = hall.ask(PLAIN)["sort_id"]
    assert hall.confirm(sort_id, "3", by=hall.other).status_code == 404
    assert hall.confirm(f"{sort_id[:-4]}AAAA", "3").status_code == 404
    assert hall.confirm("x", "3").status_code == 404
    assert hall.confirm(sort_id, "9").status_code == 422
    hall.clock.pass_by(hours=25)
    assert hall.confirm(sort_id, "3").status_code == 404


def test_ids_of_all_answers_look_alike(hall: Hall) -> None:
    ids = [hall.ask(*readings)["sort_id"] for readings in ([], [PLAIN], [HELD], ["RB473124846US"])]
    assert len({len(one) for one in ids}) == 1
    assert len(set(ids)) == 4


def test_only_machines_ask_and_they_ask_nothing_else(hall: Hall) -> None:
    for who in (hall.post, hall.officer):
        assert hall.http.post("/v1/sort", json={"readings": []}, headers=who).status_code == 403
    assert hall.http.get(f"/v1/parcels/{HELD}", headers=hall.sorter).status_code == 403
    assert hall.http.get("/v1/sort/wrong", headers=hall.sorter).status_code == 403
    assert hall.http.post("/v1/sort", json={"readings": []}).status_code == 401


def test_the_table_says_the_same_without_a_connection_and_shows_no_number(hall: Hall) -> None:
    answer = hall.http.get("/v1/sort/table", headers=hall.sorter)
    assert answer.status_code == 200
    assert HELD not in answer.text
    trusted = frozenset({public_key_of(hall.http.app.state.contact_point.key)})  # type: ignore[attr-defined]
    table = read_table(answer.json(), trusted)
    assert table.table.is_whole
    for number in (HELD, PLAIN, "RB473124846US"):
        online = hall.ask(number)
        assert table.code([number], hall.clock()) == (online["reading"], online["sort_code"])


def test_a_machine_is_driven_and_works_alone_when_the_connection_is_lost(hall: Hall) -> None:
    items = [Item(number=number, weight_g=480) for number in (PLAIN, HELD)] * 60
    habits = Habits(no_read=0.1, neighbour=0.1, misread=0.1, wrong_chute=0.05)

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        return hall.ask(*body["readings"], weight_g=body["weight_g"])

    def confirm(sort_id: str, body: dict[str, Any]) -> dict[str, Any]:
        return dict(hall.confirm(sort_id, body["chute"]).json())

    def lost(*_: object) -> dict[str, Any]:
        raise ConnectionError

    machine = Sorter(ask, confirm, ("1", "2", "3"), np.random.default_rng(1), habits)
    machine.run(items, hall.clock)
    assert {"one", "no_read", "several", "right_chute", "wrong_chute"} <= machine.counts.keys()
    assert machine.counts["one"] > 60
    assert machine.counts["right_chute"] + machine.counts["wrong_chute"] == 120

    document = hall.http.get("/v1/sort/table", headers=hall.sorter).json()
    trusted = frozenset({public_key_of(hall.http.app.state.contact_point.key)})  # type: ignore[attr-defined]
    alone = Sorter(lost, lost, ("1", "2", "3"), np.random.default_rng(1), habits, table=read_table(document, trusted))
    chutes = {chute for _, chute in alone.run(items, hall.clock)}
    assert chutes == {"2", "3"}
    assert alone.counts["alone"] == 120
    hall.clock.pass_by(hours=13)
    assert {chute for _, chute in alone.run(items, hall.clock)} == {"3"}, "too old: everything is put aside"
