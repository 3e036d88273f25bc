"""What officers enter at the station: outcomes, parcels that are let go, and what they undo."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from features.parcel.problems import Rejection
from features.text import text
from serving.office.entries import LET_GO, OVERRIDE, Given, enter_once, undo
from serving.office.office import Office
from serving.office.outcomes import CORRECTION
from serving.pages.forms import PARCEL, Filled, filled
from serving.pages.layout import page, redirect
from serving.pages.outcome_form import ENTRY, OUTCOME, UNKNOWN_CLASS, method_of_line
from serving.pages.refusals import EMPTY
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.station import shown
from serving.store import Client

router = APIRouter(prefix="/station", include_in_schema=False)
_AT_FIELD = {"outcome_known": CORRECTION}
_NO_RESULT = Rejection(line=1, field="result", code="missing", reason=EMPTY, remedy=text("Press one of the keys."))


@router.post("/outcome", dependencies=[Depends(same_site)])
def outcome(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*OUTCOME))]
) -> Response:
    """Record what the officer found, or that the parcel is let go; one entry is recorded once."""
    if not (form.text("result") or form.text("finding_class")):
        form = form.refused(_NO_RESULT)
    if form.refusals:
        return _refused(request, office, officer, form)
    done = enter_once(office, _given(form), officer)
    if isinstance(done, Rejection):
        at = _AT_FIELD.get(done.code, done.field)
        return _refused(request, office, officer, form.refused(replace(done, field=at)))
    return redirect("/station", parcel=form.typed["parcel_id"], message=done.answer, entry=done.entry_id)


def _refused(request: Request, office: Office, officer: Client, form: Filled) -> Response:
    context = shown(office, form.typed["parcel_id"][:35], officer, form)
    return page(request, "station.html", replace(context, method=method_of_line(request)), 422)


def _given(form: Filled) -> Given:
    result = form.text("result") or "found"
    finding_class = form.text("finding_class") if result == "found" else None
    outcome = {
        "result": result,
        "finding_class": None if finding_class == UNKNOWN_CLASS else finding_class,
        "method": form.text("method") if result != "not_presented" else None,
    }
    return Given(
        entry_id=form.text("entry") or str(uuid4()),
        parcel_id=form.typed["parcel_id"],
        operator=form.text("operator"),
        outcome=None if result == LET_GO else outcome,
        correction=form.text(CORRECTION),
        override=form.text(OVERRIDE),
        order_number=form.text("order_number"),
        waited=timedelta(milliseconds=form.number("waited_ms") or 0),
    )


@router.post("/undo", dependencies=[Depends(same_site)])
def undone(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(PARCEL, ENTRY))]
) -> Response:
    """Undo an entry of a moment ago."""
    done = undo(office, form.typed["entry"], officer)
    if isinstance(done, Rejection):
        refused = replace(form, fields=OUTCOME).refused(done)
        return _refused(request, office, officer, refused)
    return redirect("/station", parcel=form.typed["parcel_id"], message="undone")
