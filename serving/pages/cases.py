"""Casework at the station: investigations, legal holds and complaints, and the stop switch of the score.

An officer registers complaints and keeps parcels. A supervisor reads the registers, switches to investigations, lifts
holds, answers, and stops the score.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.numbers import MOST_CHARACTERS
from features.parcel.problems import Rejection, StoreError
from features.text import text
from serving.office import casework, holding, stopping
from serving.office.casework import SWITCHING
from serving.office.consulting import COMPLAINTS, HOLDS, INVESTIGATIONS, consulted
from serving.office.office import Office
from serving.pages.forms import Filled, FormField, blank, filled, what_was_done
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stopped import stops_now
from serving.store import Client, Connection
from serving.store.casework import complaints, investigations, rows
from serving.store.holds import all_holds
from serving.store.times import time_of

router = APIRouter(prefix="/station", include_in_schema=False)
_MOST_ROWS = 200
_COMPLAIN, _HOLD = "complain", "hold"
_ACTIONS = {
    _COMPLAIN: text("register a complaint"),
    "answer": text("note the answer to a complaint"),
    "investigate": text("switch to an investigation"),
    "end": text("end an investigation"),
    _HOLD: text("keep a parcel from masking and erasure"),
    "lift": text("lift a legal hold"),
    "stop": text("stop the score"),
    "resume": text("resume the score"),
}
_SUBJECTS = {
    "delay": text("delay"),
    "damage": text("damage"),
    "opened": text("opened"),
    "seizure": text("seizure"),
    "personal_data": text("personal data"),
    "treatment": text("treatment"),
    "other": text("other"),
}
_ANSWERS = {
    "upheld": text("upheld"),
    "partly_upheld": text("partly upheld"),
    "rejected": text("rejected"),
    "no_action": text("no action"),
}
_FIELDS = (
    FormField(name="action", label=text("What to do"), choices=_ACTIONS, required=True, empty=text("choose one")),
    FormField(name="parcel", label=text("Number of the parcel"), max_length=MOST_CHARACTERS, is_scanned=True),
    FormField(name="row", label=text("Number in the register"), max_length=9, pattern="[0-9]*"),
    FormField(name="file", label=text("Own file number")),
    FormField(name="subject", label=text("What the complaint is about"), choices=_SUBJECTS, empty=text("choose one")),
    FormField(name="answer", label=text("Answer that was given"), choices=_ANSWERS, empty=text("choose one")),
    FormField(name="line", label=text("Screening line, where the score of one alone is stopped"), max_length=35),
    FormField(name="why", label=text("Legal basis of an investigation or a hold, or reason of a stop"), max_length=200),
)
_NEEDS = {
    _COMPLAIN: ("subject", "file"),
    "answer": ("row", "answer", "file"),
    "investigate": ("parcel", "file", "why"),
    "end": ("row",),
    _HOLD: ("parcel", "file", "why"),
    "lift": ("row",),
    "stop": ("why",),
    "resume": (),
}
"""Fields that an action needs."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """One register as a table: what it is called, its columns, and its rows."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class CasesPage:
    """Everything `cases.html` shows: the registers that the reader may see, the state of the score, and the form."""

    form: Filled
    registers: list[Register] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    message: str = ""


@router.get("/cases")
def cases(request: Request, office: TheOffice, officer: Officer, message: str = "") -> HTMLResponse:
    """Show the registers and the form."""
    done = what_was_done(message, _ACTIONS)
    return page(request, "cases.html", _shown(office, officer, blank(_FIELDS), done))


