"""The funnel at the station: how far targeted parcels came within the last week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.handling.funnel import STEPS, Funnel
from serving.office.funnel import By, funnels, targeted
from serving.pages.layout import page
from serving.pages.session import Officer, TheOffice

router = APIRouter(prefix="/station", include_in_schema=False)
_PERIOD = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class FunnelPage:
    """Everything `funnel.html` shows: a row of counts for each part, and its losses in words."""

    by: str
    choices: tuple[str, ...]
    steps: list[str]
    parts: list[tuple[str, list[int]]] = field(default_factory=list)
    stopped: list[tuple[str, str, str, int]] = field(default_factory=list)


@router.get("/funnel")
def funnel(request: Request, office: TheOffice, officer: Officer, by: str = By.ALL.value) -> HTMLResponse:
    """Funnel of the last week; the part that it is taken apart by is in the URL."""
    chosen = By(by) if by in tuple(By) else By.ALL
    now = office.clock()
    with office.store.begin_read() as connection:
        found = funnels(targeted(connection, now - _PERIOD, now + timedelta(microseconds=1)), chosen)
    context = FunnelPage(
        by=chosen.value,
        choices=tuple(one.value for one in By),
        steps=[_words(step) for step in STEPS],
        parts=[(one.part, list(one.reached.values())) for one in found],
        stopped=[line for one in found for line in _lines(one)],
    )
    return page(request, "funnel.html", context)


def _lines(one: Funnel) -> list[tuple[str, str, str, int]]:
    return [(one.part, _words(step), _words(reason), n) for (step, reason), n in one.stopped.items()]


def _words(name: str) -> str:
    return name.replace("_", " ")
