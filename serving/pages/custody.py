"""Exhibits at the station: taken from a parcel, and the ledger of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from features.handling.custody import Entry, Exhibit, Kind
from features.parcel.problems import Rejection
from features.text import Declared, Text, moment, text
from serving.office.consulting import CUSTODY, consulted
from serving.office.custody import Ledger, enter, exhibits_taken, ledger, take
from serving.office.office import Office
from serving.pages.forms import PARCEL, Control, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.refusals import EMPTY
from serving.pages.session import Officer, TheOffice, same_site
from serving.store import Client

router = APIRouter(prefix="/station", include_in_schema=False)


_WORDS = {
    Kind.TAKEN: text("taken"),
    Kind.WEIGHED: text("weighed"),
    Kind.SEALED: text("sealed"),
    Kind.GIVEN: text("given"),
    Kind.RECEIVED: text("received"),
    Kind.SENT: text("sent"),
    Kind.CAME_BACK: text("came back"),
    Kind.RETURNED: text("returned"),
    Kind.DESTROYED: text("destroyed"),
    Kind.CORRECTED: text("corrected"),
}
_KINDS = {kind.value: words for kind, words in _WORDS.items() if kind is not Kind.TAKEN}
_NUMBER = FormField(name="number", label=text("Number of the exhibit"), max_length=10)
_HIDDEN = (replace(_NUMBER, control=Control.HIDDEN), replace(PARCEL, required=False))
_TAKING = (
    FormField(name="seal", label=text("Seal"), max_length=35, is_scanned=True),
    FormField(name="gross_g", label=text("Gross weight in grams"), control=Control.NUMBER),
    FormField(name="net_g", label=text("Net weight in grams"), control=Control.NUMBER),
)
_KIND = FormField(name="kind", label=text("What happened"), choices=_KINDS, empty=text("choose what happened"))
_FIELDS = (
    *_HIDDEN,
    _KIND,
    *_TAKING,
    FormField(name="to", label=text("Given or sent to")),
    FormField(name="reference", label=text("Receipt or record")),
    FormField(name="corrects", label=text("Number of the entry that it corrects"), control=Control.NUMBER, minimum=1),
)


@dataclass(frozen=True, kw_only=True)
class ExhibitPage:
    """Everything `exhibit.html` shows: an exhibit with its ledger, or the form for a new one of a parcel."""

    form: Filled
    parcel_id: str = ""
    taken: list[str] = field(default_factory=list)
    number: str = ""
    state: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)


@router.get("/exhibit")
def exhibit(request: Request, office: TheOffice, officer: Officer, number: str = "", parcel: str = "") -> HTMLResponse:
    """Show the ledger of an exhibit, or the exhibits of a parcel."""
    form = blank(_FIELDS, number=number[:10], parcel_id=parcel[:35])
    return page(request, "exhibit.html", _shown(office, officer, form))


def _shown(office: Office, officer: Client, form: Filled) -> ExhibitPage:
    number, parcel_id = form.text("number"), form.text("parcel_id") or ""
    with office.store.begin_read() as connection:
        found = ledger(connection, number) if number else None
        taken = exhibits_taken(connection, parcel_id) if parcel_id else []
    if found is not None:
        consulted(office, officer, CUSTODY, [found.number])
    if found is None and number is None:
        offered = tuple(one for one in form.fields if one in (*_HIDDEN, *_TAKING))
        return ExhibitPage(parcel_id=parcel_id, taken=taken, form=replace(form, fields=offered))
    if found is None:
        known = form if form.refusals else form.refused(_NO_EXHIBIT)
        return ExhibitPage(form=replace(known, fields=(_NUMBER, *known.fields[1:])))
    rows = [_row(one) for one in found.entries]
    return ExhibitPage(number=found.number, state=_state(found.exhibit), rows=rows, form=form)


def _state(exhibit: Exhibit) -> Text:
    """Where an exhibit is, and who was given it."""
    if exhibit.is_closed:
        state = text("closed")
    elif exhibit.away_at:
        state = text("at {holder}", holder=Declared(exhibit.away_at))
    else:
        state = text("held by {holder}", holder=Declared(exhibit.holder))
    if not exhibit.offered_to:
        return state
    to = Declared(exhibit.offered_to)
    return text("{state}, given to {to}, who has not received it yet", state=state, to=to)


_NO_EXHIBIT = Rejection(
    line=1,
    field="number",
    code="unknown_exhibit",
    reason=text("no exhibit has this number."),
    remedy=text("Compare it with the label of the exhibit; it begins with EX."),
)


def _row(one: Entry) -> tuple[str, ...]:
    values = (one.seal, one.gross_g, one.net_g, one.to, one.reference, one.corrects)
    shown = ("" if value is None else str(value) for value in values)
    return (str(one.number), moment(one.at), one.by, _WORDS[one.kind], *shown)


@router.post("/exhibit", dependencies=[Depends(same_site)])
def add(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_FIELDS))]
) -> Response:
    """Take an exhibit, or add to the ledger of one."""
    number = form.text("number")
    if number and not form.typed["kind"]:
        form = form.refused(_NO_KIND)
    done = None if form.refusals else _added(office, officer, form)
    if isinstance(done, Rejection):
        form = form.refused(done)
    if form.refusals:
        return page(request, "exhibit.html", _shown(office, officer, form), 422)
    return redirect("/station/exhibit", number=done.number if isinstance(done, Ledger) else "")


_NO_KIND = Rejection(
    line=1, field="kind", code="missing", reason=EMPTY, remedy=text("Choose what happened to the exhibit.")
)


def _added(office: Office, officer: Client, form: Filled) -> Ledger | Rejection:
    given: dict[str, Any] = form.texts(("seal", "to", "reference"))
    given |= {name: form.number(name) for name in ("gross_g", "net_g", "corrects")}
    number = form.text("number")
    with office.writer.transaction() as transaction:
        if number:
            return enter(office, transaction, number, Kind(form.typed["kind"]), given, officer) or _NO_EXHIBIT
        return take(office, transaction, form.typed["parcel_id"], given, officer)
