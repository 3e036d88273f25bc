"""A week of an office: every targeted parcel is in exactly one place, by every way of taking the funnel apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient

from features.parcel.schema import TIME
from parcel_risk.funnel import show
from serving.installation import Installation
from serving.office.clocks import decide_clocks
from serving.office.funnel import By, funnels, targeted
from serving.office.live_model import LiveModel
from serving.office.office import Office
from serving.office.outcomes import record
from serving.office.stages import EMPTY, record_run, record_stages
from serving.office.whereabouts import record_scans
from serving.office.writer import Transaction
from serving.settings import Settings
from serving.store import Client, Role, movements
from serving.store.times import microseconds
from tests.builders import outcome_table
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.lodging import lodge
from tests.serving.office.test_outcomes import lodge as lodge_one
from tests.serving.office.test_stateful import NO_MODEL, declared

OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)
Fate = Callable[["Week", str], None]


class Week:
    """An office without a model, which draws what it inspects, and what happens to its parcels."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock, self.begin = clock, clock.at
        plain = settings.model_copy(update={"capacity_share": 0.5})
        self.office: Office = replace(Installation.open(plain, clock).office(), model=LiveModel(NO_MODEL))
        self.asked: dict[str, str] = {}
        self.in_run: list[str] = []
        self.linked: list[tuple[str, str]] = []

    def lodge(self, operator: str, number: str) -> None:
        client = Client(client_id=operator, role=Role.OPERATOR, operator=operator)
        rows = declared((operator, number), "Example Trading Ltd", 340)
        with self.office.writer.transaction() as transaction:
            answer: Any = lodge(self.office, transaction, rows, client)[1]
        if answer.referral.asks_inspection and number in self.asked:
            self.linked.append((number, operator))
        elif answer.referral.asks_inspection:
            self.asked[number] = operator

    def _write(self, work: Callable[[Transaction], object]) -> None:
        self.clock.pass_by(minutes=7)
        with self.office.writer.transaction() as transaction:
            work(transaction)

    def claim(self, number: str, *codes: str) -> None:
        for code in codes:
            row = {"parcel_id": [number], "code": [code], "happened_at": [self.clock.at + timedelta(minutes=7)]}
            rows = pl.DataFrame(row).with_columns(
                pl.col("happened_at").cast(TIME), office=pl.lit(None, pl.String), reason=pl.lit(None, pl.String)
            )
            put = (self.asked[number], rows, microseconds(self.clock.at))
            self._write(lambda transaction, put=put: movements.put(transaction.connection, *put))

    def scan(self, number: str, state: str) -> None:
        row = {"line": 1, "parcel_id": number, "operator": None, "state": state, "scanned_at": None, "station": None}
        self._write(lambda transaction: record_scans(self.office, transaction, [row], OFFICER))

    def stage(self, number: str, name: str, result: str) -> None:
        row = {**EMPTY, "line": 1, "parcel_id": number, "stage": name, "result": result}
        self._write(lambda transaction: record_stages(self.office, transaction, [row], OFFICER))

    def outcome(self, number: str, result: str) -> None:
        rows = outcome_table([{"parcel_id": number, "result": result, "method": "opened"}])
        self._write(lambda transaction: record(self.office, transaction, rows, OFFICER))

    def run(self, numbers: list[str]) -> None:
        """A dog past a table of parcels, which raises nothing."""
        stage = {**EMPTY, "line": 1, "stage": "dog", "result": "nothing_found", "duration_s": 90}
        self._write(lambda transaction: record_run(self.office, transaction, stage, numbers, OFFICER))

    def end(self, number: str, end: str) -> None:
        row = {"line": 1, "parcel_id": number, "operator": None, "owner": None, "end": end, "reason": "no use"}
        self._write(lambda transaction: decide_clocks(self.office, transaction, [row], OFFICER))

    def cancel(self, number: str) -> None:
        client = Client(client_id="x", role=Role.OPERATOR, operator=self.asked[number])
        rows = declared((self.asked[number], number), "Example Trading Ltd", 340)
        rows = rows.with_columns(function=pl.lit("cancel"))
        self._write(lambda transaction: lodge(self.office, transaction, rows, client))


def decided(week: Week, number: str) -> None:
    week.claim(number, "EMD")
    week.outcome(number, "nothing_found")
    week.scan(number, "released")
    week.claim(number, "EMI")


def wrong_chute(week: Week, number: str) -> None:
    week.scan(number, "in_hall")
    week.claim(number, "EMF")


