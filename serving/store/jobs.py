"""Jobs: large files that are worked through in parts, and the results of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from serving.store.tables import job_results, jobs

WAITING, RUNNING, DONE, CANCELLED, FAILED = "waiting", "running", "done", "cancelled", "failed"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file; `n_batches` parts of it are finished."""

    job_id: str
    operator: str
    client_id: str
    format: str
    state: str
    received_at: int
    n_batches: int = 0
    n_rows: int = 0
    n_taken: int = 0
    n_rejected: int = 0
    problem: str | None = None
    n_starts: int = 0


def add_job(connection: Connection, job: Job) -> None:
    """Store a new job."""
    connection.execute(jobs.insert().values(**vars(job)))


def job_of(connection: Connection, job_id: str) -> Job | None:
    """Job by its identifier."""
    row = connection.execute(select(jobs).where(jobs.c.job_id == job_id)).one_or_none()
    return Job(**dict(row._mapping)) if row else None


def next_job(connection: Connection) -> Job | None:
    """Oldest job that is not finished."""
    query = (
        select(jobs).where(jobs.c.state.in_([WAITING, RUNNING])).order_by(jobs.c.received_at, jobs.c.job_id).limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Job(**dict(row._mapping)) if row else None


def unfinished(connection: Connection) -> frozenset[str]:
    """Names of the jobs that are pending or running."""
    return frozenset(connection.execute(select(jobs.c.job_id).where(jobs.c.state.in_([WAITING, RUNNING]))).scalars())


def count_start(connection: Connection, job_id: str, *, by: int = 1) -> None:
    """Count that work on a job began; with -1 that it did not end because of the job."""
    connection.execute(jobs.update().where(jobs.c.job_id == job_id).values(n_starts=jobs.c.n_starts + by))


@dataclass(frozen=True, kw_only=True)
class Pending:
    """Unfinished jobs: how many, and the age of the oldest one in seconds."""

    n: int
    oldest_s: float


def pending(connection: Connection, at_us: int) -> Pending:
    """Count unfinished jobs at a time."""
    query = select(func.count(), func.min(jobs.c.received_at)).where(jobs.c.state.in_([WAITING, RUNNING]))
    n, oldest = connection.execute(query).one()
    return Pending(n=n, oldest_s=0.0 if oldest is None else max(at_us - oldest, 0) / 1e6)


def advance(connection: Connection, job_id: str, *, n_rows: int, n_taken: int, n_rejected: int) -> None:
    """Count one more part."""
    connection.execute(
        jobs.update()
        .where(jobs.c.job_id == job_id)
        .values(
            state=RUNNING,
            n_batches=jobs.c.n_batches + 1,
            n_rows=jobs.c.n_rows + n_rows,
            n_taken=jobs.c.n_taken + n_taken,
            n_rejected=jobs.c.n_rejected + n_rejected,
        )
    )


def end(connection: Connection, job_id: str, state: str, problem: str | None = None) -> None:
    """Finish a job that is not finished yet."""
    unfinished = jobs.c.state.in_([WAITING, RUNNING])
    connection.execute(jobs.update().where(jobs.c.job_id == job_id, unfinished).values(state=state, problem=problem))


def add_results(connection: Connection, job_id: str, results: dict[int, str]) -> None:
    """Store results, JSON by line."""
    rows = [{"job_id": job_id, "line": line, "result": text} for line, text in sorted(results.items())]
    if rows:
        connection.execute(job_results.insert(), rows)


def results_of(connection: Connection, job_id: str, *, after: int, limit: int) -> list[tuple[int, Any]]:
    """Results behind number `after`, in the order in which they arose: number and JSON."""
    query = (
        select(job_results.c.id, job_results.c.result)
        .where(job_results.c.job_id == job_id, job_results.c.id > after)
        .order_by(job_results.c.id)
        .limit(limit)
    )
    return [(row.id, row.result) for row in connection.execute(query)]
