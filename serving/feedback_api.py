"""What operators get back beside answers: jobs, quarantine, data quality, messages in their own formats."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, timedelta
from typing import Annotated, Any, Literal

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from features.parcel.problems import Accepted, Rejection
from features.parcel.validation import validate_parcels
from features.sources.columns.export import safe
from serving.access import Caller, OperatorCaller, TheDesk
from serving.answers import Answer
from serving.job_answers import JobAnswer, JobResults, job_answer
from serving.models import Parcel
from serving.problems import PROBLEM_SCHEMA, Problem, StrictRoute
from serving.quality import QualityReport, quality_page, report
from serving.replies import cusrsp, ics2_referrals
from serving.reply_feed import answers_after
from serving.scoring import Desk
from serving.store import Client, Role
from serving.store import jobs as job_store
from serving.store.quarantine import DROPPED, FIXED, OPEN, Held, held_row, held_rows, settle
from serving.tables import table_of

_PROBLEMS: dict[int | str, dict[str, Any]] = {code: PROBLEM_SCHEMA for code in (400, 401, 403, 404, 409, 422)}
router = APIRouter(prefix="/v1", route_class=StrictRoute, responses=_PROBLEMS)
After = Annotated[int, Query(ge=0, le=2**53, description="Place behind which to go on.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most entries of one page.")]


class Reason(BaseModel):
    """Why a row could not be used."""

    line: int
    field: str
    code: str
    reason: str
    remedy: str


class HeldRow(BaseModel):
    """A row that could not be used, as you sent it."""

    held_id: int
    state: str = Field(description="open, fixed or dropped")
    source: str = Field(description="Format in which it came.")
    line: int = Field(description="Line or place in the file.")
    text: str = Field(description="The row as it was read; long ones are cut.")
    reasons: list[Reason]


class Quarantine(BaseModel):
    """A page of rows that wait to be mended."""

    rows: list[HeldRow]
    next_after: int | None = Field(description="Ask for `after` this place to go on; null at the end.")


def _job(desk: Desk, job_id: str, client: Client) -> job_store.Job:
    with desk.store.begin() as connection:
        job = job_store.job_of(connection, job_id)
    if job is None or job.operator != client.operator:
        raise Problem(404, "Unknown job", "No such job is yours.")
    return job


@router.get("/jobs/{job_id}", summary="How far a large file is", tags=["operators"])
def read_job(job_id: str, desk: TheDesk, client: OperatorCaller) -> JobAnswer:
    """Progress of a job."""
    return job_answer(_job(desk, job_id, client))


@router.get("/jobs/{job_id}/results", summary="What became of its rows", tags=["operators"])
def read_results(
    job_id: str, desk: TheDesk, client: OperatorCaller, after: After = 0, limit: Limit = 1000
) -> JobResults:
    """Results so far, page by page."""
    job = _job(desk, job_id, client)
    with desk.store.begin() as connection:
        found = job_store.results_of(connection, job.job_id, after=after, limit=limit)
    next_after = found[-1][0] if len(found) == limit else None
    return JobResults(results=[json.loads(text) for _, text in found], next_after=next_after)


@router.delete("/jobs/{job_id}", summary="Cancel a job", tags=["operators"])
def cancel_job(job_id: str, desk: TheDesk, client: OperatorCaller) -> JobAnswer:
    """Stop before the next part. What was taken before stays taken."""
    job = _job(desk, job_id, client)
    with desk.lock, desk.store.begin() as connection:
        job_store.end(connection, job.job_id, job_store.CANCELLED)
    return job_answer(_job(desk, job_id, client))


@router.get("/quarantine", summary="Rows that could not be used", tags=["operators"])
def read_quarantine(desk: TheDesk, client: OperatorCaller, after: After = 0, limit: Limit = 100) -> Quarantine:
    """Your rows that wait to be mended, with the reasons."""
    with desk.store.begin() as connection:
        rows = held_rows(connection, desk.secrets.personal, client.operator or "", after=after, limit=limit)
    next_after = rows[-1].held_id if len(rows) == limit else None
    return Quarantine(rows=[_row(row) for row in rows], next_after=next_after)


def _row(held: Held) -> HeldRow:
    return HeldRow(
        held_id=held.held_id,
        state=held.state,
        source=held.source,
        line=held.line,
        text=held.text,
        reasons=[Reason(**reason) for reason in held.reasons],
    )


def _held(desk: Desk, held_id: int, client: Client) -> Held:
    with desk.store.begin() as connection:
        held = held_row(connection, desk.secrets.personal, client.operator or "", held_id)
    if held is None:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    if held.state != OPEN:
        raise Problem(409, "Settled already", f"The row was {held.state} before.")
    return held


@router.post("/quarantine/{held_id}", summary="Resubmit a mended row", tags=["operators"])
def resubmit(held_id: int, parcel: Parcel, desk: TheDesk, client: OperatorCaller) -> Answer:  # type: ignore[valid-type]
    """Lodge the mended row as a parcel; it leaves the quarantine when it is taken."""
    held = _held(desk, _bounded(held_id), client)
    rows = table_of([parcel]).with_columns(pl.lit(client.operator).alias("operator"))
    checked: Accepted = validate_parcels(rows, reference=desk.reference, fields_checked=True)
    if checked.rejections:
        raise Problem(422, "Invalid content", "The row still cannot be used; see errors.", errors=checked.rejections)
    answers = desk.score(checked.rows, client, then=lambda connection, found: _settled(connection, held, found))
    result = answers[1]
    if isinstance(result, Rejection):
        raise Problem(409, "Not taken", "The parcel cannot be taken; see errors.", errors=(result,))
    return result


def _settled(connection: Any, held: Held, found: dict[int, Answer | Rejection]) -> None:
    if isinstance(found[1], Answer):
        settle(connection, held.held_id, FIXED)


@router.delete("/quarantine/{held_id}", summary="Drop a row", tags=["operators"], status_code=204)
def drop(held_id: int, desk: TheDesk, client: OperatorCaller) -> None:
    """Give a row up: it will not be sent again."""
    held = _held(desk, _bounded(held_id), client)
    with desk.lock, desk.store.begin() as connection:
        settle(connection, held.held_id, DROPPED)


def _bounded(held_id: int) -> int:
    if not 0 <= held_id < 2**53:
        raise Problem(404, "Unknown row", "No such row of yours is in quarantine.")
    return held_id


@router.get("/replies", summary="Answers in your own format", tags=["operators"], response_class=Response)
def read_replies(
    desk: TheDesk,
    client: OperatorCaller,
    form: Annotated[Literal["cusrsp", "ics2"], Query(alias="format", description="cusrsp or ics2")] = "cusrsp",
    after: After = 0,
) -> Response:
    """Answers in force as a CUSRSP-like or ICS2-like message; docs/formats.md says how referrals are mapped.

    Go on with `after` set to the `Next-After` header, until `At-End` is true; later ask again from there.
    """
    feed = answers_after(desk, client, after=after)
    headers = {"Next-After": str(feed.next_after), "At-End": str(feed.is_end).lower()}
    if form == "cusrsp":
        return Response(cusrsp(feed.answers, desk.clock()), media_type="application/edifact", headers=headers)
    return Response(ics2_referrals(feed.answers, desk.clock()), media_type="application/xml", headers=headers)


@router.get("/quality", summary="How good your data are", tags=["operators", "officers"], response_model=QualityReport)
def read_quality(
    request: Request,
    desk: TheDesk,
    client: Caller,
    form: Annotated[Literal["json", "csv", "html"], Query(alias="format", description="json, csv or html")] = "json",
    days: Annotated[int, Query(ge=1, le=400, description="Days up to today.")] = 30,
) -> Response | QualityReport:
    """Shares per lane: accepted, on time, recipient complete, HS present and plausible, weight agrees.

    Operators see themselves, officers everybody.
    """
    last: date = desk.clock().astimezone(UTC).date()
    operator = client.operator if client.role is Role.OPERATOR else None
    with desk.store.begin() as connection:
        first = last - timedelta(days=days - 1)
        found = report(connection, operator=operator, first=first, last=last, reference=desk.reference)
    if form == "json":
        return found
    if form == "html":
        return quality_page(request, found)
    file = io.BytesIO()
    safe(pl.DataFrame([row.model_dump() for row in found.rows])).write_csv(file)
    name = f"quality-{last.isoformat()}.csv"
    return Response(
        file.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
