"""Bag of evidence at the station: an officer names parcel and case, and gets both editions as a ZIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.model_store import ModelStore
from features.parcel.numbers import MOST_CHARACTERS, TooLong
from features.parcel.problems import Rejection, StoreError
from features.text import text
from serving.office.bag_archives import archive
from serving.office.bags import Order
from serving.pages.evidence_pdf import record_files
from serving.pages.forms import Filled, FormField, blank, filled
from serving.pages.layout import page
from serving.pages.refusals import TOO_LONG
from serving.pages.session import Officer, TheOffice, same_site

router = APIRouter(prefix="/station", include_in_schema=False)
_FIELDS = (
    FormField(
        name="parcel",
        label=text("Number of the parcel"),
        required=True,
        max_length=MOST_CHARACTERS,
        is_scanned=True,
        is_first=True,
    ),
    FormField(name="operator", label=text("Operator, where several use the number"), max_length=35),
    FormField(name="file", label=text("Own file number"), required=True),
)


@dataclass(frozen=True, kw_only=True)
class BagPage:
    """Everything `bag.html` shows."""

    form: Filled


@router.get("/evidence")
def bag_page(request: Request, officer: Officer, parcel: str = "", operator: str = "") -> HTMLResponse:
    """The form, with the parcel that the address names."""
    given = {"parcel": parcel[:MOST_CHARACTERS], "operator": operator[:35]}
    return page(request, "bag.html", BagPage(form=blank(_FIELDS, **given)))


@router.post("/evidence", dependencies=[Depends(same_site)])
def make_bag(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Both editions as a file, or the form with what is wrong."""
    if not form.refusals:
        order = Order(
            number=form.typed["parcel"],
            operator=form.text("operator"),
            case=form.typed["file"],
            client=officer,
            at=office.clock(),
        )
        try:
            return _file(request, office, order)
        except TooLong:
            form = form.refusing("parcel", TOO_LONG, text("Scan the parcel again."))
        except StoreError as error:
            form = form.refused(
                Rejection(line=1, field="parcel", code="unknown_parcel", reason=str(error), remedy="Check the number.")
            )
    return page(request, "bag.html", BagPage(form=form), 422)


def _file(request: Request, office: TheOffice, order: Order) -> Response:
    state = request.app.state
    made = archive(office, ModelStore(state.settings.models_dir), state.checkpoints, order, record_files)
    headers = {"Content-Disposition": 'attachment; filename="evidence.zip"'}
    return Response(made, media_type="application/zip", headers=headers)
