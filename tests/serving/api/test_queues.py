"""Stations before bulk: what waits behind manifests is answered in time, or is asked to come again."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.api import queues
from serving.office import writer as office_writer
from serving.office.office import Office
from tests.serving.api.conftest import Bare
from tests.serving.api.test_parcels import EXAMPLE

N = 60
"""More than there are threads."""


@pytest.fixture
def lodged(bare: Bare) -> Bare:
    assert bare.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": "queue-1"}, headers=bare.post).status_code == 200
    return bare


def waiting(bare: Bare) -> str:
    text = bare.http.get("/metrics").text
    return next(line for line in text.splitlines() if line.startswith('parcel_risk_waiting{queue="bulk"}'))


def test_look_ups_are_answered_while_manifests_wait_and_those_whose_budget_is_spent_come_again(
    lodged: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "BUDGET_S", 0.5)
    office: Office = lodged.app.state.office

    def manifest(n: int) -> tuple[int, str | None, str]:
        body = {"parcels": [{**EXAMPLE, "parcel_id": f"queue-{n}-x"}]}
        answer = lodged.http.post("/v1/manifests", json=body, headers=lodged.post)
        return answer.status_code, answer.headers.get("Retry-After"), answer.json().get("title", "")

    with ThreadPoolExecutor(N) as pool:
        with office.writer._turns.turn():  # somebody writes for long
            sent = [pool.submit(manifest, n) for n in range(N)]
            while not lodged.app.state.bulk.n_waiting:
                time.sleep(0.01)
            assert lodged.http.get("/v1/parcels/queue-1", headers=lodged.supervisor).status_code == 200
            while sum(one.done() for one in sent) < N - queues.AT_ONCE:
                time.sleep(0.01)
        answers = [one.result() for one in sent]
    assert answers.count((503, "10", "Time budget spent")) == N - queues.AT_ONCE
    assert sum(status == 200 for status, _, _ in answers) == queues.AT_ONCE
    assert lodged.http.get("/readyz").json()["writing"] == "possible"
    assert waiting(lodged).endswith(" 0")


def test_who_waits_too_long_for_a_turn_to_write_gets_503_and_nothing_is_stored(
    lodged: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_writer, "HURRIED_S", 0.1)
    office: Office = lodged.app.state.office
    before = office.writer.last_seq
    with office.writer._turns.turn():
        answer = lodged.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": "queue-2"}, headers=lodged.post)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "others write for too long" in answer.json()["detail"]
    assert office.writer.last_seq == before
    assert lodged.http.get("/readyz").json()["writing"] == "possible"


@pytest.mark.parametrize(("path", "status"), [("/v1/parcels/queue-1", 200), ("/v1/parcels/none", 404), ("/v1/x", 404)])
def test_who_reads_comes_before_who_works_through_a_file_until_the_answer_begins(
    lodged: Bare, path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    precedence, asking = lodged.app.state.office.writer.precedence, []
    asked = precedence.asked

    def counted() -> Callable[[], None]:
        answered = asked()
        asking.append(precedence._n_asking)
        return answered

    monkeypatch.setattr(precedence, "asked", counted)
    assert lodged.http.get(path, headers=lodged.supervisor).status_code == status
    assert (asking, precedence._n_asking) == ([1], 0)
    assert lodged.http.post("/v1/manifests", json={"parcels": []}, headers=lodged.post).status_code in (200, 400, 422)
    assert asking == [1]


@pytest.mark.parametrize(
    ("method", "path", "is_bulk"),
    [
        ("POST", "/v1/manifests", True),
        ("GET", "/v1/accounts/2026Q3", True),
        ("POST", "/v1/parcels", False),
        ("GET", "/v1/parcels/manifests", False),
        ("POST", "/station/lookup", False),
        ("POST", "/v1/manifestsx", False),
    ],
)
def test_what_is_bulk(method: str, path: str, is_bulk: bool) -> None:
    assert queues.is_bulk({"type": "http", "method": method, "path": path}) == is_bulk
