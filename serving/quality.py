"""The data-quality report: shares per operator and lane, as data and as a page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from features.parcel.reference import Reference
from serving.store.quality import ACCEPTED, measures, scores

_templates = Jinja2Templates(directory=Path(str(files("serving").joinpath("templates"))))


class QualityRow(BaseModel):
    """One measure on one lane."""

    operator: str
    lane: str = Field(description="Origin > destination; empty for rows that could not be used.")
    measure: str = Field(examples=["on_time"])
    n: int = Field(description="Rows that meet it.")
    n_of: int = Field(description="Rows to which it applies.")
    share: float = Field(description="n / n_of, 0..1.")


class QualityReport(BaseModel):
    """Shares between two days, the last one included."""

    first_on: date
    last_on: date
    measures: dict[str, str] = Field(description="What each measure says.")
    rows: list[QualityRow]


@dataclass(frozen=True, kw_only=True)
class QualityPage:
    """Everything `quality.html` shows."""

    first_on: str
    last_on: str
    measures: dict[str, str]
    totals: list[tuple[str, str, str, int]]
    rows: list[tuple[str, str, str, str, int]]


def report(
    connection: Connection, *, operator: str | None, first: date, last: date, reference: Reference
) -> QualityReport:
    """Report of one operator, or of all."""
    says = {ACCEPTED: "The row could be used."} | {measure.name: measure.says for measure in measures(reference)}
    rows = [
        QualityRow(
            operator=one.operator, lane=one.lane, measure=one.measure, n=one.n, n_of=one.n_of, share=one.n / one.n_of
        )
        for one in scores(connection, operator=operator, first=first, last=last)
    ]
    return QualityReport(first_on=first, last_on=last, measures=says, rows=rows)


def quality_page(request: Request, found: QualityReport) -> HTMLResponse:
    """Report as a page."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in found.rows:
        total = sums.setdefault((row.operator, row.measure), [0, 0])
        total[0] += row.n
        total[1] += row.n_of
    page = QualityPage(
        first_on=found.first_on.isoformat(),
        last_on=found.last_on.isoformat(),
        measures=found.measures,
        totals=[(who, what, f"{n / of:.1%}", of) for (who, what), (n, of) in sorted(sums.items())],
        rows=[
            (row.operator, row.lane or "rejected rows", row.measure, f"{row.share:.1%}", row.n_of) for row in found.rows
        ],
    )
    return _templates.TemplateResponse(request, "quality.html", asdict(page))
