"""Work through large files one after the other, so that a full queue costs disk and not memory."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

import structlog
from polars.exceptions import PanicException

from features.parcel.problems import ParcelRiskError, Rejection, StoreError
from features.sources import Content
from serving.intake.formats import Formats
from serving.intake.parts import Part, parts
from serving.intake.reader import Order
from serving.intake.reader_process import is_large, read_apart
from serving.intake.ready import Ready
from serving.intake.spool import opened
from serving.intake.submissions import PartResult, accept
from serving.office.answers import Answer, RejectionModel
from serving.office.office import Office
from serving.office.once import Once, write_once
from serving.office.precedence import come_after_others
from serving.office.writer import Transaction
from serving.store import Client, Connection, Role
from serving.store import jobs as store
from serving.store.jobs import Job
from serving.store.times import microseconds

_log = structlog.get_logger()
RETRY_S = 2.0
"""Pause after the store could not be read or written, before the queue is looked at again."""
MAX_STARTS = 3
"""A file whose work was begun so often without ending, because the process died, is set aside."""


class Jobs:
    """Queue of files and the thread that works through it.

    Parameters
    ----------
    folder:
        Where the files are spooled, encrypted. A file is named by its job and its compression.
    max_pending:
        Jobs that may be unfinished.
    max_bytes:
        Largest file after unpacking.
    """

    def __init__(self, office: Office, folder: Path, *, max_pending: int, max_bytes: int, formats: Formats) -> None:
        """Prepare; `start` begins the work, also with what a crash has left."""
        self.folder = folder
        self._office = office
        self._max_pending = max_pending
        self._max_bytes = max_bytes
        self._formats = formats
        self._work = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Sweep files without a job, and begin to work."""
        self._sweep()
        self._work.set()
        self._thread.start()

    def stop(self) -> None:
        """Finish the part in hand and stop; the rest resumes after the next start."""
        self._stop.set()
        self._work.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether files are worked on."""
        return self._thread.is_alive()

    def new_path(self, encoding: str | None) -> Path:
        """Where the file of a new job goes."""
        return self.folder / f"{secrets.token_hex(16)}.{encoding or 'plain'}"

    def is_full(self) -> bool:
        """Whether no further job is accepted for now."""
        return pending(self._office).n >= self._max_pending

    def add(self, path: Path, client: Client, source: str, once: Once | None = None) -> tuple[Job, bool]:
        """Queue a file; return its job and whether it is new: one that came before with the same key is not."""
        job = Job(
            job_id=path.stem,
            operator=client.operator or "",
            client_id=client.client_id,
            format=source,
            state=store.WAITING,
            received_at=microseconds(self._office.clock()),
        )

        def add(transaction: Transaction) -> str:
            store.add_job(transaction.connection, job)
            return job.job_id

        job_id, is_replay = write_once(self._office, once, add)
        self._work.set()
        return (_read(self._office, job_id) or job, False) if is_replay else (job, True)

    def _sweep(self) -> None:
        """Remove files that belong to no unfinished job: their sender knows that they were not accepted."""
        with self._office.store.begin_read() as connection:
            unfinished = store.unfinished(connection)
        for path in self.folder.glob("*.*"):
            if path.stem not in unfinished:
                path.unlink(missing_ok=True)

    def _run(self) -> None:
        come_after_others()
        while not self._stop.is_set():
            self._work.clear()
            try:
                is_idle = not self._next()
            except (Exception, PanicException) as error:  # the store is not there for now; the traceback may hold data
                _log.error("jobs interrupted", kind=type(error).__name__, retry_s=RETRY_S)
                self._stop.wait(RETRY_S)
                continue
            if is_idle:
                self._work.wait()

    def _next(self) -> bool:
        """Work on the oldest unfinished job; say whether there was one."""
        with self._office.store.begin_read() as connection:
            job = store.next_job(connection)
        if job is None:
            return False
        if job.n_starts >= MAX_STARTS:
            self._end(job, store.FAILED, f"the file ended the service {MAX_STARTS} times; send it in smaller parts.")
            return True
        with self._office.writer.transaction() as transaction:
            store.count_start(transaction.connection, job.job_id)
        try:
            self.work(job)
        except StoreError:  # not the fault of the file: it is worked on again
            self._uncounted(job)
            raise
        except ParcelRiskError as error:
            self._end(job, store.FAILED, str(error))
        except (Exception, PanicException) as error:  # the traceback may hold personal data
            _log.error("job failed", job=job.job_id, kind=type(error).__name__)
            self._end(job, store.FAILED, "an unexpected error ended the job; rows that have results are stored.")
        return True

    def _uncounted(self, job: Job) -> None:
        """Undo the count of a start that did not end because of the file."""
        with self._office.writer.transaction() as transaction:
            store.count_start(transaction.connection, job.job_id, by=-1)

    def work(self, job: Job) -> None:
        """Work through a job from where it is; return early when it is cancelled or the service stops."""
        office = self._office
        path = next(self.folder.glob(f"{job.job_id}.*"), None)
        if path is None:
            self._end(job, store.FAILED, "the file is gone; send it again.")
            return
        client = Client(client_id=job.client_id, role=Role.OPERATOR, operator=job.operator)
        content = self._formats.named(job.format).content
        with closing(_parts(office, path, job, self._formats, self._max_bytes)) as found:
            for part in found:
                if self._stop.is_set():
                    self._uncounted(job)
                    return
                if self._is_ended(job):
                    break
                office.writer.precedence.give_way()
                with office.writer.transaction(can_wait=True) as transaction:
                    done = accept(office, transaction, part, client, job.format, content=content)
                    transaction.give_way()
                    _progress(transaction, job, done)
        self._end(job, *_end_of_work(office, job))

    def _is_ended(self, job: Job) -> bool:
        now = _read(self._office, job.job_id)
        return now is None or now.state not in (store.WAITING, store.RUNNING)

    def _end(self, job: Job, state: str, problem: str | None = None) -> None:
        with self._office.writer.transaction() as transaction:
            store.end(transaction.connection, job.job_id, state, problem)
        for path in self.folder.glob(f"{job.job_id}.*"):
            path.unlink(missing_ok=True)


def _parts(office: Office, path: Path, job: Job, formats: Formats, max_bytes: int) -> Generator[Part | Ready]:
    """Parts of the file of a job behind those that are done; a large file of parcels is read apart."""
    adapter, secrets = formats.named(job.format), office.secrets
    encoding = None if path.suffix == ".plain" else path.suffix[1:]
    key = secrets.vault.file_key(path.name)
    if adapter.content is Content.PARCELS and is_large(path, encoding):
        yield from read_apart(
            Order(
                path=str(path),
                encoding=encoding,
                max_bytes=max_bytes,
                mappings=str(formats.folder) if formats.folder else None,
                format=job.format,
                operator=job.operator,
                skip=job.n_batches,
                reference=dict(office.reference.texts),
                file_key=key,
                identity=secrets.identity.secret,
                digest=secrets.digest,
            )
        )
        return
    with opened(path, key, encoding=encoding, max_bytes=max_bytes) as file:
        yield from islice(parts(adapter, file, reference=office.reference), job.n_batches, None)


def pending(office: Office) -> store.Pending:
    """How many files are pending, and for how long the oldest one is."""
    with office.store.begin_read() as connection:
        return store.pending(connection, microseconds(office.clock()))


def _read(office: Office, job_id: str) -> Job | None:
    """A job as it is now."""
    with office.store.begin_read() as connection:
        return store.job_of(connection, job_id)


def _end_of_work(office: Office, job: Job) -> tuple[str, str | None]:
    """How a job ends whose file was worked through: one of which no row could be used has failed."""
    now = _read(office, job.job_id)
    if now is not None and 0 < now.n_rows <= now.n_rejected:
        return store.FAILED, f"none of the {now.n_rows:,} rows could be used; the results say why."
    return store.DONE, None


def _progress(transaction: Transaction, job: Job, done: PartResult) -> None:
    """Store the results of a part and the progress of its job in the transaction of the part."""
    connection: Connection = transaction.connection
    store.add_results(connection, job.job_id, {line: _json(one) for line, one in done.results().items()})
    store.advance(
        connection, job.job_id, n_rows=done.n_rows, n_taken=done.n_rows - done.n_rejected, n_rejected=done.n_rejected
    )


def _json(result: Answer | Rejection) -> str:
    model = RejectionModel.of(result) if isinstance(result, Rejection) else result
    return model.model_dump_json()
