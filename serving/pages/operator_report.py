"""The quarterly report of an operator as a page that loads nothing: for a file or an e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serving.office.operator_report import OperatorReport
from serving.pages.layout import text_of

Rows = list[tuple[str, ...]]
Table = tuple[str, tuple[str, ...], Rows]
"""Title, heads and rows."""


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """Everything `operator_report.html` shows: its tables with their heads."""

    operator: str
    quarter: str
    remarks: list[str]
    tables: list[Table]
    awareness: list[tuple[str, str, str]]


def operator_page(one: OperatorReport) -> str:
    """HTML of a report."""
    remarks = [
        f"{one.n_answers:,} declarations were answered; {one.n_rejected_corrected:,} rejected rows were corrected, "
        f"{one.n_rejected_open:,} are still pending correction and were never assessed."
    ]
    if not one.is_over:
        remarks.append("The quarter is not over: figures will change.")
    if not one.levels_are_agreed:
        remarks.append("The service levels are proposals; nobody has agreed on them.")
    levels: Rows = [(row.measure, _share(row.at_least), _share(row.share), _word(row.is_reached)) for row in one.levels]
    quality: Rows = [
        (row.lane or "rejected rows", row.measure, f"{row.n_of:,}", _share(row.share)) for row in one.quality
    ]
    doubts: Rows = [_cells(row.flag, row.n_parcels, row.n_asked, row.n_by_hand) for row in one.corrections]
    asked: Rows = [_cells(row.referral, row.n_parcels, row.n_presented, row.n_not_presented) for row in one.referrals]
    tables: list[Table] = [
        ("Service levels", ("Measure", "At least", "Measured", "Reached"), levels),
        ("What corrections would have changed", ("Doubt", "Parcels", "Asked about", "Checked by hand"), doubts),
        ("What was asked", ("Referral", "Parcels", "Presented", "Not presented"), asked),
        ("Quality by lane", ("Lane", "Measure", "Rows", "Share"), quality),
    ]
    known = [(text.title, text.text, "; ".join(text.sources)) for text in one.awareness]
    page = ReportPage(operator=one.operator, quarter=one.quarter, remarks=remarks, tables=tables, awareness=known)
    return text_of("operator_report.html", page)


def _share(value: float | None) -> str:
    return "not measured" if value is None else f"{100 * value:.1f} %"


def _word(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _cells(*values: Any) -> tuple[str, ...]:
    return tuple(f"{value:,}" if isinstance(value, int) else value.replace("_", " ") for value in values)
