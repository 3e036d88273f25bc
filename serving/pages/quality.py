"""The page of data quality: how good the data of the operators are, lane by lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.office.quality import QualityReport, report
from serving.pages.layout import page
from serving.pages.session import Officer, TheDesk

router = APIRouter(prefix="/station", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class QualityPage:
    """Everything `quality.html` shows."""

    first_on: str
    last_on: str
    measures: dict[str, str]
    totals: list[tuple[str, str, str, int]]
    rows: list[tuple[str, str, str, str, int]]


@router.get("/quality")
def quality(request: Request, desk: TheDesk, officer: Officer, days: int = 30) -> HTMLResponse:
    """How good the data of the operators are, lane by lane."""
    last = desk.clock().date()
    first = last - timedelta(days=min(max(days, 1), 400) - 1)
    with desk.store.begin_read() as connection:
        found = report(connection, operator=None, first=first, last=last)
    return quality_page(request, found)


def quality_page(request: Request, found: QualityReport) -> HTMLResponse:
    """Report as a page."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in found.rows:
        total = sums.setdefault((row.operator, row.measure), [0, 0])
        total[0] += row.n
        total[1] += row.n_of
    context = QualityPage(
        first_on=found.first_on.isoformat(),
        last_on=found.last_on.isoformat(),
        measures=found.measures,
        totals=[(who, what, f"{n / of:.1%}", of) for (who, what), (n, of) in sorted(sums.items())],
        rows=[
            (row.operator, row.lane or "rejected rows", row.measure, f"{row.share:.1%}", row.n_of) for row in found.rows
        ],
    )
    return page(request, "quality.html", context)
