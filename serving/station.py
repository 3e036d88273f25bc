"""The station: the page at which an officer scans a parcel, reads the advice and records the outcome.

Server-rendered forms; the script only turns function keys into buttons. The parcel is in the URL, so that the page can
be reloaded, and works without the script.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import polars as pl
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from features.messages import flag_sentence
from features.parcel.fields import FINDING_CLASSES
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, OUTCOME_SCHEMA
from features.parcel.validation import validate_outcomes
from policy import Referral
from serving.access import TheDesk
from serving.lookup import Found, look_up
from serving.outcomes import record
from serving.problems import Problem
from serving.quality import quality_page, report
from serving.store import Client, Role
from serving.store.clients import client_named, find_client

TEMPLATES = Path(str(files("serving").joinpath("templates")))
_templates = Jinja2Templates(directory=TEMPLATES)
_SESSION = "client"
RESULT_WORDS = {
    "nothing_found": "Nothing found",
    "found": "Contraband found",
    "not_presented": "Parcel never came to the table",
}
_MESSAGES = {
    "recorded": "Outcome recorded. Scan the next parcel.",
    "repeated": "This outcome was on record already.",
    "outcome_known": "Not recorded: another outcome is on record for this parcel.",
    "unknown_parcel": "Not recorded: no parcel with this identifier was lodged.",
    "invalid": "Not recorded: the form was incomplete.",
    "signed_out": "Signed out.",
    "session_ended": "Your session had ended: the outcome was NOT recorded. Sign in, scan the parcel, record it again.",
    "wrong_key": "This key is not valid for the station.",
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """One answer, ready to be shown."""

    parcel_id: str
    operator: str
    action: str
    headline: str
    chance: str
    rank: str
    cause: str
    reasons: list[str]
    doubts: list[str]
    degraded: str | None
    facts: list[tuple[str, str]]
    result: str | None


@dataclass(frozen=True, kw_only=True)
class StationPage:
    """Everything `station.html` shows."""

    officer: str
    scanned: str
    cards: list[Card] = field(default_factory=list)
    message: str = ""
    finding_classes: tuple[str, ...] = FINDING_CLASSES
    results: dict[str, str] = field(default_factory=lambda: RESULT_WORDS)


@dataclass(frozen=True, kw_only=True)
class LoginPage:
    """Everything `login.html` shows."""

    message: str = ""


router = APIRouter(prefix="/station", include_in_schema=False)


def signed_in(request: Request, desk: TheDesk) -> Client:
    """Officer of the session; others are sent to the sign-in page."""
    client_id = request.session.get(_SESSION)
    if client_id is not None:
        with desk.store.begin() as connection:
            client = client_named(connection, client_id)
        if client is not None and client.role is Role.OFFICER:
            return client
    where = "/station/login" if request.method == "GET" else "/station/login?message=session_ended"
    raise Problem(303, "Sign in", "Sign in first.", headers={"Location": where})


Officer = Annotated[Client, Depends(signed_in)]


def same_site(request: Request) -> None:
    """Refuse forms that another site posts."""
    origin = request.headers.get("origin")
    if origin is not None and origin.split("://")[-1] != request.headers.get("host"):
        raise Problem(403, "Not allowed", "The form was sent from another site.")


@router.get("/login")
def login_page(request: Request, message: str = "") -> HTMLResponse:
    """Ask for the officer's key."""
    return _page(request, "login.html", LoginPage(message=_MESSAGES.get(message, "")))


@router.post("/login", dependencies=[Depends(same_site)])
def login(request: Request, desk: TheDesk, key: Annotated[str, Form(max_length=200)]) -> Response:
    """Start a session with an officer's key."""
    with desk.store.begin() as connection:
        client = find_client(connection, key.strip())
    if client is None or client.role is not Role.OFFICER:
        return _to("/station/login", message="wrong_key")
    request.session[_SESSION] = client.client_id
    return _to("/station")


@router.post("/logout", dependencies=[Depends(same_site)])
def logout(request: Request) -> Response:
    """End the session."""
    request.session.clear()
    return _to("/station/login", message="signed_out")


