"""Clocks of referrals at the station: what is urgent, how long parcels were held, and how a referral ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.handling.clocks import CHOSEN, Held
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.office.clocks import Referred, decide_clocks, holding, referrals
from serving.office.office import Office
from serving.pages.forms import PARCEL, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site

router = APIRouter(prefix="/station", include_in_schema=False)
MOST_SHOWN = 200
_PERIOD = timedelta(days=28)
_ENDS = {end.value: end.value.replace("_", " ") for end in CHOSEN}
_FIELDS = (
    PARCEL,
    FormField(name="owner", label="New owner", max_length=60),
    FormField(name="end", label="How it ended", choices=_ENDS, empty="it has not ended"),
    FormField(name="reason", label="Why it ended so, without names", max_length=200),
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
    bound = one.clock.bound.value.replace("_", " ") if one.clock.bound else "nothing yet"
    moment = _time(one.clock.latest_at)
    urgency = one.clock.state.value + (f", ask {one.escalated_to}" if one.escalated_to else "")
    return one.parcel_id, one.operator, urgency, moment, bound, one.owner, one.cause, one.referral.value


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _held(one: Held) -> tuple[str, ...]:
    hours = ("" if value is None else f"{value:,.1f}" for value in (one.p50_h, one.p95_h))
    return one.cause, f"{one.n:,}", *hours, f"{one.n_still_held:,}"
