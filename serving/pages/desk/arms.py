"""Arms at the supervisor's desk: who finds what the others miss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from features.text import figure, text
from serving.office.arms import ArmFigures, figures
from serving.office.examined import Arm, examined
from serving.pages.desk.access import PREFIX, Supervisor
from serving.pages.layout import page
from serving.pages.session import TheOffice
from serving.pages.tables import Table, interval_words

router = APIRouter(prefix=PREFIX, include_in_schema=False)
ARM_WORDS = {
    Arm.LIST: text("Lists"),
    Arm.RULE: text("Rules"),
    Arm.MODEL: text("Model"),
    Arm.DRAW: text("Draws"),
    Arm.HUNT: text("Searches of the past"),
    Arm.OFFICER: text("Officers' own picks"),
}


@dataclass(frozen=True, kw_only=True)
class ArmsPage:
    """Everything `arms.html` shows."""

    days: int
    n: int
    arms: Table


@router.get("/arms")
def arms_page(
    request: Request, office: TheOffice, officer: Supervisor, days: Annotated[int, Query(ge=1, le=400)] = 28
) -> HTMLResponse:
    """Yield and unique yield of every arm over some days; their number is in the address."""
    now = office.clock()
    with office.store.begin_read() as connection:
        parcels = examined(connection, now - timedelta(days=days), now + timedelta(microseconds=1))
    return page(request, "arms.html", ArmsPage(days=days, n=len(parcels), arms=arms_table(figures(parcels))))


def arms_table(found: list[ArmFigures]) -> Table:
    """Figures of arms as a table."""
    head = (
        text("Arm"),
        text("Examined"),
        text("With a finding"),
        text("Share"),
        text("Selected by it alone"),
        text("With a finding"),
        text("Share"),
    )
    return Table(caption=text("What each arm found, with 90 % intervals"), head=head, rows=[_row(one) for one in found])


def _row(one: ArmFigures) -> tuple[str, ...]:
    both = (one.n, one.n_found, one.share), (one.n_alone, one.n_found_alone, one.share_alone)
    return ARM_WORDS[one.arm], *(
        text for n, found, share in both for text in (figure(n), figure(found), interval_words(share))
    )
