"""Undeclared items at the station: the form of the label, and a label to print for a number that was issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.messages.places import country_text
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import LABEL_FIELDS
from features.text import Text, moment, text
from serving.office.answers import ObservedAnswer
from serving.office.observing import label_of, observe
from serving.office.office import Office
from serving.pages.barcode import code_39
from serving.pages.card import STREAM_WORDS
from serving.pages.forms import Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.store import Client

router = APIRouter(prefix="/station", include_in_schema=False)
_DIRECTIONS = {
    "import": text("import"),
    "export": text("export"),
    "transit": text("transit"),
    "intra_union": text("within the Union"),
    "domestic": text("domestic"),
    "return": text("return"),
    "redirection": text("redirection"),
}
_LENGTH = {one.name: one.max_length for one in LABEL_FIELDS}


def _country(name: str, label: Text) -> FormField:
    remedy = text("Write the two letters of the country, as in DE.")
    return FormField(name=name, label=label, max_length=2, pattern="[A-Za-z]{2}", remedy=remedy)


_FIELDS = (
    FormField(
        name="parcel_id",
        label=text("Number on the item; without one it gets one"),
        max_length=_LENGTH["parcel_id"],
        is_first=True,
        is_scanned=True,
    ),
    FormField(name="direction", label=text("Direction"), choices=_DIRECTIONS, empty=text("not known")),
    FormField(name="stream", label=text("Stream"), choices=STREAM_WORDS, empty=text("not known")),
    _country("dispatch_country", text("Country of dispatch, two letters")),
    FormField(name="origin_office", label=text("Office on the label or the bag"), max_length=_LENGTH["origin_office"]),
    FormField(name="weight_g", label=text("Weight in grams"), control=Control.NUMBER, minimum=1),
    FormField(
        name="sender", label=text("Sender as written, name first"), control=Control.LONG, max_length=_LENGTH["sender"]
    ),
    FormField(
        name="recipient",
        label=text("Recipient as written, name first"),
        control=Control.LONG,
        max_length=_LENGTH["recipient"],
    ),
    FormField(
        name="recipient_postcode", label=text("Postcode of the destination"), max_length=_LENGTH["recipient_postcode"]
    ),
    _country("recipient_country", text("Country of the destination, two letters")),
    FormField(name="posting_mark", label=text("Mark of posting"), max_length=_LENGTH["posting_mark"]),
)


@dataclass(frozen=True, kw_only=True)
class ObservedPage:
    """Everything `observed.html` shows."""

    form: Filled


@dataclass(frozen=True, kw_only=True)
class LabelPage:
    """Everything `label.html` shows; `bars` are x and width of each bar."""

    number: str
    bars: list[tuple[int, int]]
    width: int
    facts: list[str]


@router.get("/observed")
def observed_page(request: Request, officer: Officer, number: str = "") -> HTMLResponse:
    """Form for an item that nobody declared."""
    return page(request, "observed.html", ObservedPage(form=blank(_FIELDS, parcel_id=number[: _LENGTH["parcel_id"]])))


@router.post("/observed", dependencies=[Depends(same_site)])
def enter_item(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Enter the item; one that gets a number gets a label."""
    if form.refusals:
        return page(request, "observed.html", ObservedPage(form=form), 422)
    answer = _entered(office, officer, form)
    if isinstance(answer, Rejection):
        return page(request, "observed.html", ObservedPage(form=form.refused(answer)), 422)
    if answer.is_issued:
        return redirect("/station/label", number=answer.parcel_id)
    return redirect("/station", parcel=answer.parcel_id)


def _entered(office: Office, officer: Client, form: Filled) -> ObservedAnswer | Rejection:
    label: dict[str, Any] = form.texts(form.typed)
    for name in ("dispatch_country", "recipient_country"):
        label[name] = label[name].upper() if label[name] else None
    with office.writer.transaction() as transaction:
        return observe(office, transaction, [{**label, "weight_g": form.number("weight_g"), LINE: 1}], officer)[1]


@router.get("/label")
def label(request: Request, office: TheOffice, officer: Officer, number: str = "") -> Response:
    """Label of an undeclared item, to be printed and put on it."""
    found = label_of(office, number, officer)
    if found is None:
        return redirect("/station", parcel=number)
    observed, facts = found
    bars, width = code_39(number)
    shown = (
        _DIRECTIONS.get(observed.direction or ""),
        STREAM_WORDS.get(facts["stream"]),
        country_text(facts["dispatch_country"]) if facts["dispatch_country"] else None,
        moment(facts["known_at"]),
    )
    context = LabelPage(number=number, bars=bars, width=width, facts=[one for one in shown if one])
    return page(request, "label.html", context)
