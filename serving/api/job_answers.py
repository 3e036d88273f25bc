"""What the API says of a job."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from serving.store.jobs import Job
from serving.store.times import time_of


class JobAnswer(BaseModel):
    """Progress of a large file."""

    job_id: str
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    format: str = Field(description="Format in which the file is read.", examples=["itmatt"])
    received_at: AwareDatetime
    n_rows: int = Field(description="Rows that are worked through so far.")
    n_taken: int = Field(description="Of these, rows that were accepted.")
    n_rejected: int = Field(description="Of these, rows that could not be used; they are in quarantine.")
    problem: str | None = Field(description="Why the job failed; what it had accepted before is stored.")


class JobResults(BaseModel):
    """A page of results, in the order in which they were found."""

    results: list[dict[str, Any]] = Field(description="Answers and rejections, as for a small manifest.")
    next_after: int | None = Field(description="Ask for `after` this number to continue; null at the end for now.")


def job_answer(job: Job) -> JobAnswer:
    """Put a job into words."""
    return JobAnswer(
        job_id=job.job_id,
        state=job.state,  # type: ignore[arg-type]
        format=job.format,
        received_at=time_of(job.received_at),
        n_rows=job.n_rows,
        n_taken=job.n_taken,
        n_rejected=job.n_rejected,
        problem=job.problem,
    )
