"""The queue of files outlives a busy store, files that kill the process, and files that nobody waits for."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.sources.registry import adapters
from serving.app import create_app
from serving.intake import jobs as intake_jobs
from serving.intake.formats import Formats
from serving.intake.jobs import MAX_STARTS, Jobs
from serving.intake.spool import SealedWriter
from serving.office.office import Office
from serving.settings import Settings
from serving.store import Client, Role, engines
from serving.store import jobs as store
from serving.store.jobs import Job
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.manifests import written
from tests.serving.bare import bare_settings, opened

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(engines, "BUSY_S", 0)
    monkeypatch.setattr(intake_jobs, "RETRY_S", 0.1)
    return bare_settings(tmp_path)


@pytest.fixture
def office(bare: Settings, clock: Clock) -> Iterator[Office]:
    with opened(bare, clock) as office:
        yield office


def queue_of(office: Office, settings: Settings) -> Jobs:
    return Jobs(office, settings.home / "intake", max_pending=5, max_bytes=1 << 20, formats=Formats())


def spooled(office: Office, jobs: Jobs) -> Path:
    """A file of one parcel, as the API spools it."""
    path = jobs.new_path(None)
    parcel = a_parcel(lodged_at=None, posted_at=None, due_at=None)
    writer = SealedWriter(path, office.secrets.vault.file_key(path.name))
    writer.write(written(adapters()["csv"], parcel_table([parcel]).drop("line")))
    writer.close()
    return path


def job_of(office: Office, job_id: str) -> Job:
    with office.store.begin_read() as connection:
        found = store.job_of(connection, job_id)
    assert found is not None
    return found


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()


def test_a_store_that_was_locked_for_a_while_does_not_end_the_thread(office: Office, bare: Settings) -> None:
    jobs = queue_of(office, bare)
    job, _ = jobs.add(spooled(office, jobs), POST, "csv")
    other = sqlite3.connect(bare.home / "parcel-risk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    jobs.start()
    time.sleep(0.5)
    assert jobs.is_alive
    assert job_of(office, job.job_id).state == store.WAITING
    other.execute("ROLLBACK")
    other.close()
    assert within(30, lambda: job_of(office, job.job_id).state == store.DONE)
    assert job_of(office, job.job_id).n_starts == 1
    jobs.stop()


def test_files_without_a_job_are_swept_at_the_start_and_others_kept(office: Office, bare: Settings) -> None:
    jobs = queue_of(office, bare)
    path, orphan = spooled(office, jobs), spooled(office, jobs)
    job, _ = jobs.add(path, POST, "csv")
    jobs.start()
    assert not orphan.exists()
    assert within(30, lambda: job_of(office, job.job_id).state == store.DONE)
    assert (job_of(office, job.job_id).n_taken, path.exists()) == (1, False)
    jobs.stop()


class Killed(BaseException):
    """The end of the process: nothing catches it."""


def test_a_file_that_kills_the_process_is_set_aside_after_three_starts(
    office: Office, bare: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    path = spooled(office, jobs := queue_of(office, bare))
    job, _ = jobs.add(path, POST, "csv")
    with monkeypatch.context() as deadly:
        deadly.setattr(intake_jobs, "accept", killed)
        for _ in range(MAX_STARTS):
            with pytest.raises(Killed):
                queue_of(office, bare)._next()
    assert queue_of(office, bare)._next()
    ended = job_of(office, job.job_id)
    assert (ended.state, ended.n_starts) == (store.FAILED, 3)
    assert "ended the service 3 times" in str(ended.problem)
    assert not path.exists()
    assert not queue_of(office, bare)._next()


def test_readiness_says_when_files_are_not_worked_on(bare: Settings, clock: Clock) -> None:
    app = create_app(bare, clock)
    with TestClient(app) as api:
        assert api.get("/readyz").json()["jobs"] == "running"
        app.state.jobs.stop()
        ready = api.get("/readyz").json()
        assert ready["jobs"].startswith("stopped")
        assert ready["status"] == "degraded"