@router.get("")
def station(request: Request, desk: TheDesk, officer: Officer, parcel: str = "", message: str = "") -> HTMLResponse:
    """Scan box, and the card of the parcel in the URL."""
    found = look_up(desk, parcel, officer, with_label=True) if parcel.strip() else []
    page = StationPage(
        officer=officer.client_id,
        scanned=parcel.strip(),
        cards=[card(one) for one in found],
        message=_MESSAGES.get(message, ""),
    )
    return _page(request, "station.html", page)


@router.get("/quality")
def quality(request: Request, desk: TheDesk, officer: Officer, days: int = 30) -> HTMLResponse:
    """How good the data of the operators are, lane by lane."""
    last = desk.clock().date()
    first = last - timedelta(days=min(max(days, 1), 400) - 1)
    with desk.store.begin() as connection:
        found = report(connection, operator=None, first=first, last=last)
    return quality_page(request, found)


@router.post("/outcome", dependencies=[Depends(same_site)])
def outcome(
    desk: TheDesk,
    officer: Officer,
    parcel_id: Annotated[str, Form(max_length=35)],
    operator: Annotated[str, Form(max_length=35)],
    result: Annotated[str, Form(max_length=20)],
    finding_class: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Record what the officer found."""
    row = {
        "parcel_id": parcel_id,
        "operator": operator,
        "result": result,
        "finding_class": finding_class if result == "found" and finding_class else None,
        "method": "opened" if result != "not_presented" else None,
        "inspected_at": desk.clock(),
        "officer": officer.client_id,
    }
    table = pl.DataFrame([{LINE: 1, **row}], schema_overrides={LINE: pl.Int64(), **OUTCOME_SCHEMA})
    accepted = validate_outcomes(table)
    if accepted.rejections:
        return _to("/station", parcel=parcel_id, message="invalid")
    answer = record(desk, accepted.rows, officer)[1]
    message = answer.code if isinstance(answer, Rejection) else answer.status
    return _to("/station", parcel=parcel_id, message=message)


def card(found: Found) -> Card:
    """Put an answer into the words of the station."""
    answer = found.answer
    opens = answer.referral is Referral.OPEN
    return Card(
        parcel_id=answer.parcel_id,
        operator=answer.operator or "",
        action="open" if opens else "release",
        headline="Open this parcel" if opens else "No inspection asked for",
        chance="no model served" if answer.probability is None else f"{answer.probability:.1%}",
        rank="not ranked" if answer.flow_share is None else f"among the top {max(answer.flow_share, 0.0001):.2%}",
        cause={"score": "selected for its score", "random": "drawn at random", "none": "not selected"}[answer.cause],
        reasons=[reason.text for reason in answer.reasons or []],
        doubts=_doubts(found),
        degraded=answer.degraded,
        facts=_facts(found),
        result=RESULT_WORDS.get(found.result or ""),
    )


def _doubts(found: Found) -> list[str]:
    doubts = [flag_sentence(flag) for flag in found.answer.quality_flags]
    if found.others:
        doubts.append(f"Also lodged under this identifier by: {', '.join(found.others)}.")
    return doubts


def _state(found: Found) -> str:
    """Where the parcel is in its life, in a few words."""
    if found.answer.status == "cancelled":
        return "cancelled by the operator"
    last = next((one for one in reversed(found.life) if one.state), None)
    if last is None:
        return f"lodged, version {found.answer.version}"
    return " ".join(filter(None, (last.state, "at" if last.office else "", last.office, f"({last.code})")))


def _facts(found: Found) -> list[tuple[str, str]]:
    facts, label = found.facts, found.label
    weight = facts["gross_weight_g"]
    value = facts["declared_value_eur_cents"]
    shown = (
        ("From", " ".join(filter(None, (label.get("sender_name"), str(facts["sender_country"] or ""))))),
        ("To", " ".join(filter(None, (label.get("recipient_name"), label.get("recipient_city"))))),
        ("Contents", str(facts["description"] or "")),
        ("Weight", f"{weight:,} g" if isinstance(weight, int) else ""),
        ("Value", f"{value / 100:,.2f} EUR" if isinstance(value, int) else ""),
        ("Stream", str(facts["stream"] or "")),
        ("Receptacle", str(facts["receptacle_id"] or "")),
        ("State", _state(found)),
    )
    return [(name, text) for name, text in shown if text]


def _page(request: Request, name: str, page: StationPage | LoginPage) -> HTMLResponse:
    context = {**asdict(page)}
    return _templates.TemplateResponse(request, name, context)


def _to(path: str, **query: str) -> Response:
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)
