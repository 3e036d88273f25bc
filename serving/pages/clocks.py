"""Clocks of referrals at the station: what is urgent, how long parcels were held, and how a referral ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.handling.clocks import CHOSEN, Bound, ClockState, End, Held
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.text import Declared, Text, figure, moment, text
from policy import Cause
from serving.office.clocks import Referred, decide_clocks, holding, referrals
from serving.office.office import Office
from serving.pages.card import cause_words
from serving.pages.forms import PARCEL, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stance import headline

router = APIRouter(prefix="/station", include_in_schema=False)
MOST_SHOWN = 200
_PERIOD = timedelta(days=28)
_END_WORDS = {
    End.LET_GO: text("let go"),
    End.HANDED_ON: text("handed on to another authority"),
    End.GONE: text("gone, cannot be recalled"),
    End.NOT_FOUND: text("looked for in vain"),
}
_ENDS = {end.value: _END_WORDS[end] for end in CHOSEN}
_STATES = {
    ClockState.WAITING: text("waiting for the parcel"),
    ClockState.RUNNING: text("running"),
    ClockState.ESCALATED: text("escalated"),
    ClockState.OVERDUE: text("overdue"),
    ClockState.ENDED: text("ended"),
}
_BOUNDS = {
    Bound.CUT_OFF: text("sort cut-off"),
    Bound.DEPARTURE: text("departure"),
    Bound.PROMISE: text("promised delivery"),
    Bound.LEGAL_MAXIMUM: text("legal maximum of holding"),
}
_FIELDS = (
    PARCEL,
    FormField(name="owner", label=text("New owner"), max_length=60),
    FormField(name="end", label=text("How it ended"), choices=_ENDS, empty=text("it has not ended")),
    FormField(name="reason", label=text("Why it ended so, without names"), max_length=200),
)


@dataclass(frozen=True, kw_only=True)
class ClocksPage:
    """Everything `clocks.html` shows: rows of referrals, the most urgent first, and of holding times by cause."""

    form: Filled
    n_open: int
    rows: list[tuple[str, ...]]
    held: list[tuple[str, ...]]


@router.get("/clocks")
def clocks(request: Request, office: TheOffice, officer: Officer, parcel: str = "") -> HTMLResponse:
    """Referrals that have not ended, and the holding times of four weeks."""
    return page(request, "clocks.html", _shown(office, blank(_FIELDS, parcel_id=parcel[:35])))


@router.post("/clocks", dependencies=[Depends(same_site)])
def decide(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Name the owner or the end of a referral."""
    if not form.refusals:
        row = {LINE: 1, "operator": None, **form.texts(("parcel_id", "owner", "end", "reason"))}
        with office.writer.transaction() as transaction:
            done = decide_clocks(office, transaction, [row], officer)[1]
        if isinstance(done, Rejection):
            form = form.refused(done)
    if form.refusals:
        return page(request, "clocks.html", _shown(office, form), 422)
    return redirect("/station/clocks")


def _shown(office: Office, form: Filled) -> ClocksPage:
    now = office.clock()
    found = referrals(office)
    held = holding(office, now - _PERIOD, now + timedelta(microseconds=1))
    return ClocksPage(
        form=form, n_open=len(found), rows=[_row(one) for one in found[:MOST_SHOWN]], held=[_held(one) for one in held]
    )


def _row(one: Referred) -> tuple[str, ...]:
    clock = one.clock
    bound = _BOUNDS[clock.bound] if clock.bound else text("nothing yet")
    latest = moment(clock.latest_at) if clock.latest_at else ""
    state: Text = _STATES[clock.state]
    if one.escalated_to:
        state = text("{state}, ask {superior}", state=state, superior=Declared(one.escalated_to))
    # Whether an open referral was drawn is not shown at the line.
    cause, asked = cause_words(Cause.parse(one.cause), is_decided=False), headline(one.referral)[2]
    return one.parcel_id, one.operator, state, latest, bound, one.owner, cause, asked


def _held(one: Held) -> tuple[str, ...]:
    hours = ("" if value is None else figure(value, ",.1f") for value in (one.p50_h, one.p95_h))
    return _cause(one.cause), figure(one.n), *hours, figure(one.n_still_held)


def _cause(name: str) -> str:
    return cause_words(Cause.parse(name), is_decided=True)
