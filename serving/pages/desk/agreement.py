"""Agreement at the supervisor's desk: who always follows the advice, and who never looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from features.text import figure, text
from serving.office.agreement import LEAST, Agreement, Question, agreement
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.layout import page
from serving.pages.session import TheOffice
from serving.pages.tables import Table, interval_words

router = APIRouter(prefix=PREFIX, include_in_schema=False)
_QUESTIONS = {
    Question.ALWAYS_FOLLOWS: text("never overrides, though the others do"),
    Question.NEVER_FOLLOWS: text("always overrides"),
    Question.DOES_NOT_LOOK: text("often records without a look at the card"),
    Question.TOO_QUICK: text("often records within three seconds of the look"),
}


@dataclass(frozen=True, kw_only=True)
class AgreementPage:
    """Everything `agreement.html` shows."""

    days: int
    least: int
    officers: Table


@router.get("/agreement")
def agreement_page(
    request: Request, office: TheOffice, officer: Supervisor, days: Annotated[int, Query(ge=1, le=400)] = 28
) -> HTMLResponse:
    """How officers use the advice over some days; their number is in the address."""
    now = office.clock()
    with office.store.begin_read() as connection:
        found = agreement(connection, now - timedelta(days=days), now + timedelta(microseconds=1))
    return page(request, "agreement.html", AgreementPage(days=days, least=LEAST, officers=_table(found)))


def _table(found: list[Agreement]) -> Table:
    head = (
        *(
            text("Officer"),
            text("To ask about"),
            text("Entries"),
            text("Followed the advice"),
            text("Followed it with the score hidden"),
            text("Let go against it"),
            text("Inspected against it"),
        ),
        *(text("Recorded without a look"), text("Recorded within 3 seconds"), text("Median seconds")),
    )
    rows = [_row(one) for one in found]
    return Table(
        caption=text("Officers, with 90 % intervals"),
        head=head,
        rows=rows,
        n_texts=2,
        empty=text("Nothing was entered."),
    )


def _row(one: Agreement) -> tuple[str, ...]:
    asked = "; ".join(_QUESTIONS[question] for question in one.questions) or "nothing"
    seen = one.habits
    looks = (text("not known"),) * 3
    if seen is not None:
        dwell = text("not known") if seen.dwell_s is None else figure(seen.dwell_s, ",.0f")
        looks = (figure(seen.n_unseen), figure(seen.n_hasty), dwell)
    return (
        one.who,
        asked,
        figure(one.n),
        interval_words(one.followed),
        text("no such entry") if one.followed_hidden is None else interval_words(one.followed_hidden),
        figure(one.n_let_go),
        figure(one.n_anyway),
        *looks,
    )
