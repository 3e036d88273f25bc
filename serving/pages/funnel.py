"""The funnel at the station: how far targeted parcels came within the last week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.handling.funnel import STEPS, Funnel, Reason, Step
from features.text import Text, text
from serving.office.funnel import By, funnels, targeted
from serving.pages.layout import page
from serving.pages.session import Officer, TheOffice

router = APIRouter(prefix="/station", include_in_schema=False)
_PERIOD = timedelta(days=7)
_CHOICES = {
    By.ALL: text("all"),
    By.OPERATOR: text("operator"),
    By.SITE: text("site"),
    By.LANE: text("lane"),
    By.CAUSE: text("cause"),
}
_STEPS = {
    Step.TARGETED: text("targeted"),
    Step.ARRIVED: text("arrived"),
    Step.SEEN: text("seen"),
    Step.DIVERTED: text("diverted"),
    Step.ON_THE_TABLE: text("on the table"),
    Step.EXAMINED: text("examined"),
    Step.DECIDED: text("decided"),
}
_REASONS = {
    Reason.DONE: text("done"),
    Reason.PENDING: text("pending"),
    Reason.CANCELLED: text("cancelled"),
    Reason.NO_DATA_IN_TIME: text("no data in time"),
    Reason.NOT_PRESENTED: text("not presented"),
    Reason.NO_READ: text("no read"),
    Reason.WRONG_CHUTE: text("wrong chute"),
    Reason.NO_CAPACITY: text("no capacity"),
    Reason.ENDED: text("ended by a person"),
}
CAUSE_WORDS = {
    "list": text("list"),
    "rule": text("rule"),
    "score": text("score"),
    "random": text("random"),
    "hunt": text("recall"),
    "none": text("none"),
    "unknown": text("not known"),
}
"""Causes in a word, as the log has them."""
_PARTS = {"all": text("all"), "not known": text("not known"), **CAUSE_WORDS}
"""Parts that are named by the funnel itself; others are names of operators, sites and lanes."""


@dataclass(frozen=True, kw_only=True)
class FunnelPage:
    """Everything `funnel.html` shows: a row of counts for each part, and its losses in words."""

    by: str
    choices: dict[str, Text]
    steps: list[Text]
    parts: list[tuple[str, list[int]]] = field(default_factory=list)
    stopped: list[tuple[str, Text, Text, int]] = field(default_factory=list)


@router.get("/funnel")
def funnel(request: Request, office: TheOffice, officer: Officer, by: str = By.ALL.value) -> HTMLResponse:
    """Funnel of the last week; the part that it is taken apart by is in the URL."""
    chosen = By(by) if by in tuple(By) else By.ALL
    now = office.clock()
    with office.store.begin_read() as connection:
        found = funnels(targeted(connection, now - _PERIOD, now + timedelta(microseconds=1)), chosen)
    context = FunnelPage(
        by=chosen.value,
        choices={one.value: _CHOICES[one] for one in By},
        steps=[_STEPS[step] for step in STEPS],
        parts=[(_part(one.part), list(one.reached.values())) for one in found],
        stopped=[line for one in found for line in _lines(one)],
    )
    return page(request, "funnel.html", context)


def _lines(one: Funnel) -> list[tuple[str, Text, Text, int]]:
    return [(_part(one.part), _STEPS[step], _REASONS[reason], n) for (step, reason), n in one.stopped.items()]


def _part(name: str) -> str:
    """A part in words where it is one of the funnel's own."""
    return _PARTS.get(name, name)
