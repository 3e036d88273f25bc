"""The page of data quality: how good the data of the operators are, lane by lane."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from features.text import day, figure, text
from serving.office.quality import QualityReport, report
from serving.pages.layout import page
from serving.pages.session import Officer, TheOffice

router = APIRouter(prefix="/station", include_in_schema=False)


_MEASURES = {
    "accepted": (text("accepted"), text("The row could be used.")),
    "on_time": (text("on time"), text("The manifest came before the parcel was due.")),
    "recipient_complete": (
        text("recipient complete"),
        text("The recipient has an account, or a name with an address."),
    ),
    "hs_present": (text("HS present"), text("Every piece has an HS code.")),
    "hs_plausible": (text("HS plausible"), text("Every HS code given begins with a real chapter.")),
    "weight_agrees": (
        text("weight agrees"),
        text("Declared weight agrees with what was measured, or at least holds the pieces."),
    ),
}
"""Name and sentence of each measure."""
_REJECTED = text("rejected rows")


def measure_name(measure: str) -> str:
    """Name of a measure."""
    return _MEASURES[measure][0] if measure in _MEASURES else measure


@dataclass(frozen=True, kw_only=True)
class QualityPage:
    """Everything `quality.html` shows."""

    first_on: str
    last_on: str
    measures: dict[str, str]
    totals: list[tuple[str, str, str, int]]
    rows: list[tuple[str, str, str, str, int]]


@router.get("/quality")
def quality(request: Request, office: TheOffice, officer: Officer, days: int = 30) -> HTMLResponse:
    """How good the data of the operators are, lane by lane."""
    last = office.clock().date()
    first = last - timedelta(days=min(max(days, 1), 400) - 1)
    with office.store.begin_read() as connection:
        found = report(connection, operator=None, first=first, last=last, reference=office.reference)
    return quality_page(request, found)


def quality_page(request: Request, found: QualityReport) -> HTMLResponse:
    """Report as a page."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in found.rows:
        total = sums.setdefault((row.operator, row.measure), [0, 0])
        total[0] += row.n
        total[1] += row.n_of
    context = QualityPage(
        first_on=day(found.first_on),
        last_on=day(found.last_on),
        measures={measure_name(name): _MEASURES.get(name, (name, says))[1] for name, says in found.measures.items()},
        totals=[(who, measure_name(what), figure(n / of, ".1%"), of) for (who, what), (n, of) in sorted(sums.items())],
        rows=[
            (row.operator, row.lane or _REJECTED, measure_name(row.measure), figure(row.share, ".1%"), row.n_of)
            for row in found.rows
        ],
    )
    return page(request, "quality.html", context)
