"""Waivers of advance data at the desk: who is spared them, why, until when, and what is done instead."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.problems import StoreError
from features.text import Declared, Text, Verbatim, day, text
from serving.office.casework import waive
from serving.office.office import Office
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.desk.list_form import DAY, DAY_REMEDY
from serving.pages.forms import Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import TheOffice, same_site
from serving.pages.tables import Table
from serving.store.casework import rows, waivers

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_MOST_ROWS = 200
_KEPT = text("Registered. It is in the accounts of its quarters.")
_FIELDS = (
    FormField(name="operator", label=text("Operator for whom advance data are waived"), required=True, max_length=35),
    FormField(
        name="origin_country",
        label=text("Country of dispatch; empty: all"),
        max_length=2,
        pattern="[A-Z]{2}",
        remedy=text("Write the two capital letters of a country, as in CH."),
    ),
    FormField(name="reason", label=text("Reason"), required=True, max_length=200),
    FormField(name="instead", label=text("What is done instead"), required=True, max_length=200),
    FormField(name="first_on", label=text("First day"), required=True, pattern=DAY, remedy=DAY_REMEDY),
    FormField(name="last_on", label=text("Last day"), required=True, pattern=DAY, remedy=DAY_REMEDY),
)


@dataclass(frozen=True, kw_only=True)
class WaiversPage:
    """Everything `waivers.html` shows."""

    waivers: Table
    form: Filled
    message: str = ""


@router.get("/waivers")
def waivers_page(request: Request, office: TheOffice, officer: Supervisor, message: str = "") -> HTMLResponse:
    """All waivers, newest first, and the form of a new one."""
    return page(request, "waivers.html", _shown(office, blank(_FIELDS), _KEPT if message == "kept" else ""))


@router.post("/waivers", dependencies=[Depends(same_site)])
def add_waiver(
    request: Request, office: TheOffice, officer: Supervisor, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Register a waiver."""
    first, last = _day(form, "first_on"), _day(form, "last_on")
    for name, found in (("first_on", first), ("last_on", last)):
        if found is None and not form.refusals:
            form = form.refusing(name, text("there is no such day."))
    if first is not None and last is not None and last < first:
        form = form.refusing("last_on", text("it is before the first day."), text("Write a later day."))
    if form.refusals or first is None or last is None:
        return page(request, "waivers.html", _shown(office, form), 422)
    texts = {name: form.typed[name] for name in ("operator", "reason", "instead")}
    try:
        with office.writer.transaction() as transaction:
            waive(
                office,
                transaction.connection,
                **texts,
                origin_country=form.text("origin_country"),
                first_on=first,
                last_on=last,
                client=officer,
            )
    except StoreError as error:
        return page(request, "waivers.html", _shown(office, form.refusing("reason", str(error))), 422)
    return redirect(f"{PREFIX}/waivers", message="kept")


def _day(form: Filled, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(form.typed[name])
    except ValueError:
        return None


def _shown(office: Office, form: Filled, message: str = "") -> WaiversPage:
    with office.store.begin_read() as connection:
        known = rows(connection, waivers, newest=_MOST_ROWS)[::-1]
    today = office.clock().date()
    shown = [
        (
            f"{one['id']}",
            _state(one["first_on"], one["last_on"], today),
            Declared(one["operator"]),
            Verbatim(one["origin_country"]) if one["origin_country"] else text("all"),
            Declared(one["reason"]),
            Declared(one["instead"]),
            day(dt.date.fromisoformat(one["first_on"])),
            day(dt.date.fromisoformat(one["last_on"])),
            one["made_by"],
        )
        for one in known
    ]
    head = (
        text("Number in the register"),
        text("State"),
        text("Operator"),
        text("Country of dispatch"),
        text("Reason"),
        text("What is done instead"),
        text("First day"),
        text("Last day"),
        text("Made by"),
    )
    table = Table(
        caption=text("Waivers of advance data"), head=head, rows=shown, n_texts=9, empty=text("There is no waiver.")
    )
    return WaiversPage(waivers=table, form=form, message=message)


def _state(first_on: str, last_on: str, today: dt.date) -> Text:
    if last_on < today.isoformat():
        return text("over")
    return text("in force") if first_on <= today.isoformat() else text("to come")
