"""Exhibits at the station: taken from a parcel, and the ledger of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from features.handling.custody import Entry, Kind
from features.parcel.field import MAX_G
from features.parcel.problems import Rejection
from serving.office.custody import enter, exhibits_taken, ledger, take
from serving.office.office import Office
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site

router = APIRouter(prefix="/station", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ExhibitPage:
    """Everything `exhibit.html` shows: an exhibit with its ledger, or the form for a new one of a parcel."""

    parcel_id: str = ""
    taken: list[str] = field(default_factory=list)
    number: str = ""
    state: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)
    kinds: dict[str, str] = field(
        default_factory=lambda: {one.value: one.value.replace("_", " ") for one in Kind if one is not Kind.TAKEN}
    )
    message: str = ""


@router.get("/exhibit")
def exhibit(request: Request, office: TheOffice, officer: Officer, number: str = "", parcel: str = "") -> HTMLResponse:
    """Show the ledger of an exhibit, or the exhibits of a parcel."""
    return page(request, "exhibit.html", _shown(office, number, parcel[:35]))


def _shown(office: Office, number: str, parcel_id: str, message: str = "") -> ExhibitPage:
    with office.store.begin_read() as connection:
        found = ledger(connection, number) if number else None
        taken = exhibits_taken(connection, parcel_id) if parcel_id else []
    if found is None:
        missing = "No exhibit has this number." if number and not message else message
        return ExhibitPage(parcel_id=parcel_id, taken=taken, message=missing)
    held = found.exhibit
    state = "closed" if held.is_closed else f"at {held.away_at}" if held.away_at else f"held by {held.holder}"
    offered = f", given to {held.offered_to}, who has not received it yet" if held.offered_to else ""
    rows = [_row(one) for one in found.entries]
    return ExhibitPage(number=found.number, state=state + offered, rows=rows, message=message)


def _row(one: Entry) -> tuple[str, ...]:
    values = (one.seal, one.gross_g, one.net_g, one.to, one.reference, one.corrects)
    shown = ("" if value is None else str(value) for value in values)
    return (str(one.number), f"{one.at:%Y-%m-%d %H:%M} UTC", one.by, one.kind.value.replace("_", " "), *shown)


@dataclass(frozen=True, kw_only=True)
class _Given:
    """Fields of an entry as a form posts them."""

    values: dict[str, Any] | None


def _given(
    seal: Annotated[str, Form(max_length=35)] = "",
    gross_g: Annotated[str, Form(max_length=9)] = "",
    net_g: Annotated[str, Form(max_length=9)] = "",
    to: Annotated[str, Form(max_length=70)] = "",
    reference: Annotated[str, Form(max_length=70)] = "",
    corrects: Annotated[str, Form(max_length=9)] = "",
) -> _Given:
    numbers = {"gross_g": gross_g.strip(), "net_g": net_g.strip(), "corrects": corrects.strip()}
    if any(text and not (text.isascii() and text.isdigit() and int(text) <= MAX_G) for text in numbers.values()):
        return _Given(values=None)
    texts = {"seal": seal.strip(), "to": to.strip(), "reference": reference.strip()}
    whole: dict[str, Any] = {name: text or None for name, text in texts.items()}
    return _Given(values=whole | {name: int(text) if text else None for name, text in numbers.items()})


EntryForm = Annotated[_Given, Depends(_given)]


@router.post("/exhibit", dependencies=[Depends(same_site)])
def add(
    request: Request,
    office: TheOffice,
    officer: Officer,
    form: EntryForm,
    number: Annotated[str, Form(max_length=10)] = "",
    parcel_id: Annotated[str, Form(max_length=35)] = "",
    kind: Annotated[str, Form(max_length=20)] = Kind.TAKEN.value,
) -> Response:
    """Take an exhibit, or add to the ledger of one."""
    if form.values is None or kind not in tuple(Kind):
        return page(request, "exhibit.html", _shown(office, number, parcel_id, "Not entered: check the form."))
    with office.writer.transaction() as transaction:
        if number:
            done = enter(office, transaction, number, Kind(kind), form.values, officer)
        else:
            done = take(office, transaction, parcel_id, form.values, officer)
    if isinstance(done, Rejection):
        message = f"Not entered: {done.reason} {done.remedy}"
        return page(request, "exhibit.html", _shown(office, number, parcel_id, message))
    return redirect("/station/exhibit", number=done.number if done else number)
