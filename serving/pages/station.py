"""The station: the page at which an officer scans a parcel, reads the advice and records the outcome.

Server-rendered forms; the script only turns function keys into buttons. The parcel is in the URL, so that the page can
be reloaded, and works without the script.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from features.parcel.fields import FINDING_CLASSES
from features.parcel.numbers import TooLong, spelled
from features.parcel.numbers.gs1 import SEPARATOR
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes
from serving.office.answers import OutcomeAnswer
from serving.office.lookup import LookUp, look_up
from serving.office.office import Office
from serving.office.outcomes import CORRECTION, CorrectionReason, record
from serving.pages.card import METHOD_WORDS, Card, card
from serving.pages.forms import OPERATOR, PARCEL, Filled, FormField, blank, filled
from serving.pages.layout import page, redirect
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stance import RESULT_WORDS
from serving.pages.unknown import UnknownCard, covered_words, unknown_card
from serving.store import Client
from serving.store.identifiers import Kind

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
    "unknown_parcel": "No parcel with this number was lodged.",
}
_OUTCOME = (
    PARCEL,
    OPERATOR,
    FormField(name="result", label="Outcome", choices=RESULT_WORDS, required=True),
    FormField(name="method", label="How it was inspected", choices=METHOD_WORDS, empty="not stated"),
    FormField(
        name="finding_class",
        label="Class found",
        choices={name: name for name in FINDING_CLASSES},
        empty="not yet known",
    ),
    FormField(name=CORRECTION, label="Correct the outcome because", choices=_REASONS, empty="choose a reason"),
)
_REFUSED = {
    "unknown_parcel": ("no single parcel is on record under this number.", "Scan the parcel again."),
    "outcome_known": ("another outcome is on record for this parcel.", "Choose why it is corrected."),
    "cannot_decide": (
        "this method cannot decide it: documents clear no parcel, and no method clears what a stronger one has raised.",
        "Record it as a stage, or open the parcel.",
    ),
}
"""Words of the page for what the office refuses, as reason and remedy."""
_AT_FIELD = {"outcome_known": CORRECTION}


@dataclass(frozen=True, kw_only=True)
class StationPage:
    """Everything `station.html` shows."""

    scanned: str = ""
    form: Filled = field(default_factory=lambda: blank(_OUTCOME))
    marks: str = ""
    covers: str = ""
    unknown: UnknownCard | None = None
    card: Card | None = None
    choices: list[Card] = field(default_factory=list)
    message: str = ""
    finding_classes: tuple[str, ...] = FINDING_CLASSES
    methods: dict[str, str] = field(default_factory=lambda: METHOD_WORDS)
    correction_reasons: dict[str, str] = field(default_factory=lambda: _REASONS)


router = APIRouter(prefix="/station", include_in_schema=False)


@router.get("")
def station(
    request: Request,
    office: TheOffice,
    officer: Officer,
    parcel: str = "",
    chosen: Annotated[int, Query(ge=0, le=2**53)] = 0,
    message: str = "",
) -> HTMLResponse:
    """Scan box, and the card of the parcel in the URL; of several under one number the `chosen` one."""
    try:
        context = _shown(office, parcel, officer, blank(_OUTCOME), _MESSAGES.get(message, ""), chosen)
    except TooLong as error:
        context = StationPage(message=f"Not looked up: {error}")
    return page(request, "station.html", context)


def _shown(
    office: Office, reading: str, officer: Client, form: Filled, message: str = "", chosen: int = 0
) -> StationPage:
    spelling = spelled(reading)
    if not spelling.text:
        return StationPage(message=message)
    found = look_up(office, reading, officer, with_label=True)
    cards = _cards(office, found)
    named = [one for one in cards if form.typed and one.operator == form.text("operator")]
    wanted = [one for one in cards if one.seq == chosen] or named[:1] or (cards if len(cards) == 1 else [])
    return StationPage(
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
    return [card(one, usual, is_one_of_several=is_shared) for one in found.parcels]


@router.post("/outcome", dependencies=[Depends(same_site)])
def outcome(
    request: Request, office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_OUTCOME))]
) -> Response:
    """Record what the officer found."""
    if form.refusals:
        return _refused(request, office, officer, form)
    answer = _recorded(office, officer, form)
    if isinstance(answer, Rejection):
        reason, remedy = _REFUSED.get(answer.code, (answer.reason, answer.remedy))
        at = _AT_FIELD.get(answer.code, answer.field)
        return _refused(request, office, officer, form.refused(replace(answer, field=at, reason=reason, remedy=remedy)))
    return redirect("/station", parcel=form.typed["parcel_id"], message=answer.status)


def _refused(request: Request, office: Office, officer: Client, form: Filled) -> Response:
    return page(request, "station.html", _shown(office, form.typed["parcel_id"][:35], officer, form), 422)


def _recorded(office: Office, officer: Client, form: Filled) -> OutcomeAnswer | Rejection:
    result = form.typed["result"]
    row = {
        "parcel_id": form.typed["parcel_id"],
        "operator": form.text("operator"),
        "result": result,
        "finding_class": form.text("finding_class") if result == "found" else None,
        "method": form.text("method") if result != "not_presented" else None,
        "inspected_at": office.clock(),
        "officer": officer.client_id,
    }
    table = pl.DataFrame([{LINE: 1, **row}], schema_overrides={LINE: pl.Int64(), **OUTCOME_SCHEMA})
    accepted = validate_outcomes(table)
    if accepted.rejections:
        return accepted.rejections[0]
    reason = pl.lit(form.text(CORRECTION), dtype=pl.String).alias(CORRECTION)
    with office.writer.transaction() as transaction:
        return record(office, transaction, accepted.rows.with_columns(reason), officer)[1]
