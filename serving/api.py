"""The API: operators lodge parcels and read answers, officers read answers and record outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from features.parcel.problems import Accepted, Rejection
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.adapter import KEPT_CHARACTERS, nothing
from features.sources.reading import Reading
from serving.access import Caller, OfficerCaller, OperatorCaller, TheDesk
from serving.answers import Answer, OutcomeAnswer, RejectionModel
from serving.intake import Taken, take
from serving.lookup import look_up
from serving.manifest_files import counts
from serving.models import Manifest, Outcome, Outcomes, Parcel, tabulate
from serving.outcomes import record
from serving.problems import PROBLEM_SCHEMA, Problem, StrictRoute
from serving.scoring import Desk
from serving.store import Client, Role
from serving.tables import table_of

_PROBLEMS: dict[int | str, dict[str, Any]] = {code: PROBLEM_SCHEMA for code in (400, 401, 403, 404, 409, 413, 422)}
router = APIRouter(prefix="/v1", route_class=StrictRoute, responses=_PROBLEMS)
Explain = Annotated[bool, Query(description="Find the reasons now, also for parcels that nobody needs to look at.")]


class ManifestAnswer(BaseModel):
    """One result per parcel, in the order of the request."""

    n_scored: int
    n_repeated: int
    n_amended: int
    n_superseded: int
    n_cancelled: int
    n_rejected: int
    results: list[Answer | RejectionModel]


class OutcomesAnswer(BaseModel):
    """One result per outcome, in the order of the request."""

    n_recorded: int
    n_repeated: int
    n_rejected: int
    results: list[OutcomeAnswer | RejectionModel]


class MovementModel(BaseModel):
    """Something that happened to the parcel."""

    code: str = Field(examples=["EMD"])
    state: str | None = Field(description="What it says of the parcel's life.", examples=["arrived"])
    happened_at: AwareDatetime
    office: str | None


class Lookup(BaseModel):
    """Answers on record for an identifier; more than one when several operators used it."""

    answers: list[Answer] = Field(description="Newest first.")
    movements: list[MovementModel] = Field(description="What happened to the newest of them, oldest first.")


@router.post("/parcels", summary="Score one parcel", tags=["operators"], status_code=200)
def score_parcel(parcel: Parcel, desk: TheDesk, client: OperatorCaller, explain: Explain = False) -> Answer:  # type: ignore[valid-type]
    """Score a parcel as lodged now.

    The same facts sent again get the same answer and change nothing. Other facts amend the parcel; `function: cancel`
    takes it back.
    """
    taken = _taken(desk, client, Accepted(rows=table_of([parcel])), source="api", explain=explain)
    if taken.answers:
        return taken.answers[1]
    status = 409 if any(one.code in _CONFLICTS for one in taken.rejections) else 422
    raise Problem(status, "Parcel not taken", "The parcel cannot be taken; see errors.", errors=taken.rejections)


@router.post("/manifests", summary="Score many parcels", tags=["operators"])
def score_manifest(
    request: Request, manifest: Manifest, desk: TheDesk, client: OperatorCaller, explain: Explain = False
) -> ManifestAnswer:
    """Score the parcels of a manifest. Each is answered by itself; one that cannot be used does not stop the others.

    Other content types than JSON are taken here as well: CSV, NDJSON, Parquet, Arrow, ITMATT-like, ICS2-like and
    CUSITM-like messages, courier JSON, dispatch lists and events, compressed by gzip or zstd or not; docs/formats.md
    lists them. Large files become a job (202, with its address).
    """
    _check_size(request, len(manifest.parcels))
    accepted = tabulate(Parcel, manifest.parcels, PARCEL_SCHEMA)
    texts = dict(enumerate(manifest.parcels, start=1))
    taken = _taken(desk, client, accepted, source="api", explain=explain, original=lambda line: _shown(texts.get(line)))
    results = _merged(dict(taken.answers), taken.rejections)
    return ManifestAnswer(results=results, n_rejected=taken.n_rejected, **counts(results))


@router.get("/parcels/{parcel_id:path}", summary="Read the answer to a parcel", tags=["operators", "officers"])
def read_parcel(parcel_id: str, desk: TheDesk, client: Caller) -> Lookup:
    """Answer on record, with its reasons. Operators see their own parcels only; every look is written to the audit."""
    found = look_up(desk, parcel_id, client)
    if not found:
        raise Problem(404, "Unknown parcel", "No such parcel was lodged, or it was lodged by somebody else.")
    life = [
        MovementModel(code=one.code, state=one.state, happened_at=one.happened_at, office=one.office)
        for one in found[0].life
    ]
    return Lookup(answers=[item.answer for item in found], movements=life)


@router.post("/outcomes", summary="Record what inspections found", tags=["officers"])
def record_outcomes(request: Request, outcomes: Outcomes, desk: TheDesk, client: OfficerCaller) -> OutcomesAnswer:
    """Record outcomes as known now. Nothing found is an outcome, too: without it the system cannot learn."""
    _check_size(request, len(outcomes.outcomes))
    accepted = tabulate(Outcome, outcomes.outcomes, OUTCOME_SCHEMA)
    checked = validate_outcomes(accepted.rows)
    answers = record(desk, checked.rows, client)
    results = _merged(answers, (*accepted.rejections, *checked.rejections))
    return OutcomesAnswer(
        results=results,
        n_recorded=sum(item.status == "recorded" for item in results),
        n_repeated=sum(item.status == "repeated" for item in results),
        n_rejected=len({item.line for item in results if item.status == "rejected"}),
    )


_CONFLICTS = {"already_lodged", "version_conflict", "unknown_parcel", "outcome_known"}


def _taken(
    desk: Desk,
    client: Client,
    accepted: Accepted,
    *,
    source: str,
    explain: bool,
    original: Callable[[int], str] = nothing,
) -> Taken:
    """Take in what the models accepted; the operator is the caller, whatever the message says."""
    if client.role is not Role.OPERATOR or client.operator is None:
        raise Problem(403, "Not allowed", "Only operators lodge parcels.")
    checked = validate_parcels(accepted.rows, reference=desk.reference, fields_checked=True, at=desk.clock())
    part = Reading(
        parcels=checked.rows,
        outcomes=pl.DataFrame(),
        rejections=(*accepted.rejections, *checked.rejections),
        ignored=(),
        n_rows=accepted.rows.height + len({one.line for one in accepted.rejections}),
        original=original,
    )
    return take(desk, part, client, source, explain=explain)


def _shown(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, default=str)[:KEPT_CHARACTERS]


def _merged(answers: dict[int, Any], rejections: tuple[Rejection, ...]) -> list[Any]:
    """Results in the order of the request; an item with several faults is answered with each of them."""
    found = [(line, RejectionModel.of(item) if isinstance(item, Rejection) else item) for line, item in answers.items()]
    found += [(rejection.line, RejectionModel.of(rejection)) for rejection in rejections]
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _check_size(request: Request, n: int) -> None:
    limit: int = request.app.state.settings.max_items
    if n > limit:
        raise Problem(413, "Too many items", f"The request holds {n:,} items; send at most {limit:,} at a time.")


def health_router() -> APIRouter:
    """Liveness and readiness."""
    health = APIRouter(tags=["health"])

    @health.get("/livez", summary="Is the process alive?")
    def livez() -> dict[str, str]:
        return {"status": "alive"}

    @health.get("/readyz", summary="Can it answer, and how well?", response_model=None)
    def readyz(desk: TheDesk) -> dict[str, Any] | JSONResponse:
        """Ready means that parcels are answered; `degraded` says what those answers lack."""
        champion = desk.champion
        return {
            "status": "degraded" if champion.problem else "ready",
            "bundle": champion.bundle.bundle_id if champion.bundle else None,
            "degraded": champion.problem,
            "events": desk.engine.last_seq,
            "entities": desk.engine.n_entities(),
        }

    return health
