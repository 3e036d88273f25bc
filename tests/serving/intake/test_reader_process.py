"""A large file that another process reads gives what it gives in one process, whatever becomes of the other one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.parcel.problems import SourceError
from features.sources.registry import adapters
from serving.intake import reader_process
from serving.intake.jobs import Jobs
from serving.intake.parts import PART_ROWS
from serving.intake.reader import Order
from serving.intake.reader_process import MAX_DEATHS, read_apart
from serving.intake.ready import Ready
from serving.intake.spool import SealedWriter
from serving.office.office import Office
from serving.store import jobs as store
from serving.store import log as event_log
from serving.store.quarantine import DOUBTFUL, OPEN, Held, held_rows
from tests.builders import a_parcel, a_piece, parcel_table
from tests.conftest import Clock
from tests.manifests import written
from tests.serving.bare import bare_settings, opened
from tests.serving.intake.test_jobs import POST, queue_of

N_ROWS = 2 * PART_ROWS + 40


def manifest() -> bytes:
    """A file in which rows are refused, doubted, repeated, amended and cancelled, and parcels have several rows."""
    parcels = [a_parcel(parcel_id=f"P-{n}", sender_name=f"Zoë {n % 7} Ltd") for n in range(N_ROWS)]
    parcels[3] |= {"parcel_id": None}
    parcels[5] |= {"gross_weight_g": -3, "recipient_country": "Allemagne"}
    parcels[7] |= {"parcel_id": "P-6"}
    parcels[9] |= {"parcel_id": "P-8", "pieces": [a_piece(description="another thing")]}
    parcels[N_ROWS - 2] |= {"parcel_id": "P-1", "function": "cancel"}
    parcels[N_ROWS - 1] |= {"parcel_id": "P-8", "pieces": [a_piece(description="a third thing")]}
    rows = parcel_table(parcels).drop("line")
    return written(adapters()["csv"], rows)


def spooled(office: Office, queue: Jobs, data: bytes) -> Path:
    path = queue.new_path(None)
    with_key = SealedWriter(path, office.secrets.vault.file_key(path.name))
    with_key.write(data)
    with_key.close()
    return path


def order_of(office: Office, queue: Jobs, data: bytes, format_name: str = "csv", skip: int = 0) -> Order:
    path = spooled(office, queue, data)
    return Order(
        mappings=None,
        path=str(path),
        encoding=None,
        max_bytes=1 << 24,
        format=format_name,
        operator="post-a",
        skip=skip,
        reference=dict(office.reference.texts),
        file_key=office.secrets.vault.file_key(path.name),
        identity=office.secrets.identity.secret,
        digest=office.secrets.digest,
    )


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    with opened(bare_settings(tmp_path), clock) as office:
        yield office


@pytest.fixture
def queue(office: Office, tmp_path: Path) -> Jobs:
    return queue_of(office, bare_settings(tmp_path))


def _worked(office: Office, queue: Jobs, data: bytes) -> tuple[Any, ...]:
    """All that a job leaves behind: progress, results, log, history, and the quarantine."""
    job, _ = queue.add(spooled(office, queue, data), POST, "csv")
    queue.work(job)
    with office.store.begin_read() as connection:
        done = store.job_of(connection, job.job_id)
        assert done is not None
        results = [text for _, text in store.results_of(connection, job.job_id, after=0, limit=10**6)]
        held = [
            (one.line, one.state, one.text, one.reasons)
            for state in (OPEN, DOUBTFUL)
            for one in _held(office, connection, state)
        ]
        log = event_log.read(connection)
    return (done.state, done.n_rows, done.n_taken, done.n_rejected), results, log, held, office.writer.digest()


def _held(office: Office, connection: Any, state: str) -> list[Held]:
    vault = office.secrets.vault
    return held_rows(connection, vault, "post-a", state=state, after=0, limit=1_000, waiting_since_us=0)


def test_both_ways_store_the_same(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    data = manifest()
    found = []
    for name, large in (("one", 1 << 40), ("apart", 0)):
        settings = bare_settings(tmp_path / name)
        if name == "apart":
            for key in (tmp_path / "one" / "home" / "keys").glob("*.key"):
                (settings.keys / key.name).write_bytes(key.read_bytes())
        monkeypatch.setattr(reader_process, "LARGE_BYTES", large)
        with opened(settings, clock) as office:
            found.append(_worked(office, queue_of(office, settings), data))
    (done, results, log, held, digest), other = found
    assert done == other[0]
    assert done[3] > 0
    assert results == other[1]
    assert log.equals(other[2])
    assert held == other[3]
    assert {state for _, state, _, _ in held} == {OPEN, DOUBTFUL}
    assert digest == other[4]


class _Recorded(subprocess.Popen[bytes]):
    """Processes, remembered."""

    begun: list[_Recorded] = []  # noqa: RUF012

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.begun.append(self)


class _Killed(_Recorded):
    """Processes that end before they have read anything."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kill()


def _plain(parts: Iterator[Ready]) -> list[tuple[Any, ...]]:
    return [(part.rows, part.rejections, part.doubts, part.n_rows, part.numbers, part.derived) for part in parts]


def test_a_process_that_is_killed_begins_again_where_it_was(
    office: Office, queue: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of(office, queue, manifest())
    whole = _plain(read_apart(order))
    assert sum(n_rows for _, _, _, n_rows, _, _ in whole) == N_ROWS
    monkeypatch.setattr(reader_process, "_PIPE_BYTES", 4_096)  # or all would be delivered before the end
    monkeypatch.setattr(_Recorded, "begun", [])
    monkeypatch.setattr(subprocess, "Popen", _Recorded)
    parts = read_apart(order)
    first = next(parts)
    _Recorded.begun[0].kill()
    assert _plain(iter([first, *parts])) == whole
    assert len(_Recorded.begun) == 2
    assert all(process.poll() is not None for process in _Recorded.begun)


def test_a_file_that_always_ends_its_process_is_an_error_of_its_job(
    office: Office, queue: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Killed, "begun", [])
    monkeypatch.setattr(subprocess, "Popen", _Killed)
    monkeypatch.setattr(reader_process, "LARGE_BYTES", 0)
    job, _ = queue.add(spooled(office, queue, manifest()), POST, "csv")
    assert queue._next()
    with office.store.begin_read() as connection:
        ended = store.job_of(connection, job.job_id)
    assert ended is not None
    assert (ended.state, ended.n_rows) == (store.FAILED, 0)
    assert "send the file in smaller parts" in str(ended.problem)
    assert len(_Killed.begun) == MAX_DEATHS


def test_a_file_that_cannot_be_read_is_refused_in_the_words_of_its_adapter(office: Office, queue: Jobs) -> None:
    order = order_of(office, queue, b"PAR1 and no more", "parquet")
    with pytest.raises(SourceError, match=r"[Pp]arquet"):
        list(read_apart(order))


def test_parts_that_are_known_are_skipped(office: Office, queue: Jobs) -> None:
    (last,) = read_apart(order_of(office, queue, manifest(), skip=2))
    assert isinstance(last.rows, list)
    assert len(last.rows) < PART_ROWS
    assert pl.Series([row["line"] for row in last.rows]).is_sorted()
