"""Stages of inspections: officers record what was done with parcels, one at a time or a run of many."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from fastapi import Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from features.handling import STAGE_SCHEMA
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from serving.api.access import OfficerCaller, TheOffice
from serving.api.once import TheOnce, written
from serving.api.problems import Problem
from serving.api.routing import check_size, merged, resource
from serving.api.schemas import Stage, StageRun, Stages, tabulate
from serving.office.answers import RejectionModel, StageAnswer
from serving.office.stages import CORRECTS, EMPTY, Run, StageOnRecord, record_run, record_stages, stages_on_record
from serving.office.writer import Transaction

router = resource()


class StagesAnswer(BaseModel):
    """One result per stage, in the order of the request."""

    n_recorded: int
    n_repeated: int
    n_rejected: int
    results: list[StageAnswer | RejectionModel]


class RunAnswer(BaseModel):
    """What became of a run."""

    batch_id: int | None = Field(description="Number of the run; null where none of its parcels is on record.")
    n_named: int
    n_recorded: int
    n_repeated: int
    unknown: list[str] = Field(description="Numbers under which no single parcel is on record.")
    results: list[StageAnswer]


class StageModel(BaseModel):
    """A stage in force."""

    seq: int | None = Field(description="Its number, by which it can be corrected; null for an outcome of before.")
    stage: str | None
    result: str
    certainty: str | None
    inspected_at: AwareDatetime | None
    known_at: AwareDatetime
    duration_s: int | None
    station: str | None
    officer: str | None
    finding_class: str | None
    finding_mass_g: int | None
    image: str | None
    image_sha256: str | None
    batch_id: int | None


class StagesOnRecord(BaseModel):
    """The stages of a parcel that are in force, oldest first, and what follows from them."""

    parcel_id: str
    operator: str | None
    outcome: str | None
    has_open_alarm: bool
    stages: list[StageModel]


@router.post("/stages", summary="Record stages of inspections", tags=["officers"])
def record(
    request: Request, response: Response, stages: Stages, office: TheOffice, client: OfficerCaller, once: TheOnce
) -> StagesAnswer:
    """Record stages as known now: presented, x-ray, dog, trace detection, documents, opened, laboratory.

    The outcome of a parcel follows from its stages by one rule (docs/stages.md). A stage that is wrong is corrected by
    a new one that names its number in `corrects_seq`.
    """
    check_size(request, len(stages.stages))
    accepted = tabulate(Stage, stages.stages, pl.Schema({**STAGE_SCHEMA, CORRECTS: pl.Int64()}))

    def write(transaction: Transaction) -> StagesAnswer:
        answers = record_stages(office, transaction, accepted.rows.to_dicts(), client)
        return _stages_answer(merged(answers, accepted.rejections))

    return written(office, once, response, StagesAnswer, write)


def _stages_answer(results: list[Any]) -> StagesAnswer:
    return StagesAnswer(
        results=results,
        n_recorded=sum(item.status == "recorded" for item in results),
        n_repeated=sum(item.status == "repeated" for item in results),
        n_rejected=len({item.line for item in results if item.status == "rejected"}),
    )


@router.post("/stages/runs", summary="Record a run over many parcels", tags=["officers"])
def record_a_run(
    request: Request,
    response: Response,
    run: StageRun,  # type: ignore[valid-type]
    office: TheOffice,
    client: OfficerCaller,
    once: TheOnce,
) -> RunAnswer:
    """Record that one method looked at many parcels at once, all with one result."""
    given: dict[str, Any] = run.model_dump()  # type: ignore[attr-defined]
    readings, receptacle = given.pop("parcel_ids") or [], given.pop("receptacle_id")
    check_size(request, len(readings))
    if not readings and receptacle is None:
        raise Problem(422, "No parcels", "Give the numbers of the parcels in parcel_ids, or their receptacle_id.")

    def write(transaction: Transaction) -> RunAnswer:
        done = record_run(office, transaction, {**EMPTY, **given}, readings, client, receptacle=receptacle)
        if isinstance(done, Rejection):
            raise Problem(422, "Run not recorded", "Two fields of the run contradict each other.", errors=(done,))
        return _run_answer(done)

    return written(office, once, response, RunAnswer, write)


def _run_answer(done: Run) -> RunAnswer:
    return RunAnswer(
        batch_id=done.batch_id,
        n_named=done.n_named,
        n_recorded=sum(one.status == "recorded" for one in done.answers),
        n_repeated=sum(one.status == "repeated" for one in done.answers),
        unknown=list(done.unknown),
        results=list(done.answers),
    )


@router.get("/stages", summary="Read the stages of a parcel", tags=["officers"])
def read_stages(
    office: TheOffice,
    client: OfficerCaller,
    parcel_id: str,
    operator: Annotated[str | None, Query(max_length=35)] = None,
) -> StagesOnRecord:
    """Stages in force of the newest parcel under a number."""
    try:
        found = stages_on_record(office, parcel_id, client, operator)
    except TooLong as error:
        raise Problem(422, "Reading too long", f"{error}") from error
    if found is None:
        raise Problem(404, "Unknown parcel", "No single parcel is on record under this number; name the operator.")
    handled, stages = found
    return StagesOnRecord(
        parcel_id=handled.subject["parcel_id"],
        operator=handled.subject["operator"],
        outcome=handled.result,
        has_open_alarm=handled.has_open_alarm,
        stages=[_model(one) for one in stages],
    )


def _model(stage: StageOnRecord) -> StageModel:
    names = StageModel.model_fields.keys() - {"stage", "officer", "image"}
    given = {name: stage.event[name] for name in names}
    return StageModel(stage=stage.event["method"], **vars(stage.details), **given)
