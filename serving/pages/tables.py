"""Tables of pages: a caption, heads and rows of texts; the same table is shown, and exported as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from features.sources.columns.export import safe
from features.text import figure, text
from policy.estimates import Interval


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table.

    Attributes
    ----------
    n_texts:
        Columns in front that hold words; the ones behind hold figures. A cell is a `features.text.Text`, or a value
        that no language changes.
    empty:
        What is shown where there is no row.
    note:
        What is to be known of the figures, shown below them.
    """

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    n_texts: int = 1
    empty: str = text("Nothing yet.")
    note: str = ""


def csv_of(tables: Iterable[Table]) -> str:
    """Tables one below the other as CSV, each with its caption; a spreadsheet runs no cell of them."""
    return "\r\n".join(_csv_of(one) for one in tables)


def _csv_of(table: Table) -> str:
    rows: list[Sequence[str]] = [(table.caption,), table.head, *table.rows]
    width = max(map(len, rows))
    columns = {str(i): [str(row[i]) if i < len(row) else "" for row in rows] for i in range(width)}
    return safe(pl.DataFrame(columns)).write_csv(include_header=False, line_terminator="\r\n")


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage; a dash where there is none."""
    return "\N{EN DASH}" if share is None or share != share else figure(share, f".{digits}%")


def interval_words(one: Interval) -> str:
    """A share with the ends of its 90 % interval; not known where nothing was counted."""
    if one.value != one.value:
        return text("not known")
    return text("{value:.1%} ({low:.1%} to {high:.1%})", value=one.value, low=one.low, high=one.high)


def count_words(one: Interval) -> str:
    """A count with the ends of its 90 % interval."""
    return text("{value:,.1f} ({low:,.1f} to {high:,.1f})", value=one.value, low=one.low, high=one.high)
