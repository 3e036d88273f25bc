"""Undeclared items at the station: the form of the label, and a label to print for a number that was issued."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.fields import STREAMS
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.parcel.undeclared import DIRECTIONS, LABEL_FIELDS
from serving.office.observing import label_of, observe
from serving.pages.barcode import code_39
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site

router = APIRouter(prefix="/station", include_in_schema=False)
_LENGTH = {one.name: one.max_length for one in LABEL_FIELDS}
_CHOICES = {one.name: one.choices for one in LABEL_FIELDS if one.choices}


@dataclass(frozen=True, kw_only=True)
class ObservedPage:
    """Everything `observed.html` shows."""

    number: str = ""
    message: str = ""
    directions: tuple[str, ...] = DIRECTIONS
    streams: tuple[str, ...] = STREAMS
    lengths: dict[str, int] = field(default_factory=lambda: _LENGTH)


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
    return page(request, "observed.html", ObservedPage(number=number[: _LENGTH["parcel_id"]]))


@router.post("/observed", dependencies=[Depends(same_site)])
def enter_item(
    request: Request,
    office: TheOffice,
    officer: Officer,
    parcel_id: Annotated[str, Form(max_length=35)] = "",
    direction: Annotated[str, Form(max_length=20)] = "",
    dispatch_country: Annotated[str, Form(max_length=2)] = "",
    origin_office: Annotated[str, Form(max_length=35)] = "",
    stream: Annotated[str, Form(max_length=10)] = "",
    weight_g: Annotated[str, Form(max_length=9)] = "",
    recipient_postcode: Annotated[str, Form(max_length=17)] = "",
    recipient_country: Annotated[str, Form(max_length=2)] = "",
    sender: Annotated[str, Form(max_length=300)] = "",
    recipient: Annotated[str, Form(max_length=300)] = "",
    posting_mark: Annotated[str, Form(max_length=70)] = "",
) -> Response:
    """Enter the item; one that gets a number gets a label."""
    given: dict[str, Any] = {
        "parcel_id": parcel_id,
        "direction": direction,
        "dispatch_country": dispatch_country.upper(),
        "origin_office": origin_office,
        "stream": stream,
        "recipient_postcode": recipient_postcode,
        "recipient_country": recipient_country.upper(),
        "sender": sender,
        "recipient": recipient,
        "posting_mark": posting_mark,
    }
    label = {name: text.strip() or None for name, text in given.items()}
    is_offered = all(label[name] in (None, *choices) for name, choices in _CHOICES.items())
    if not is_offered or not (weight_g == "" or (weight_g.isascii() and weight_g.isdigit() and int(weight_g))):
        return page(request, "observed.html", ObservedPage(number=parcel_id, message="Not entered: check the form."))
    row = {**label, "weight_g": int(weight_g) if weight_g else None, LINE: 1}
    try:
        with office.writer.transaction() as transaction:
            answer = observe(office, transaction, [row], officer)[1]
    except TooLong as error:
        return page(request, "observed.html", ObservedPage(message=f"Not entered: {error}"))
    if isinstance(answer, Rejection):
        message = f"Not entered: {answer.reason} {answer.remedy}"
        return page(request, "observed.html", ObservedPage(number=parcel_id, message=message))
    if answer.is_issued:
        return redirect("/station/label", number=answer.parcel_id)
    return redirect("/station", parcel=answer.parcel_id)


@router.get("/label")
def label(request: Request, office: TheOffice, officer: Officer, number: str = "") -> Response:
    """Label of an undeclared item, to be printed and put on it."""
    found = label_of(office, number, officer)
    if found is None:
        return redirect("/station", parcel=number)
    observed, facts = found
    bars, width = code_39(number)
    shown = (observed.direction, facts["stream"], facts["dispatch_country"], f"{facts['known_at']:%Y-%m-%d %H:%M} UTC")
    context = LabelPage(number=number, bars=bars, width=width, facts=[one for one in shown if one])
    return page(request, "label.html", context)
