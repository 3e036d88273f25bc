"""Handing a parcel over to a second officer, who sees it first in the queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from features.parcel.problems import Rejection
from features.text import text
from serving.office.handing_over import HandoverReason, hand_over
from serving.pages.forms import OPERATOR, PARCEL, Control, Filled, FormField, filled
from serving.pages.layout import page, redirect
from serving.pages.outcome_form import ENTRY, method_of_line
from serving.pages.second_officer import HANDOVERS
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.station import shown

router = APIRouter(prefix="/station", include_in_schema=False)
_FIELDS = (
    PARCEL,
    OPERATOR,
    ENTRY,
    FormField(name="to", label=text("Officer"), required=True, max_length=60, remedy=text("Choose one of the list.")),
    FormField(
        name="handover_reason",
        label=text("Handed over because"),
        choices=HANDOVERS,
        control=Control.CHOICE,
        required=True,
        remedy=text("Choose why."),
    ),
)


@router.post("/hand-over", dependencies=[Depends(same_site)])
def handed_over(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Hand a parcel over; what is refused is shown on its card."""
    parcel = form.typed["parcel_id"]
    if not form.refusals:
        reason = HandoverReason(form.typed["handover_reason"])
        done = hand_over(office, parcel, form.text("operator"), form.typed["to"], reason, officer)
        form = form.refused(done) if isinstance(done, Rejection) else form
    if form.refusals:
        context = shown(office, parcel[:35], officer, form)
        return page(request, "station.html", replace(context, method=method_of_line(request)), 422)
    return redirect("/station", parcel=parcel, message="handed_over")
