"""The failure ladder: levels come at once and go later than their cause, and degraded answers are given again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from parcel_risk.rescored import show
from serving.app import create_app
from serving.office.ladder import HOLD_S, Ladder, Level
from serving.office.office import Office
from serving.office.rescoring import Rescoring, differences
from serving.settings import Settings
from serving.store import Role
from tests.conftest import Clock
from tests.serving.api.test_parcels import EXAMPLE
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer

MODEL, STORE = {Level.NO_MODEL: "no model"}, {Level.NO_STORE: "the disk is full"}


class Steady:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def ladder(steady: Steady) -> Ladder:
    return Ladder(steady)


def seen(ladder: Ladder, causes: dict[Level, str]) -> tuple[int, str, bool]:
    now = ladder.see(causes)
    return int(now.level), now.reason, now.is_held


def test_a_level_comes_at_once_and_goes_a_while_after_its_cause(ladder: Ladder, steady: Steady) -> None:
    assert seen(ladder, {}) == (0, "", False)
    assert seen(ladder, MODEL) == (1, "no model", False)
    steady.at += 5
    assert seen(ladder, {}) == (1, "no model", True)
    steady.at += HOLD_S - 5
    assert seen(ladder, {}) == (0, "", False)


def test_what_comes_and_goes_holds_one_level_and_is_reported_once(ladder: Ladder, steady: Steady) -> None:
    with capture_logs() as lines:
        for causes in (STORE, {}, STORE, {}, STORE):
            ladder.see(causes)
            steady.at += HOLD_S - 1
        assert seen(ladder, {}) == (3, "the disk is full", True)
    assert [line["n"] for line in lines] == [3]


def test_the_worst_counts_and_the_next_one_follows_when_it_is_gone(ladder: Ladder, steady: Steady) -> None:
    assert seen(ladder, MODEL | STORE)[0] == 3
    steady.at += 10
    assert seen(ladder, MODEL) == (3, "the disk is full", True)
    steady.at += HOLD_S
    assert seen(ladder, MODEL) == (1, "no model", False)


def test_nothing_is_given_again_before_nothing_was_missing_for_long(ladder: Ladder, steady: Steady) -> None:
    ladder.see({})
    assert not ladder.is_whole_for_long
    steady.at += HOLD_S
    assert ladder.is_whole_for_long
    ladder.see(MODEL)
    assert not ladder.is_whole_for_long


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Settings]]:
    settings = bare_settings(tmp_path_factory.mktemp("ladder"))
    with TestClient(create_app(settings, Clock()), raise_server_exceptions=False) as http:
        yield http, settings


def test_a_level_is_in_every_answer_in_the_metrics_and_on_the_pages(service: tuple[TestClient, Settings]) -> None:
    http, settings = service
    supervisor = client_key(settings, "sup", None, Role.SUPERVISOR)
    assert http.get("/readyz").json()["level"]["level"] == 1
    assert http.get("/livez").headers["Degraded-Level"] == "1"
    assert "parcel_risk_degraded_level 1" in http.get("/metrics").text
    http.post("/station/login", data={"key": supervisor})
    page = http.get("/station").text
    assert "No approved model is in service." in page
    assert "cleared" not in page.split("No approved model")[1].split("</p>")[0]


def test_degraded_answers_are_given_again_once_and_what_differs_is_listed(
    service: tuple[TestClient, Settings], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    http, settings = service
    post, supervisor = client_key(settings, "post", "post-a"), client_key(settings, "sup-2", None, Role.SUPERVISOR)
    for name in ("again-1", "again-2", "again-3"):
        assert http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": name}, headers=bearer(post)).status_code == 200
    done = {"outcomes": [{"parcel_id": "again-2", "operator": "post-a", "result": "nothing_found"}]}
    assert http.post("/v1/outcomes", json=done, headers=bearer(supervisor)).json()["n_recorded"] == 1
    office: Office = http.app.state.office  # type: ignore[attr-defined]
    rescoring = Rescoring(office, Ladder())
    assert rescoring.keep() == 0  # no model yet
    with monkeypatch.context() as patched:
        patched.setattr(office.model, "now", replace(office.model.now, is_approved=True))
        assert rescoring.again() == 2  # not the one that was inspected
        assert rescoring.again() == 0
    with office.store.begin_read() as connection:
        found = differences(connection)
    assert [(one.parcel_id, one.missing, one.is_moved) for one in found] == [
        ("again-1", "no model", False),
        ("again-3", "no model", False),
    ]
    assert all(one.after.degraded is None for one in found)
    listed = http.get("/v1/rescored", headers=bearer(supervisor)).json()
    assert [one["parcel_id"] for one in listed["parcels"]] == ["again-1", "again-3"]
    assert http.get("/v1/rescored?limit=1", headers=bearer(supervisor)).json()["next_after"] is not None
    assert http.get("/v1/rescored", headers=bearer(post)).status_code == 403
    show(settings, everything=True)
    assert "2 degraded answers were given again; 0 of them" in capsys.readouterr().out
