"""Jobs: how far a large file is, and what became of its rows."""

from __future__ import annotations

import json

from serving.api.access import OperatorCaller, TheOffice
from serving.api.job_answers import JobAnswer, JobResults, job_answer
from serving.api.problems import Problem
from serving.api.routing import After, Limit, resource
from serving.office.answers import shown_again
from serving.office.office import Office
from serving.store import Client
from serving.store import jobs as job_store

router = resource()


def _job(office: Office, job_id: str, client: Client) -> job_store.Job:
    with office.store.begin_read() as connection:
        job = job_store.job_of(connection, job_id)
    if job is None or job.operator != client.operator:
        raise Problem(404, "Unknown job", "No such job is yours.")
    return job


@router.get("/jobs/{job_id}", summary="How far a large file is", tags=["operators"])
def read_job(job_id: str, office: TheOffice, client: OperatorCaller) -> JobAnswer:
    """Progress of a job."""
    return job_answer(_job(office, job_id, client))


@router.get("/jobs/{job_id}/results", summary="What became of its rows", tags=["operators"])
def read_results(
    job_id: str, office: TheOffice, client: OperatorCaller, after: After = 0, limit: Limit = 1000
) -> JobResults:
    """Results so far, page by page."""
    job = _job(office, job_id, client)
    with office.store.begin_read() as connection:
        found = job_store.results_of(connection, job.job_id, after=after, limit=limit)
    next_after = found[-1][0] if len(found) == limit else None
    return JobResults(results=[shown_again(json.loads(text), client) for _, text in found], next_after=next_after)


@router.delete("/jobs/{job_id}", summary="Cancel a job", tags=["operators"])
def cancel_job(job_id: str, office: TheOffice, client: OperatorCaller) -> JobAnswer:
    """Stop before the next part. What was accepted before stays accepted."""
    job = _job(office, job_id, client)
    with office.writer.transaction() as transaction:
        job_store.end(transaction.connection, job.job_id, job_store.CANCELLED)
    return job_answer(_job(office, job_id, client))
