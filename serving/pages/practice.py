"""Practice at the station: a synthetic card, a decision, the truth; at the end one's own hits next to the draws'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from features.text import Declared, Text, figure, text
from serving.office.practice import (
    GUIDE_ROUND,
    INSPECT,
    PASS,
    USUAL_CHANCE,
    PracticeParcel,
    Round,
    Selection,
    choose,
    round_of,
)
from serving.pages.card import STREAM_WORDS, chance_words
from serving.pages.forms import Control, Filled, FormField, filled
from serving.pages.layout import page, redirect
from serving.pages.outcome_form import CLASSES
from serving.pages.session import Officer, TheOffice, same_site
from serving.pages.stance import headline
from serving.pages.tables import Table, interval_words

router = APIRouter(prefix="/station", include_in_schema=False)
_MOST_ROUNDS = 10_000
_CHOICES = {INSPECT: text("Inspect it"), PASS: text("Let it pass")}
_CHOICE = (
    FormField(
        name="round", label=text("Round"), control=Control.NUMBER, required=True, minimum=1, maximum=_MOST_ROUNDS
    ),
    FormField(
        name="number",
        label=text("Number of the synthetic parcel"),
        control=Control.HIDDEN,
        required=True,
        max_length=13,
    ),
    FormField(name="choice", label=text("Decision"), choices=_CHOICES, required=True),
)


@dataclass(frozen=True, kw_only=True)
class PracticeCard:
    """A synthetic parcel in the words of the station."""

    number: str
    tone: str
    mark: str
    headline: str
    chance: str
    reasons: list[str]
    against: list[str]
    facts: list[tuple[str, str]]
    guide: str


@dataclass(frozen=True, kw_only=True)
class PracticePage:
    """Everything `practice.html` shows.

    Attributes
    ----------
    card:
        Parcel to decide on, or the one that was decided on last, whose truth is shown; None at the end of a round.
    truth, lesson, verdict:
        Of the parcel that was decided on; empty before.
    summary:
        At the end of a round: one's own hits and misses next to the advice's and the draws'.
    """

    round: int
    is_guide: bool
    n: int
    n_done: int
    card: PracticeCard | None
    verdict: str = ""
    truth: str = ""
    lesson: str = ""
    summary: Table | None = None
    message: str = ""


Number = Annotated[int, Query(ge=0, le=_MOST_ROUNDS)]


@router.get("/practice")
def practice_page(
    request: Request, office: TheOffice, officer: Officer, round: Number = 0, done: str = "", message: str = ""
) -> HTMLResponse:
    """The next synthetic parcel of a round, or the truth of the one that the address names."""
    current = round_of(office, officer, round)
    said = text("This was not the next parcel; nothing was kept.") if message == "not_next" else ""
    return page(request, "practice.html", _page(current, current.named(done[:13]), said))


@router.post("/practice", dependencies=[Depends(same_site)])
def decide(office: TheOffice, officer: Officer, form: Annotated[Filled, Depends(filled(*_CHOICE))]) -> Response:
    """Keep a decision on a synthetic parcel, and show the truth."""
    if form.refusals:
        return redirect("/station/practice", message="not_next")
    number, parcel = form.number("round") or GUIDE_ROUND, form.typed["number"]
    is_kept = choose(office, officer, number, parcel, form.typed["choice"], office.clock())
    shown = {"done": parcel} if is_kept else {"message": "not_next"}
    return redirect("/station/practice", round=str(number), **shown)


def _page(current: Round, decided: PracticeParcel | None, message: str) -> PracticePage:
    shown = decided or current.following
    choice = "" if decided is None else current.choices[decided.number]
    return PracticePage(
        round=current.number,
        is_guide=current.number == GUIDE_ROUND,
        n=len(current.parcels),
        n_done=len(current.choices),
        card=None if shown is None else _card(shown),
        verdict="" if decided is None else _verdict(decided, choice),
        truth="" if decided is None else _truth(decided),
        lesson="" if decided is None else _said(decided.lesson),
        summary=_summary(current) if shown is None else None,
        message=message,
    )


def _said(prose: str) -> Text:
    """What is said of a practice parcel, as a text of any language."""
    return Text.of(prose, prose, {})


def _verdict(one: PracticeParcel, choice: str) -> str:
    if choice == INSPECT:
        return (
            text("You inspected it, and found something.")
            if one.found
            else text("You inspected it, and nothing was in it.")
        )
    return (
        text("You let it pass, and missed something.") if one.found else text("You let it pass, and nothing was in it.")
    )


def _truth(one: PracticeParcel) -> str:
    return (
        text("In it: {what}, {where}.", what=CLASSES.get(one.found, one.found), where=_said(one.hidden_in))
        if one.found
        else text("Nothing was in it.")
    )


def _card(one: PracticeParcel) -> PracticeCard:
    tone, mark, title = headline(one.referral)
    return PracticeCard(
        number=one.number,
        tone=tone,
        mark=mark,
        headline=title,
        chance=chance_words(one.chance / 100 if one.chance else None, USUAL_CHANCE / 100),
        reasons=list(map(_said, one.reasons)),
        against=list(map(_said, one.against)),
        facts=[
            (text("Contents"), Declared(one.contents)),
            (text("Weight"), text("{weight:,} g", weight=one.weight_g)),
            (text("Value"), text("{value:,.2f} EUR", value=one.value_eur)),
            (text("From"), Declared(one.sender)),
            (text("To"), Declared(one.recipient)),
            (text("Sent from"), _said(one.sent_from)),
            (text("Stream"), STREAM_WORDS.get(one.stream, one.stream)),
        ],
        guide=_said(one.guide) if one.guide else "",
    )


def _summary(current: Round) -> Table:
    parts = (
        (text("You"), current.own),
        (text("Whoever follows the advice"), current.advised),
        (text("The draws alone"), current.drawn),
    )
    head = (text("Who"), text("Inspected"), text("With a finding"), text("Missed"), text("Share with a finding"))
    rows = [(who, *_cells(one)) for who, one in parts]
    return Table(caption=text("Hits and misses of this round, with 90 % intervals"), head=head, rows=rows)


def _cells(one: Selection) -> tuple[str, str, str, str]:
    return figure(one.n), figure(one.n_found), figure(one.n_missed), interval_words(one.share)