@router.post("/cases", dependencies=[Depends(same_site)])
def act(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Do what the form says: an officer registers complaints and keeps parcels, a supervisor does everything."""
    action = form.typed["action"]
    if action not in (_COMPLAIN, _HOLD) and officer.role not in SWITCHING:
        form = form.refused(_remark("action", "only a supervisor decides.", "Ask a supervisor."))
    for name in _NEEDS.get(action, ()):
        if not form.text(name):
            form = form.refused(_remark(name, "this field is empty.", "Fill it in."))
    if not form.refusals:
        form = _done(office, officer, form)
    if form.refusals:
        return page(request, "cases.html", _shown(office, officer, form), 422)
    return redirect("/station/cases", message=f"{action} {form.text('parcel') or form.text('row') or ''}".strip())


def _remark(name: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=1, field=name, code="x", reason=reason, remedy=remedy)


def _done(office: Office, officer: Client, form: Filled) -> Filled:
    try:
        with office.writer.transaction() as transaction:
            _do(office, transaction.connection, officer, {one: form.typed[one] for one in form.typed})
    except StoreError as error:
        return form.refused(_remark("action", str(error), ""))
    return form


def _do(office: Office, connection: Connection, officer: Client, typed: dict[str, str]) -> None:
    reference, row = typed["file"], int(typed["row"] or 0)
    match typed["action"]:
        case "complain":
            given = {"subject": typed["subject"], "number": typed["parcel"] or None}
            casework.complain(office, connection, reference=reference, client=officer, **given)  # type: ignore[arg-type]
        case "answer":
            casework.answer(office, connection, row, answer=typed["answer"], reference=reference, client=officer)
        case "investigate":
            law = {"case": reference, "legal_basis": typed["why"]}
            casework.begin(office, connection, typed["parcel"], may_train=False, client=officer, **law)
        case "end":
            casework.end(office, connection, row, officer)
        case "hold":
            kept = {"reason": reference, "legal_basis": typed["why"], "client": officer, "at": office.clock()}
            holding.add(connection, office.secrets.vault, typed["parcel"], **kept)  # type: ignore[arg-type]
        case "lift":
            holding.lift(connection, row, client=officer, at=office.clock())
        case "stop":
            stopping.stop(office, connection, typed["why"], officer, typed["line"] or None)
        case _:
            stopping.resume(office, connection, officer, typed["line"] or None)


def _shown(office: Office, officer: Client, form: Filled, message: str = "") -> CasesPage:
    with office.store.begin_read() as connection:
        stopped = stops_now(connection)
        registers = list(_registers(connection)) if officer.role in SWITCHING else []
    for what in (INVESTIGATIONS, HOLDS, COMPLAINTS) if registers else ():
        consulted(office, officer, what)
    return CasesPage(form=form, registers=registers, stopped=stopped, message=message)


def _registers(connection: Connection) -> list[Register]:
    number, parcel, own = text("Number in the register"), text("Number of the parcel"), text("Own file number")
    since, until = text("From"), text("Until")
    return [
        Register(
            name="investigations",
            title=text("Investigations"),
            head=(number, parcel, own, text("Legal basis"), since, until),
            rows=_rows(connection, investigations, "id number case_reference legal_basis began_at ended_at"),
        ),
        Register(
            name="holds",
            title=text("Legal holds"),
            head=(number, parcel, own, text("Legal basis"), since, text("To be reviewed on")),
            rows=[
                (str(one.id), one.number or "", one.reason, one.legal_basis, _time(one.made_at), one.review_on)
                for one in all_holds(connection, is_open=True)[-_MOST_ROWS:][::-1]
            ],
        ),
        Register(
            name="complaints",
            title=text("Complaints"),
            head=(number, parcel, own, text("What the complaint is about"), since, text("Answer that was given")),
            rows=_rows(connection, complaints, "id number reference subject received_at answer"),
        ),
    ]


def _rows(connection: Connection, table: Any, columns: str) -> list[tuple[str, ...]]:
    """Cells of the newest rows of a register, newest first."""
    found = rows(connection, table, newest=_MOST_ROWS)[::-1]
    return [tuple(_cell(name, one[name]) for name in columns.split()) for one in found]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    words = {"subject": _SUBJECTS, "answer": _ANSWERS}.get(name, {})
    return _time(value) if name.endswith("_at") else words.get(value, str(value))


def _time(at_us: int) -> str:
    return f"{time_of(at_us):%Y-%m-%d %H:%M}"
