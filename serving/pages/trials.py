"""Figures of test parcels at the station; which parcels they are is nowhere shown."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.handling.trials import FOUND, PRESENTED, SELECTED
from features.text import Text, text
from serving.office.trials import figures
from serving.pages.card import METHOD_WORDS
from serving.pages.layout import page
from serving.pages.session import Officer, TheOffice

router = APIRouter(prefix="/station", include_in_schema=False)
_NAMES = {
    SELECTED: text("selected for inspection"),
    PRESENTED: text("presented to customs"),
    FOUND: text("found at all"),
    **METHOD_WORDS,
}


@dataclass(frozen=True, kw_only=True)
class TrialsPage:
    """Everything `trials.html` shows: name, number of test parcels, number that passed."""

    steps: list[tuple[Text, int, int]]


@router.get("/trials")
def trials(request: Request, office: TheOffice, officer: Officer) -> HTMLResponse:
    """What each step of the chain made of the test parcels so far."""
    with office.store.begin_read() as connection:
        steps = [(_NAMES[one.name], one.n, one.n_passed) for one in figures(connection)]
    return page(request, "trials.html", TrialsPage(steps=steps))
