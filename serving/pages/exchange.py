"""Packages of partner authorities at the station: what is open, and the decision of a supervisor about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from features.parcel.problems import ListError, Rejection
from features.text import text
from policy.exchange import ExchangeError
from policy.rules import RuleError
from serving.office.exchanging import RELEASING, ContactPoint, is_overdue, release, text_of
from serving.office.office import Office
from serving.office.receiving import adopt, matches, receipt_of, refuse
from serving.pages.forms import Control, Filled, FormField, blank, filled, what_was_done
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.store import Client, comparisons, packages
from serving.store.packages import IN, OUT, Held
from serving.store.times import time_of

router = APIRouter(prefix="/station", include_in_schema=False)
_MOST_ASKED = 100
_ACTIONS = {
    "release": text("release a draft of somebody else"),
    "adopt": text("adopt, as drafts"),
    "refuse": text("refuse"),
}
_FIELDS = (
    FormField(name="number", label=text("Number of the package"), required=True, max_length=60),
    FormField(name="action", label=text("Decision"), choices=_ACTIONS, required=True, empty=text("choose one")),
    FormField(
        name="reason", label=text("Reason of a refusal, which the sender reads"), control=Control.LONG, max_length=300
    ),
)


@dataclass(frozen=True, kw_only=True)
class ExchangePage:
    """Everything `exchange.html` shows: open packages, what one would have matched, and the form of a decision."""

    form: Filled = field(default_factory=lambda: blank(_FIELDS))
    head: tuple[str, ...] = (
        text("Package"),
        text("From or to"),
        text("State"),
        text("Answer due"),
        text("Items"),
        text("Codes"),
    )
    rows: list[tuple[str, ...]] = field(default_factory=list)
    shown: str = ""
    matched: list[tuple[str, ...]] = field(default_factory=list)
    asked_head: tuple[str, ...] = (
        text("Number"),
        text("From or to"),
        text("Own file number"),
        text("Purpose"),
        text("Words"),
        text("Hits"),
        text("When"),
    )
    asked: list[tuple[str, ...]] = field(default_factory=list)
    message: str = ""


@router.get("/exchange")
def exchange(
    request: Request, office: TheOffice, officer: Officer, number: str = "", message: str = ""
) -> HTMLResponse:
    """Show what is open, and what the package of a number would have matched here."""
    done = what_was_done(message, _ACTIONS)
    return page(request, "exchange.html", _shown(office, officer, blank(_FIELDS, number=number[:60]), done))


def _shown(office: Office, officer: Client, form: Filled, message: str = "") -> ExchangePage:
    number = form.text("number") or ""
    matched: list[tuple[str, ...]] = []
    with office.store.begin_read() as connection:
        found = [one for way in (OUT, IN) for one in packages.held(connection, way, is_open=True)]
        asked = comparisons.all_of(connection, limit=_MOST_ASKED) if officer.role in RELEASING else []
        if any(one.number == number and one.state == packages.QUARANTINED for one in found):
            seen = matches(office, connection, number) if officer.role in RELEASING else []
            matched = [(one.what, f"{one.n_of:,}", f"{one.n_matched:,}", one.problem) for one in seen]
    rows = [_row(office, one) for one in found]
    shown = {"shown": number if matched else "", "matched": matched, "asked": [_asked(one) for one in asked]}
    return ExchangePage(form=form, rows=rows, message=message, **shown)  # type: ignore[arg-type]


def _asked(one: Mapping[str, Any]) -> tuple[str, ...]:
    """A question without names, in words that say nothing of what was asked."""
    way = "to" if one["direction"] == OUT else "from"
    n_hits = "" if one["n_hits"] is None else f"{one['n_hits']:,}"
    at = f"{time_of(one['made_at']):%Y-%m-%d %H:%M} UTC"
    named = (one["number"], f"{way} {one['partner']}", one["case_reference"], one["purpose"])
    return *named, f"{one['n_words']:,}", n_hits, at


def _row(office: Office, one: Held) -> tuple[str, ...]:
    late = " (overdue)" if is_overdue(one, office.clock()) else ""
    due = "" if one.due_at is None else f"{time_of(one.due_at):%Y-%m-%d %H:%M} UTC{late}"
    way = "to" if one.direction == OUT else "from"
    kinds = [item["kind"] for item in one.document["items"]]
    items = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    named = ("source_code", "information_code", "handling", "tlp", "pap")
    codes = " ".join(str(one.document[name]) for name in named)
    return one.number, f"{way} {one.partner}", one.state, due, items, codes


@router.post("/exchange", dependencies=[Depends(same_site)])
def decide(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Release, adopt or refuse: a supervisor does."""
    if officer.role not in RELEASING:
        form = form.refused(_NOT_ALLOWED)
    if not form.refusals:
        form = _decided(request, office, officer, form)
    if form.refusals:
        return page(request, "exchange.html", _shown(office, officer, form), 422)
    return redirect("/station/exchange", message=f"{form.typed['action']} {form.typed['number']}")


_NOT_ALLOWED = Rejection(
    line=1, field="action", code="role", reason="only a supervisor decides.", remedy="Ask a supervisor."
)


def _decided(request: Request, office: Office, officer: Client, form: Filled) -> Filled:
    point: ContactPoint = request.app.state.contact_point
    number = form.typed["number"]
    try:
        with office.writer.transaction() as transaction:
            connection = transaction.connection
            match form.typed["action"]:
                case "release":
                    release(office, connection, point, number, officer)
                case "adopt":
                    adopt(office, connection, point, number, officer, owner="contact point")
                case _:
                    refuse(office, connection, point, number, officer, form.text("reason") or "")
    except ExchangeError as error:
        return form.refused(Rejection(line=1, field=error.field, code="x", reason=error.reason, remedy=error.remedy))
    except (ListError, RuleError) as error:
        return form.refused(Rejection(line=1, field="number", code="x", reason=str(error), remedy=""))
    return form


@router.get("/exchange/file")
def file(request: Request, office: TheOffice, officer: Officer, number: str, way: str = OUT) -> Response:
    """Signed text of a released package, or of the receipt for a received one."""
    point: ContactPoint = request.app.state.contact_point
    try:
        if officer.role not in RELEASING:
            raise ExchangeError("file", "only a supervisor reads it.", "Ask a supervisor.")
        with office.store.begin_read() as connection:
            signed = text_of(office, connection, point, number) if way == OUT else receipt_of(connection, point, number)
    except ExchangeError as error:
        return PlainTextResponse(str(error), status_code=422)
    return Response(signed, media_type="application/json", headers={"Content-Disposition": "attachment"})
