"""The data-quality report: shares per operator and lane."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from features.parcel.reference import Reference
from serving.store import Connection
from serving.store.quality import ACCEPTED, measures, scores


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