def no_capacity(week: Week, number: str) -> None:
    week.scan(number, "presented")
    week.scan(number, "released")


def ended(week: Week, number: str) -> None:
    week.claim(number, "EMD")
    week.end(number, "let_go")


FATES: list[tuple[tuple[str, str], Fate]] = [
    (("targeted", "pending"), lambda week, number: None),
    (("targeted", "cancelled"), lambda week, number: week.cancel(number)),
    (("targeted", "not_presented"), lambda week, number: week.outcome(number, "not_presented")),
    (("arrived", "pending"), lambda week, number: week.claim(number, "EMD")),
    (("arrived", "no_read"), lambda week, number: week.claim(number, "EMD", "EMI")),
    (("seen", "wrong_chute"), wrong_chute),
    (("diverted", "no_capacity"), no_capacity),
    (("on_the_table", "pending"), lambda week, number: week.stage(number, "dog", "found")),
    (("examined", "pending"), lambda week, number: week.outcome(number, "found")),
    (("decided", "done"), decided),
    (("targeted", "ended"), lambda week, number: week.end(number, "gone")),
    (("arrived", "ended"), ended),
    (("examined", "pending"), lambda week, number: week.in_run.append(number)),
]


@pytest.fixture
def week(settings: Settings, clock: Clock) -> Week:
    """A week of lodging by two operators, and what happens to the targeted parcels; some are declared once more."""
    week = Week(settings, clock)
    for number in range(60):
        clock.pass_by(hours=2)
        week.lodge("post-a" if number % 3 else "courier-a", f"P-{number:05d}")
    for number, (_, fate) in zip(week.asked, FATES * 9, strict=False):
        fate(week, number)
    week.run(week.in_run)
    for number, operator in list(week.asked.items())[:8]:
        week.lodge("courier-a" if operator == "post-a" else "post-a", number)
    return week


def test_the_funnel_adds_up_to_the_parcel(week: Week, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with week.office.store.begin_read() as connection:
        parcels = targeted(connection, week.begin, week.begin + timedelta(days=7))
        nothing = targeted(connection, week.begin - timedelta(days=7), week.begin)
    assert nothing == []
    expected = {(number, week.asked[number]): place for number, (place, _) in zip(week.asked, FATES * 9, strict=False)}
    assert week.linked, "some are selected by both declarations"
    expected |= dict.fromkeys(week.linked, ("targeted", "pending"))  # each operator answers for what it declared
    assert len(parcels) == len(expected)
    placed = {(one.parcel_id, one.parts[By.OPERATOR]): (one.placed.step, one.placed.reason) for one in parcels}
    assert placed == expected
    assert all(one.propensity == 0.5 for one in parcels)
    for by in By:
        parts = funnels(parcels, by)
        assert sum(part.n for part in parts) == len(expected)
        stopped = sum((Counter(part.stopped) for part in parts), Counter())
        assert stopped == Counter(expected.values())
    of_operators = Counter(operator for _, operator in expected)
    assert {part.part: part.n for part in funnels(parcels, By.OPERATOR)} == of_operators
    week.office.close()
    show(settings, week.begin, week.begin + timedelta(days=7), "operator")
    said = capsys.readouterr().out
    assert "courier-a" in said
    assert "wrong chute" in said


def test_officers_read_the_funnel_by_the_api_and_at_the_station(api: TestClient, keys: Keys, clock: Clock) -> None:
    since = clock.at.isoformat()
    api.post("/v1/observed", json={"items": [{"parcel_id": "P-1"}]}, headers=bearer(keys.officer))
    lodge_one(api, keys)
    clock.pass_by(hours=1)
    where = "/v1/funnel"
    assert api.get(where, params={"since": since}).status_code == 401
    assert api.get(where, params={"since": since}, headers=bearer(keys.post)).status_code == 403
    body = api.get(where, params={"since": since, "by": "operator"}, headers=bearer(keys.officer)).json()
    (undeclared,) = [part for part in body["parts"] if part["part"] == "undeclared"]
    assert (undeclared["n_targeted"], undeclared["reached"]["seen"]) == (1, 1)
    assert undeclared["stopped"] == [{"step": "seen", "reason": "pending", "n": 1}]
    empty = {"since": since, "until": since}
    assert api.get(where, params=empty, headers=bearer(keys.officer)).status_code == 422
    assert api.get("/station/funnel", follow_redirects=False).headers["location"] == "/station/login"
    api.post("/station/login", data={"key": keys.officer})
    assert "undeclared" in api.get("/station/funnel?by=operator").text
