"""The station: the page at which an officer scans a parcel, reads the advice and records the outcome.

Server-rendered forms. The script catches scans wherever the focus is, turns function keys into buttons, and keeps what
is entered while the server is lost. The parcel is in the URL, so that the page can be reloaded, and works without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from features.parcel.numbers import TooLong, spelled
from features.parcel.numbers.gs1 import SEPARATOR
from features.text import Text, text
from serving.office.entries import let_go_reasons
from serving.office.lookup import LookUp, look_up
from serving.office.office import Office
from serving.pages.card import METHOD_WORDS, Card, card
from serving.pages.forms import Filled, blank
from serving.pages.hidden_score import as_shown
from serving.pages.layout import page
from serving.pages.outcome_form import (
    CLASS_KEYS,
    CLASSES,
    CORRECTIONS,
    FOR_INSPECTING,
    FOR_LETTING_GO,
    OUTCOME,
    OVERRIDES,
    method_of_line,
)
from serving.pages.refusals import TOO_LONG
from serving.pages.second_officer import HANDOVERS, second_officer
from serving.pages.session import Officer, TheOffice
from serving.pages.unknown import UnknownCard, covered_words, unknown_card
from serving.store import Client
from serving.store.identifiers import Kind

_MESSAGES = {
    "recorded": text("Outcome recorded. Scan the next parcel."),
    "repeated": text("This outcome was on record already."),
    "corrected": text("Outcome corrected. Scan the next parcel."),
    "let_go": text("Recorded: let go without inspection. Scan the next parcel."),
    "undone": text("Undone: the outcome no longer counts. Record it again."),
    "handed_over": text("Handed over. Scan the next parcel."),
    "unknown_parcel": text("No parcel with this number was lodged."),
}


@dataclass(frozen=True, kw_only=True)
class StationPage:
    """Everything `station.html` shows."""

    scanned: str = ""
    form: Filled = field(default_factory=lambda: blank(OUTCOME))
    marks: str = ""
    covers: str = ""
    unknown: UnknownCard | None = None
    card: Card | None = None
    choices: list[Card] = field(default_factory=list)
    message: str = ""
    methods: Mapping[str, str] = field(default_factory=lambda: METHOD_WORDS)
    correction_reasons: Mapping[str, str] = field(default_factory=lambda: CORRECTIONS)
    to_inspect: dict[str, str] = field(default_factory=lambda: {one: OVERRIDES[one] for one in FOR_INSPECTING})
    to_let_go: dict[str, str] = field(default_factory=lambda: {one: OVERRIDES[one] for one in FOR_LETTING_GO})
    class_keys: Mapping[str, str] = field(default_factory=lambda: CLASS_KEYS)
    class_words: Mapping[str, str] = field(default_factory=lambda: CLASSES)
    handover_reasons: Mapping[str, str] = field(default_factory=lambda: HANDOVERS)
    officers: list[str] = field(default_factory=list)
    handed: str = ""
    method: str = ""
    undo: str = ""


router = APIRouter(prefix="/station", include_in_schema=False)


@router.get("")
def station(
    request: Request,
    office: TheOffice,
    officer: Officer,
    parcel: str = "",
    chosen: Annotated[int, Query(ge=0, le=2**53)] = 0,
    message: str = "",
    entry: str = "",
) -> HTMLResponse:
    """Scan box, and the card of the parcel in the URL; of several under one number the `chosen` one."""
    try:
        context = shown(office, parcel, officer, blank(OUTCOME), _MESSAGES.get(message, ""), chosen)
    except TooLong as error:
        context = StationPage(message=text("Not looked up: {reason}", reason=Text.of(str(error), TOO_LONG.message, {})))
    undo = entry[:36] if message in ("recorded", "let_go") else ""
    return page(request, "station.html", replace(context, method=method_of_line(request), undo=undo))


def shown(
    office: Office, reading: str, officer: Client, form: Filled, message: str = "", chosen: int = 0
) -> StationPage:
    """Page of a reading, with what was entered into the form of its outcome."""
    spelling = spelled(reading)
    if not spelling.text:
        return StationPage(message=message)
    found = look_up(office, reading, officer, with_label=True)
    cards = _cards(office, found)
    named = [one for one in cards if form.typed and one.operator == form.text("operator")]
    wanted = [one for one in cards if one.seq == chosen] or named[:1] or (cards if len(cards) == 1 else [])
    handed, others = second_officer(office, wanted[0].seq, officer) if wanted else ("", [])
    return StationPage(
        handed=handed,
        officers=others,
        scanned=spelling.text.replace(SEPARATOR, " "),
        form=form,
        marks=", ".join(spelling.marks),
        covers=covered_words(found),
        unknown=unknown_card(found.nothing) if found.nothing else None,
        card=wanted[0] if wanted else None,
        choices=cards if not wanted else [],
        message=message,
    )


def _cards(office: Office, found: LookUp) -> list[Card]:
    """A card for each parcel; where several were declared under one number, none of them is a plain release."""
    model = office.champion.bundle
    usual = model.usual_probability if model else None
    is_shared = found.kind is Kind.SPELLING and len(found.parcels) > 1
    let_go = let_go_reasons(office, [one.facts["seq"] for one in found.parcels])
    reasons = [OVERRIDES.get(let_go.get(one.facts["seq"], ""), "") for one in found.parcels]
    share = office.hidden_score_share
    return [
        as_shown(card(one, usual, is_one_of_several=is_shared, let_go=reason), one, share)
        for one, reason in zip(found.parcels, reasons, strict=True)
    ]
