"""The station: the page at which an officer scans a parcel, reads the advice and records the outcome.

Server-rendered forms; the script only turns function keys into buttons. The parcel is in the URL, so that the page can
be reloaded, and works without the script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.fields import FINDING_CLASSES
from features.parcel.numbers import TooLong, spelled
from features.parcel.numbers.gs1 import SEPARATOR
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.office.outcomes import CORRECTION, CorrectionReason, record
from serving.pages.card import METHOD_WORDS, Card, card
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.unknown import UnknownCard, covered_words, unknown_card
from serving.store import Client

_REASONS = {
    CorrectionReason.RECORDING_ERROR.value: "the wrong result was recorded",
    CorrectionReason.WRONG_PARCEL.value: "the result belongs to another parcel",
    CorrectionReason.LABORATORY.value: "a laboratory said otherwise",
    CorrectionReason.SECOND_INSPECTION.value: "a second inspection said otherwise",
}
_MESSAGES = {
    "recorded": "Outcome recorded. Scan the next parcel.",
    "repeated": "This outcome was on record already.",
    "corrected": "Outcome corrected. Scan the next parcel.",
    "outcome_known": "Not recorded: another outcome is on record for this parcel. Choose a reason to correct it.",
    "cannot_decide": "Not recorded: this method cannot decide it. Record it as a stage, or open the parcel.",
    "unknown_parcel": "Not recorded: no parcel with this identifier was lodged.",
    "invalid": "Not recorded: the form was incomplete.",
}


@dataclass(frozen=True, kw_only=True)
class StationPage:
    """Everything `station.html` shows."""

    officer: str
    scanned: str
    marks: str = ""
    covers: str = ""
    unknown: UnknownCard | None = None
    cards: list[Card] = field(default_factory=list)
    message: str = ""
    finding_classes: tuple[str, ...] = FINDING_CLASSES
    methods: dict[str, str] = field(default_factory=lambda: METHOD_WORDS)
    correction_reasons: dict[str, str] = field(default_factory=lambda: _REASONS)


router = APIRouter(prefix="/station", include_in_schema=False)


@router.get("")
def station(request: Request, office: TheOffice, officer: Officer, parcel: str = "", message: str = "") -> HTMLResponse:
    """Scan box, and the card of the parcel in the URL."""
    try:
        context = _shown(office, parcel, officer, _MESSAGES.get(message, ""))
    except TooLong as error:
        context = StationPage(officer=officer.client_id, scanned="", message=f"Not looked up: {error}")
    return page(request, "station.html", context)


def _shown(office: Office, reading: str, officer: Client, message: str) -> StationPage:
    spelling = spelled(reading)
    if not spelling.text:
        return StationPage(officer=officer.client_id, scanned="", message=message)
    found = look_up(office, reading, officer, with_label=True)
    return StationPage(
        officer=officer.client_id,
        scanned=spelling.text.replace(SEPARATOR, " "),
        marks=", ".join(spelling.marks),
        covers=covered_words(found),
        unknown=unknown_card(found.nothing) if found.nothing else None,
        cards=[card(one) for one in found.parcels],
        message=message,
    )


@router.post("/outcome", dependencies=[Depends(same_site)])
def outcome(
    office: TheOffice,
    officer: Officer,
    parcel_id: Annotated[str, Form(max_length=35)],
    operator: Annotated[str, Form(max_length=35)],
    result: Annotated[str, Form(max_length=20)],
    method: Annotated[str, Form(max_length=20)] = "",
    finding_class: Annotated[str, Form(max_length=20)] = "",
    correction_reason: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """Record what the officer found."""
    row = {
        "parcel_id": parcel_id,
        "operator": operator,
        "result": result,
        "finding_class": finding_class if result == "found" and finding_class else None,
        "method": method if result != "not_presented" and method else None,
        "inspected_at": office.clock(),
        "officer": officer.client_id,
    }
    if correction_reason and correction_reason not in _REASONS:
        return redirect("/station", parcel=parcel_id, message="invalid")
    table = pl.DataFrame([{LINE: 1, **row}], schema_overrides={LINE: pl.Int64(), **OUTCOME_SCHEMA})
    accepted = validate_outcomes(table)
    if accepted.rejections:
        return redirect("/station", parcel=parcel_id, message="invalid")
    with office.writer.transaction() as transaction:
        reason = pl.lit(correction_reason or None, dtype=pl.String).alias(CORRECTION)
        answer = record(office, transaction, accepted.rows.with_columns(reason), officer)[1]
    message = answer.code if isinstance(answer, Rejection) else answer.status
    return redirect("/station", parcel=parcel_id, message=message)
