"""A full disk, a locked database, a stopped worker: look-ups are answered, and the service says what is wrong."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from parcel_risk.log_lines import allowed_only
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.readiness import ClockWatch
from serving.store import Client, Role
from serving.store.read_spool import Look, ReadSpool
from serving.store.tables import audit
from tests.serving.api.conftest import Bare
from tests.serving.api.test_parcels import EXAMPLE

SECRET = "a bag of zyxwvut"


def lodged(bare: Bare, number: str) -> int:
    body = {**EXAMPLE, "parcel_id": number, "pieces": [{"description": SECRET}]}
    return int(bare.http.post("/v1/parcels", json=body, headers=bare.post).status_code)


def n_viewed(bare: Bare) -> int:
    with bare.app.state.office.store.begin_read() as connection:
        return len(connection.execute(select(audit.c.id).where(audit.c.action == "viewed")).all())


def looked_up(bare: Bare) -> int:
    return int(bare.http.get("/v1/parcels/ready-1", headers=bare.supervisor).status_code)


@contextmanager
def locked(bare: Bare) -> Iterator[None]:
    """Another process holds the database."""
    other = sqlite3.connect(bare.settings.home / "parcel-risk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def full(bare: Bare) -> Iterator[None]:
    """No page can be added to the database."""
    office: Office = bare.app.state.office
    with office.store.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    yield
    with office.store.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


@pytest.fixture(scope="module")
def ready(bare: Bare) -> Bare:
    assert lodged(bare, "ready-1") == 200
    return bare


def test_everything_is_looked_at(ready: Bare) -> None:
    body = ready.http.get("/readyz").json()
    assert set(body["workers"]) >= {"writer", "jobs", "audit", "seeds", "capacity", "looks", "kept answers"}
    assert set(body["workers"].values()) == {"running"}
    assert (body["status"], body["reading"], body["writing"]) == ("degraded", "possible", "possible")
    assert list(body["lacking"]) == ["model"]
    assert body["age_of_data_s"] == 0.0


def test_a_locked_database_keeps_no_look_up_waiting_and_the_look_is_logged_later(ready: Bare) -> None:
    before, office = n_viewed(ready), ready.app.state.office
    with locked(ready):
        assert [looked_up(ready) for _ in range(3)] == [200] * 3
        assert ready.http.get("/readyz").json()["looks_to_be_logged"] == 3
        assert "busy" in ready.http.get("/readyz").json()["lacking"]["audit"]
        spooled = ReadSpool(ready.settings.home / "history" / "reads.spool")
        assert [one.action for one in spooled.looks()] == ["viewed"] * 3  # durable, whatever becomes of the process
        spooled.close()
    office.writer.reads.retry()
    assert n_viewed(ready) == before + 3
    assert ready.http.get("/readyz").json()["looks_to_be_logged"] == 0


def test_a_full_disk_is_said_and_look_ups_are_answered(ready: Bare) -> None:
    before = n_viewed(ready)
    with full(ready), capture_logs() as lines:
        statuses = {lodged(ready, f"full-{n}") for n in range(60)}
        answer = ready.http.post("/v1/parcels", json={**EXAMPLE, "parcel_id": "full-x"}, headers=ready.post)
        assert statuses == {200, 507}
        assert (answer.json()["type"], "disk is full" in answer.json()["detail"]) == ("/problems/no-room", True)
        said = ready.http.get("/readyz")
        assert (said.status_code, said.json()["status"]) == (503, "not ready")
        assert "disk is full" in said.json()["writing"]
        assert looked_up(ready) == 200
        assert "parcel_risk_ready 0" in ready.http.get("/metrics").text
    assert SECRET not in f"{lines}{answer.text}{said.text}"
    assert lodged(ready, "full-1") == 200  # without a restart
    assert ready.http.get("/readyz").status_code == 200
    assert n_viewed(ready) == before + 1


def test_what_can_be_logged_nowhere_shows_nothing_personal(ready: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    office: Office = ready.app.state.office
    officer = Client(client_id="sup", role=Role.SUPERVISOR, operator=None)
    assert look_up(office, "ready-1", officer, with_label=True).parcels[0].label
    monkeypatch.setattr(office.writer.reads, "_spool", ReadSpool(Path("/proc/nowhere/reads.spool")))
    with locked(ready):
        found = look_up(office, "ready-1", officer, with_label=True)
    assert (found.parcels[0].label, found.is_logged, len(found.parcels)) == ({}, False, 1)
    office.writer.reads.retry()


def test_a_stopped_worker_is_named(ready: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    task = next(one for one in ready.app.state.tasks if one.name == "seeds")
    monkeypatch.setattr(task, "problem", "failed (StoreError), and is tried again")
    assert ready.http.get("/readyz").json()["workers"]["seeds"].startswith("failed")
    assert 'parcel_risk_worker_up{worker="seeds"} 0' in ready.http.get("/metrics").text


def test_a_clock_that_is_set_is_noticed() -> None:
    wall, steady = [1_000.0], [5.0]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])
    wall[0], steady[0] = 1_060.0, 65.0
    assert watch.problem() is None
    wall[0] += 3_600
    assert watch.problem() == "the clock was set by +3600 s"


def test_the_spool_survives_a_torn_line_and_says_when_it_is_full(tmp_path: Path) -> None:
    look = Look(at_us=1, client_id="a", action="viewed", seqs=[1, 2])
    spool = ReadSpool(tmp_path / "reads", n_bytes=200)
    spool.add(look)
    spool.add(look)
    spool.close()
    data = bytearray((tmp_path / "reads").read_bytes())
    data[data.rfind(b"\n") :] = bytes(len(data) - data.rfind(b"\n"))  # the second line lost its end
    (tmp_path / "reads").write_bytes(data)
    again = ReadSpool(tmp_path / "reads", n_bytes=200)
    assert again.looks() == [look]
    with pytest.raises(Exception, match="Make room"):  # noqa: PT012
        for _ in range(9):
            again.add(look)
    again.clear()
    assert again.looks() == []


def test_figures_have_no_personal_labels(ready: Bare) -> None:
    text = ready.http.get("/metrics").text
    assert "parcel_risk_requests_total{" in text
    assert 'parcel_risk_request_seconds_bucket{route="/v1/parcels",le="+Inf"}' in text
    assert "ready-1" not in text
    assert "post-a" not in text
    assert set(re.findall(r'(\w+)="', text)) <= {
        *("method", "route", "status", "le", "worker", "what", "bundle", "referral", "cause", "queue")
    }


def test_a_line_of_the_log_has_no_more_than_the_list_allows() -> None:
    line = allowed_only(None, "info", {"event": "request", "status": 200, "sender_name": SECRET})
    assert line == {"event": "request", "status": 200, "left_out": 1}
