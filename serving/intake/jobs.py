"""Work through large files one after the other, so that a full queue costs disk and not memory."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

import structlog
from polars.exceptions import PanicException

from features.parcel.problems import ParcelRiskError, Rejection
from features.sources.registry import adapter_named
from serving.intake.spool import opened
from serving.intake.submissions import Part, Results, parts, take
from serving.office.answers import Answer, RejectionModel
from serving.office.scoring import Desk, microseconds
from serving.store import Client, Connection, Role
from serving.store import jobs as store
from serving.store.jobs import Job

_log = structlog.get_logger()


class Jobs:
    """Queue of files and the thread that works through it.

    Parameters
    ----------
    desk:
        Where parcels are scored.
    folder:
        Where the files wait, encrypted. A file is named by its job and its compression.
    max_waiting:
        Jobs that may be unfinished.
    max_bytes:
        Largest file after unpacking.
    """

    def __init__(self, desk: Desk, folder: Path, *, max_waiting: int, max_bytes: int) -> None:
        """Prepare; `start` begins the work, also with what a crash has left."""
        self.folder = folder
        self._desk = desk
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        self._work = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._work.set()
        self._thread.start()

    def stop(self) -> None:
        """Finish the part in hand and stop; the rest goes on after the next start."""
        self._stop.set()
        self._work.set()
        if self._thread.ident is not None:
            self._thread.join()

    def new_path(self, encoding: str | None) -> Path:
        """Where the file of a new job goes."""
        return self.folder / f"{secrets.token_hex(16)}.{encoding or 'plain'}"

    def is_full(self) -> bool:
        """Whether no further job is taken for now."""
        with self._desk.store.begin_read() as connection:
            return store.n_unfinished(connection) >= self._max_waiting

    def add(self, path: Path, client: Client, source: str) -> Job:
        """Queue a file."""
        job = Job(
            job_id=path.stem,
            operator=client.operator or "",
            client_id=client.client_id,
            format=source,
            state=store.WAITING,
            received_at=microseconds(self._desk.clock()),
        )
        with self._desk.lock, self._desk.store.begin() as connection:
            store.add_job(connection, job)
        self._work.set()
        return job

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work.clear()
            with self._desk.store.begin_read() as connection:
                job = store.next_job(connection)
            if job is None:
                self._work.wait()
                continue
            try:
                self.work(job)
            except ParcelRiskError as error:
                self._end(job, store.FAILED, str(error))
            except (Exception, PanicException) as error:  # the traceback may hold personal data
                _log.error("job failed", job=job.job_id, kind=type(error).__name__)
                self._end(job, store.FAILED, "an unexpected error ended the job; rows that have results are stored.")

    def work(self, job: Job) -> None:
        """Work through a job from where it stands; return early when it is cancelled or the service stops."""
        path = next(self.folder.glob(f"{job.job_id}.*"), None)
        if path is None:
            self._end(job, store.FAILED, "the file is gone; send it again.")
            return
        client = Client(client_id=job.client_id, role=Role.OPERATOR, operator=job.operator)
        encoding = None if path.suffix == ".plain" else path.suffix[1:]
        adapter = adapter_named(job.format)
        with opened(
            path, self._desk.secrets.vault.file_key(path.name), encoding=encoding, max_bytes=self._max_bytes
        ) as file:
            for place, part in enumerate(parts(adapter, file)):
                if place < job.n_batches:
                    continue
                if self._stop.is_set():
                    return
                if self._is_ended(job):
                    break
                take(self._desk, part, client, job.format, content=adapter.content, then=_progress(job, part))
        self._end(job, store.DONE)

    def _is_ended(self, job: Job) -> bool:
        with self._desk.store.begin_read() as connection:
            now = store.job_of(connection, job.job_id)
        return now is None or now.state not in (store.WAITING, store.RUNNING)

    def _end(self, job: Job, state: str, problem: str | None = None) -> None:
        with self._desk.lock, self._desk.store.begin() as connection:
            store.end(connection, job.job_id, state, problem)
        for path in self.folder.glob(f"{job.job_id}.*"):
            path.unlink(missing_ok=True)


class _progress:
    """Stores the results of a part and the progress of its job in the transaction of the part."""

    def __init__(self, job: Job, part: Part) -> None:
        self._job, self._part = job, part

    def __call__(self, connection: Connection, results: Results) -> None:
        texts = {line: _json(one) for line, one in results.items()}
        n_rejected = sum(isinstance(one, Rejection) for one in results.values())
        store.add_results(connection, self._job.job_id, texts)
        store.advance(
            connection,
            self._job.job_id,
            n_rows=self._part.n_rows,
            n_taken=self._part.n_rows - n_rejected,
            n_rejected=n_rejected,
        )


def _json(result: Answer | Rejection) -> str:
    model = RejectionModel.of(result) if isinstance(result, Rejection) else result
    return model.model_dump_json()
