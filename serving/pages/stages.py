"""Stages at the station: those of one parcel, and a run of one method over many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from features.handling import STAGE_FIELDS
from features.handling.fields import PRESENTED
from features.handling.states import SCANNED
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.office import Office
from serving.office.stages import CORRECTS, EMPTY, StageOnRecord, record_run, record_stages, stages_on_record
from serving.office.whereabouts import record_scans
from serving.pages.card import METHOD_WORDS, RESULT_WORDS
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.store import Client

_STAGES = {PRESENTED: "presented to customs", **METHOD_WORDS}
_RESULTS = {
    "nothing_found": "nothing found",
    "found": "something found",
    "unclear": "unclear",
    "presented": "presented",
    "not_presented": "not presented",
}
_CHOICES = {one.name: frozenset(one.choices) for one in STAGE_FIELDS if one.choices}
_MESSAGES = {
    "recorded": "Stage recorded.",
    "scanned": "Scan recorded.",
    "repeated": "This stage was on record already.",
    "contradiction": "Not recorded: the stage and its result do not fit.",
    "unknown_stage": "Not recorded: the stage that it corrects is no longer in force.",
    "unknown_parcel": "Not recorded: no single parcel is on record under this number.",
    "invalid": "Not recorded: the form was incomplete.",
}
router = APIRouter(prefix="/station", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """One stage, ready to be shown."""

    number: str
    name: str
    result: str
    certainty: str
    at: str
    duration_s: str
    officer: str
    image: str


@dataclass(frozen=True, kw_only=True)
class _StageForm:
    """What the fields of a stage offer."""

    message: str = ""
    stage_names: dict[str, str] = field(default_factory=lambda: _STAGES)
    result_names: dict[str, str] = field(default_factory=lambda: _RESULTS)


@dataclass(frozen=True, kw_only=True)
class StagesPage(_StageForm):
    """Everything `stages.html` shows."""

    parcel_id: str
    operator: str
    outcome: str = "none yet"
    stages: list[StageRow] = field(default_factory=list)
    scan_states: dict[str, str] = field(default_factory=lambda: {one.value: one.words for one in SCANNED})


@dataclass(frozen=True, kw_only=True)
class RunPage(_StageForm):
    """Everything `run.html` shows."""

    unknown: tuple[str, ...] = ()


@router.get("/stages")
def stages(
    request: Request, office: TheOffice, officer: Officer, parcel: str = "", operator: str = "", message: str = ""
) -> Response:
    """Stages of one parcel, and the form for another one."""
    try:
        found = stages_on_record(office, parcel, officer, operator or None)
    except TooLong:
        found = None
    if found is None:
        return redirect("/station", message="unknown_parcel")
    handled, on_record = found
    outcome = RESULT_WORDS[handled.result] if handled.result else "none yet"
    context = StagesPage(
        parcel_id=handled.subject["parcel_id"],
        operator=handled.subject["operator"] or "",
        outcome="an alarm is open: another stage must resolve it" if handled.has_open_alarm else outcome,
        stages=[_row(one) for one in on_record],
        message=_MESSAGES.get(message, ""),
    )
    return page(request, "stages.html", context)


def _row(stage: StageOnRecord) -> StageRow:
    event = stage.event
    done_at = event["inspected_at"] or event["known_at"]
    return StageRow(
        number=str(event["seq"] or ""),
        name=_STAGES.get(event["method"], "not stated"),
        result=_RESULTS[event["result"]],
        certainty=event["certainty"] or "",
        at=f"{done_at:%Y-%m-%d %H:%M} UTC",
        duration_s="" if event["duration_s"] is None else str(event["duration_s"]),
        officer=stage.details.officer or "",
        image=stage.details.image or "",
    )


@dataclass(frozen=True, kw_only=True)
class _Given:
    """Fields of a stage as a form posts them."""

    stage: str
    result: str
    certainty: str
    duration_s: str

    def record(self, office: Office, officer: Client) -> dict[str, Any] | None:
        """Stage record; None where the form holds what no form offers."""
        given = {"stage": self.stage, "result": self.result, "certainty": self.certainty or None}
        is_offered = all(value is None or value in _CHOICES[name] for name, value in given.items())
        is_time = self.duration_s == "" or (self.duration_s.isascii() and self.duration_s.isdigit())
        if not (is_offered and is_time):
            return None
        duration_s = int(self.duration_s) if self.duration_s else None
        by = {"inspected_at": office.clock(), "officer": officer.client_id}
        return {**EMPTY, **given, **by, "duration_s": duration_s, LINE: 1}


def _given(
    stage: Annotated[str, Form(max_length=20)],
    result: Annotated[str, Form(max_length=20)],
    certainty: Annotated[str, Form(max_length=20)] = "",
    duration_s: Annotated[str, Form(max_length=5)] = "",
) -> _Given:
    return _Given(stage=stage, result=result, certainty=certainty, duration_s=duration_s)


StageForm = Annotated[_Given, Depends(_given)]


@router.post("/stages", dependencies=[Depends(same_site)])
def record_stage(
    office: TheOffice,
    officer: Officer,
    form: StageForm,
    parcel_id: Annotated[str, Form(max_length=35)],
    operator: Annotated[str, Form(max_length=35)] = "",
    corrects_seq: Annotated[int | None, Form(ge=1, le=2**53)] = None,
) -> Response:
    """Record one stage."""
    row = form.record(office, officer)
    if row is None:
        return redirect("/station/stages", parcel=parcel_id, operator=operator, message="invalid")
    row |= {"parcel_id": parcel_id, "operator": operator or None, CORRECTS: corrects_seq}
    with office.writer.transaction() as transaction:
        answer = record_stages(office, transaction, [row], officer)[1]
    message = answer.code if isinstance(answer, Rejection) else answer.status
    return redirect("/station/stages", parcel=parcel_id, operator=operator, message=message)


@router.post("/scan", dependencies=[Depends(same_site)])
def scan(
    office: TheOffice,
    officer: Officer,
    parcel_id: Annotated[str, Form(max_length=35)],
    state: Annotated[str, Form(max_length=20)],
    operator: Annotated[str, Form(max_length=35)] = "",
) -> Response:
    """Record where the parcel was seen."""
    if state not in SCANNED:
        return redirect("/station/stages", parcel=parcel_id, operator=operator, message="invalid")
    row = {LINE: 1, "parcel_id": parcel_id, "operator": operator or None, "state": state}
    with office.writer.transaction() as transaction:
        answer = record_scans(office, transaction, [{**row, "scanned_at": None, "station": None}], officer)[1]
    message = answer.code if isinstance(answer, Rejection) else "scanned"
    return redirect("/station/stages", parcel=parcel_id, operator=operator, message=message)


@router.get("/run")
def run_page(request: Request, officer: Officer) -> HTMLResponse:
    """Form for a run."""
    return page(request, "run.html", RunPage())


@router.post("/run", dependencies=[Depends(same_site)])
def run(
    request: Request,
    office: TheOffice,
    officer: Officer,
    form: StageForm,
    numbers: Annotated[str, Form(max_length=100_000)] = "",
    receptacle: Annotated[str, Form(max_length=70)] = "",
) -> HTMLResponse:
    """Record a run, and show which of its parcels are not on record."""
    row = form.record(office, officer)
    readings = [line.strip() for line in numbers.splitlines() if line.strip()]
    if row is None or not (readings or receptacle.strip()):
        return page(request, "run.html", RunPage(message=_MESSAGES["invalid"]))
    return page(request, "run.html", _recorded(office, officer, row, readings, receptacle.strip() or None))


def _recorded(
    office: Office, officer: Client, row: Mapping[str, Any], readings: list[str], receptacle: str | None
) -> RunPage:
    try:
        with office.writer.transaction() as transaction:
            done = record_run(office, transaction, row, readings, officer, receptacle=receptacle)
    except TooLong as error:
        return RunPage(message=f"Not recorded: {error}")
    if isinstance(done, Rejection):
        return RunPage(message=_MESSAGES["contradiction"])
    n = sum(one.status == "recorded" for one in done.answers)
    return RunPage(message=f"Recorded for {n:,} of {done.n_named:,} parcels.", unknown=done.unknown)
