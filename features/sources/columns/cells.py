"""Turn columns of text into columns of the record, remembering every cell that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import LINE, PIECE_SCHEMA
from features.sources.columns.assignment import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.typed import currencies_of, read_cells, tidied

__all__ = ["OUTCOME", "PARCEL", "PIECE", "ROW", "Assignment", "Table", "assign", "in_lists"]

ROW = "row"
"""Column that says to which row of a table a piece belongs."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with ``line`` and the assigned columns; pieces as lists in ``pieces``."""

    rows: pl.DataFrame
    rejections: tuple[Rejection, ...]
    doubts: tuple[Doubt, ...] = ()


def assign(raw: pl.DataFrame, assignments: list[Assignment], *, has_marks: bool = True) -> Table:
    """Fill the fields of `assignments` from `raw`, whose columns are all text and one is ``line``.

    A table may have the marks that spreadsheets put in front of texts; a message has none.

    A cell that cannot be read is null and doubted. Only where it identifies or dates its row, or belongs to an outcome,
    the row is left out and answered with a rejection.
    """
    raw = tidied(raw, has_marks=has_marks)
    rejections: list[Rejection] = []
    doubts: list[Doubt] = []
    flat: dict[str, pl.Series] = {LINE: raw[LINE]}
    pieces: dict[int, dict[str, pl.Series]] = {}
    currencies: list[tuple[dict[str, pl.Series], pl.Series]] = []
    for assignment in assignments:
        cells = read_cells(raw, assignment, assignments)
        for fault in cells.faults:
            said: dict[str, Any] = {"field": assignment.name, **fault._asdict()}
            if fault.loses_the_value and not assignment.is_dispensable:
                rejections.append(Rejection(**said))
            else:
                doubts.append(Doubt(**said))
        target = flat if assignment.piece == 0 else pieces.setdefault(assignment.piece, {})
        target[assignment.target.name] = cells.values.alias(assignment.target.name)
        if assignment.currency or assignment.currency_column:
            given = currencies_of(raw, assignment).set(cells.values.is_null(), None)
            currencies.append((target, given.alias(assignment.currency_field)))
    for target, fixed in currencies:  # a currency in a column of its own goes before the one of the header
        target[fixed.name] = target[fixed.name].fill_null(fixed) if fixed.name in target else fixed
    rows = pl.DataFrame(flat)
    if pieces:
        rows = rows.with_columns(_assembled(pieces))
    bad = pl.Series(sorted({rejection.line for rejection in rejections}), dtype=pl.Int64)
    return Table(
        rows=rows.filter(~pl.col(LINE).is_in(bad.implode())), rejections=tuple(rejections), doubts=tuple(doubts)
    )


def _assembled(pieces: dict[int, dict[str, pl.Series]]) -> pl.Series:
    """One list of pieces per row; a piece of which nothing is given is not there."""
    frames = []
    for number in sorted(pieces):
        given = pl.DataFrame(list(pieces[number].values())).with_row_index(ROW)
        frames.append(given.filter(~pl.all_horizontal(pl.exclude(ROW).is_null())))
    n_rows = max(len(column) for columns in pieces.values() for column in columns.values())
    return in_lists(pl.concat(frames, how="diagonal").sort(ROW, maintain_order=True), n_rows)


def in_lists(pieces: pl.DataFrame, n_rows: int) -> pl.Series:
    """Gather pieces, ordered by the number of their row in the column ``ROW``, in one list per row."""
    full = pieces.select(
        ROW,
        pl.struct(
            pl.col(name).cast(dtype) if name in pieces.columns else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in PIECE_SCHEMA.to_schema().items()
        ).alias("pieces"),
    )
    lists = full.group_by(ROW, maintain_order=True).agg("pieces")
    every = pl.DataFrame({ROW: pl.int_range(n_rows, dtype=pl.UInt32, eager=True)})
    joined = every.join(lists, on=ROW, how="left", maintain_order="left")["pieces"]
    return joined.fill_null(pl.Series([[]], dtype=pl.List(PIECE_SCHEMA)))
