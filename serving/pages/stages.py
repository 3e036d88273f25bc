"""Stages at the station: those of one parcel, and a run of one method over many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.handling import Certainty
from features.handling.fields import PRESENTED
from features.handling.states import SCANNED
from features.messages.sentences import STATE_WORDS
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.text import Text, moment, text
from serving.office.office import Office
from serving.office.stages import CORRECTS, EMPTY, Run, StageOnRecord, record_run, record_stages, stages_on_record
from serving.office.whereabouts import record_scans
from serving.pages.card import METHOD_WORDS
from serving.pages.forms import OPERATOR, PARCEL, Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.refusals import TOO_LONG
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stance import RESULT_WORDS
from serving.store import Client

_ONE_DAY_S = 86_400
_STAGES = {PRESENTED: text("presented to customs"), **METHOD_WORDS}
_CERTAINTIES: dict[str, Text] = {
    Certainty.PRESUMPTIVE.value: text("presumptive"),
    Certainty.CONFIRMED.value: text("confirmed"),
}
_NONE_YET = text("none yet")
_RESULTS = {
    "nothing_found": text("nothing found"),
    "found": text("something found"),
    "unclear": text("unclear"),
    "presented": text("presented"),
    "not_presented": text("not presented"),
}
_MESSAGES = {
    "recorded": text("Stage recorded."),
    "scanned": text("Scan recorded."),
    "repeated": text("This stage was on record already."),
}
_STAGE = (
    FormField(name="stage", label=text("Stage"), choices=_STAGES, required=True),
    FormField(name="result", label=text("Result"), choices=_RESULTS, required=True),
    FormField(name="certainty", label=text("Certainty"), choices=_CERTAINTIES, empty=text("usual for this stage")),
    FormField(name="duration_s", label=text("Seconds it took"), control=Control.NUMBER, maximum=_ONE_DAY_S),
)
_CORRECTS = FormField(name=CORRECTS, label=text("Corrects stage number"), control=Control.NUMBER, maximum=2**53)
_ONE = (PARCEL, OPERATOR, *_STAGE, _CORRECTS)
_SCAN = (
    PARCEL,
    OPERATOR,
    FormField(
        name="state",
        label=text("Seen by customs"),
        choices={one.value: STATE_WORDS[one] for one in SCANNED},
        required=True,
    ),
)
_RUN = (
    *_STAGE,
    FormField(
        name="numbers",
        label=text("Numbers of the parcels, one in a line"),
        control=Control.LONG,
        rows=10,
        max_length=100_000,
        is_first=True,
        is_scanned=True,
    ),
    FormField(name="receptacle", label=text("Or the receptacle that was looked at"), is_scanned=True),
)
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
class StagesPage:
    """Everything `stages.html` shows."""

    parcel_id: str
    operator: str
    form: Filled
    scan_form: Filled
    outcome: str = _NONE_YET
    stages: list[StageRow] = field(default_factory=list)
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """Everything `run.html` shows."""

    form: Filled = field(default_factory=lambda: blank(_RUN))
    unknown: tuple[str, ...] = ()
    message: str = ""


@router.get("/stages")
def stages(
    request: Request, office: TheOffice, officer: Officer, parcel: str = "", operator: str = "", message: str = ""
) -> Response:
    """Stages of one parcel, and the form for another one."""
    form = blank(_ONE, parcel_id=parcel, operator=operator)
    return _stages_page(request, office, officer, form, blank(_SCAN), _MESSAGES.get(message, ""))


def _stages_page(
    request: Request, office: Office, officer: Client, form: Filled, scan_form: Filled, message: str = ""
) -> Response:
    """Stages of the parcel that is named by the form that was sent, or by the address."""
    sent = scan_form if scan_form.refusals else form
    try:
        found = stages_on_record(office, sent.typed["parcel_id"], officer, sent.text("operator"))
    except TooLong:
        found = None
    if found is None:
        return redirect("/station", message="unknown_parcel")
    handled, on_record = found
    key = {"parcel_id": handled.subject["parcel_id"], "operator": handled.subject["operator"] or ""}
    outcome = RESULT_WORDS[handled.result] if handled.result else _NONE_YET
    context = StagesPage(
        **key,
        form=replace(form, typed={**form.typed, **key}),
        scan_form=replace(scan_form, typed={**scan_form.typed, **key}),
        outcome=text("an alarm is open: another stage must resolve it") if handled.has_open_alarm else outcome,
        stages=[_row(one) for one in on_record],
        message=message,
    )
    return page(request, "stages.html", context, 422 if sent.refusals else 200)


def _row(stage: StageOnRecord) -> StageRow:
    event = stage.event
    done_at = event["inspected_at"] or event["known_at"]
    return StageRow(
        number=str(event["seq"] or ""),
        name=_STAGES.get(event["method"], text("not stated")),
        result=_RESULTS[event["result"]],
        certainty=_CERTAINTIES.get(event["certainty"], ""),
        at=moment(done_at),
        duration_s="" if event["duration_s"] is None else str(event["duration_s"]),
        officer=stage.details.officer or "",
        image=stage.details.image or "",
    )


def _record(office: Office, officer: Client, form: Filled) -> dict[str, Any]:
    """Stage record of a form."""
    given = {**form.texts(("stage", "result", "certainty")), "duration_s": form.number("duration_s")}
    return {**EMPTY, **given, "inspected_at": office.clock(), "officer": officer.client_id, LINE: 1}


@router.post("/stages", dependencies=[Depends(same_site)])
def record_stage(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_ONE))]
) -> Response:
    """Record one stage."""
    if form.refusals:
        return _stages_page(request, office, officer, form, blank(_SCAN))
    key = form.texts(("parcel_id", "operator"))
    row = {**_record(office, officer, form), **key, CORRECTS: form.number(CORRECTS)}
    with office.writer.transaction() as transaction:
        answer = record_stages(office, transaction, [row], officer)[1]
    if isinstance(answer, Rejection):
        return _stages_page(request, office, officer, form.refused(answer), blank(_SCAN))
    return _recorded(key, answer.status)


def _recorded(key: Mapping[str, str | None], message: str) -> Response:
    return redirect("/station/stages", parcel=key["parcel_id"] or "", operator=key["operator"] or "", message=message)


@router.post("/scan", dependencies=[Depends(same_site)])
def scan(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_SCAN))]
) -> Response:
    """Record where the parcel was seen."""
    key = form.texts(("parcel_id", "operator"))
    if not form.refusals:
        row = {LINE: 1, **key, "state": form.typed["state"], "scanned_at": None, "station": None}
        with office.writer.transaction() as transaction:
            answer = record_scans(office, transaction, [row], officer)[1]
        if not isinstance(answer, Rejection):
            return _recorded(key, "scanned")
        form = form.refused(answer)
    return _stages_page(request, office, officer, blank(_ONE), form)


@router.get("/run")
def run_page(request: Request, officer: Officer) -> HTMLResponse:
    """Form for a run."""
    return page(request, "run.html", RunPage())


@router.post("/run", dependencies=[Depends(same_site)])
def run(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_RUN))]
) -> HTMLResponse:
    """Record a run, and show which of its parcels are not on record."""
    readings = [line.strip() for line in form.typed["numbers"].splitlines() if line.strip()]
    if not (form.refusals or readings or form.text("receptacle")):
        form = form.refused(_NO_PARCEL)
    done = None if form.refusals else _run(office, officer, form, readings)
    if isinstance(done, Run):
        n = sum(one.status == "recorded" for one in done.answers)
        message = text("Recorded for {n:,} of {named:,} parcels.", n=n, named=done.n_named)
        return page(request, "run.html", RunPage(message=message, unknown=done.unknown))
    return page(request, "run.html", RunPage(form=form.refused(done) if done else form), 422)


_NO_PARCEL = Rejection(
    line=1,
    field="numbers",
    code="missing",
    reason=text("no parcel is named."),
    remedy=text("Scan the parcels, one in a line, or give the receptacle."),
)


def _run(office: Office, officer: Client, form: Filled, readings: list[str]) -> Run | Rejection:
    row = _record(office, officer, form)
    try:
        with office.writer.transaction() as transaction:
            return record_run(office, transaction, row, readings, officer, receptacle=form.text("receptacle"))
    except TooLong:
        return Rejection(line=1, field="numbers", code="too_long", reason=TOO_LONG, remedy=text(""))
