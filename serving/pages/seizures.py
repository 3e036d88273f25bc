"""Seizure forms at the station: what a finding was, entered once, and those on record of a parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.handling.seizure import SEIZURE_FIELDS
from features.parcel.fields import Field, Kind
from features.parcel.numbers import TooLong
from features.parcel.problems import Rejection
from features.text import text
from serving.office.consulting import SEIZURES, consulted
from serving.office.office import Office
from serving.office.seizures import Seizure, enter, of_parcel
from serving.pages.forms import OPERATOR, PARCEL, Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.store import Client

router = APIRouter(prefix="/station", include_in_schema=False)
_LABELS = {
    "finding_class": text("Class of the goods"),
    "substance": text("Substance"),
    "cas": text("CAS number"),
    "identified_by": text("Identified by"),
    "quantity": text("Quantity"),
    "unit": text("Unit"),
    "purity_bp": text("Purity in hundredths of a percent"),
    "form": text("Physical form"),
    "hiding_place": text("Where it was hidden"),
    "departure_country": text("Country of departure"),
    "transit_country": text("Country of transit"),
    "destination_country": text("Country of destination"),
    "method": text("Method that found it"),
    "value_cents": text("Estimated value in cents"),
    "status": text("What was done with it"),
    "report": text("Number of the report"),
}
_HIDDEN = {"parcel_id", "operator"}


def _form_field(declared: Field) -> FormField:
    """Field of the page for a declared one: the two cannot drift apart."""
    return FormField(
        name=declared.name,
        label=_LABELS[declared.name],
        control=Control.NUMBER if declared.kind is Kind.INTEGER else Control.TEXT,
        required=declared.required,
        max_length=declared.max_length,
        choices={one: one.replace("_", " ") for one in declared.choices},
        empty=text("choose one") if declared.choices and declared.required else "",
        minimum=int(declared.minimum or 0),
        maximum=int(declared.maximum or 0),
        pattern=declared.pattern or "",
        remedy=f"{declared.says} As in {declared.example}." if declared.pattern else "",
    )


_CORRECTS = FormField(
    name="corrects",
    label=text("Corrects form number"),
    max_length=10,
    pattern="SZ[0-9]{8}",
    remedy=text("As in SZ00000001."),
)
_FIELDS = (PARCEL, OPERATOR, *(_form_field(one) for one in SEIZURE_FIELDS if one.name not in _HIDDEN), _CORRECTS)
_SHOWN = ("finding_class", "substance", "quantity", "unit", "form", "hiding_place", "status", "identified_by")


@dataclass(frozen=True, kw_only=True)
class SeizurePage:
    """Everything `seizure.html` shows: the forms of a parcel, and the one to be filled in."""

    form: Filled
    parcel_id: str = ""
    head: tuple[str, ...] = (text("Form"), text("When"), text("Who"), *(_LABELS[name] for name in _SHOWN))
    rows: list[tuple[str, ...]] = field(default_factory=list)
    message: str = ""


@router.get("/seizure")
def seizure(
    request: Request, office: TheOffice, officer: Officer, parcel: str = "", operator: str = "", message: str = ""
) -> HTMLResponse:
    """Show the forms of a parcel, and an empty one."""
    form = blank(_FIELDS, parcel_id=parcel[:35], operator=operator[:35])
    shown = _shown(office, officer, form)
    return page(request, "seizure.html", replace(shown, message=text("Form entered.") if message == "entered" else ""))


def _shown(office: Office, officer: Client, form: Filled) -> SeizurePage:
    parcel_id = form.text("parcel_id") or ""
    try:
        with office.store.begin_read() as connection:
            found = of_parcel(connection, parcel_id, form.text("operator")) if parcel_id else []
    except TooLong:
        found = []
    if found:
        consulted(office, officer, SEIZURES, [one.number for one in found])
    return SeizurePage(form=form, parcel_id=parcel_id, rows=[_row(one) for one in found])


def _row(one: Seizure) -> tuple[str, ...]:
    values = (one.form[name] for name in _SHOWN)
    shown = (str(value).replace("_", " ") if value is not None else "" for value in values)
    return (one.number, f"{one.made_at:%Y-%m-%d %H:%M} UTC", one.by, *shown)


@router.post("/seizure", dependencies=[Depends(same_site)])
def enter_form(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Enter the form of a parcel in which something was found."""
    done = None if form.refusals else _entered(office, officer, form)
    if isinstance(done, Rejection):
        form = form.refused(done)
    if form.refusals:
        return page(request, "seizure.html", _shown(office, officer, form), 422)
    given = {"parcel": form.typed["parcel_id"], "operator": form.typed["operator"]}
    return redirect("/station/seizure", **given, message="entered")


def _entered(office: Office, officer: Client, form: Filled) -> Seizure | Rejection:
    given: Mapping[str, Any] = {
        one.name: form.number(one.name) if one.kind is Kind.INTEGER else form.text(one.name) for one in SEIZURE_FIELDS
    }
    with office.writer.transaction() as transaction:
        return enter(office, transaction, given, officer, corrects=form.text("corrects"))
