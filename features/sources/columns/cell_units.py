"""Units that stand next to measures in cells, as in ``350 g``, where neither header nor another column names any.

A column counts as one of such cells where every cell of the first batch that holds something names a unit that fits. A
cell of a later batch that names none gives no value: nobody knows what it was measured in.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from features.parcel.fields import Quantity
from features.sources.columns.assignment import PARCEL, PIECE, Assignment
from features.sources.columns.recognised import Question, Recognised
from features.sources.columns.units import unit_factor

_MEASURE = r"^([+-]?\d[\d.,'’\s]*?)\s*([^\d\s.,][^\d]*)$"
_BEHIND = " unit"
"""What the name of the column that holds the units of another one ends with."""


def answered(recognised: Recognised, table: pl.DataFrame) -> Recognised:
    """What the headers mean, with the questions that the cells of the first batch answer."""
    found = {one.header: own for one in recognised.questions if (own := _by_cells(one, table)) is not None}
    if not found:
        return recognised
    return replace(
        recognised,
        assignments=[*recognised.assignments, *found.values()],
        questions=[one for one in recognised.questions if one.header not in found],
    )


def _by_cells(question: Question, table: pl.DataFrame) -> Assignment | None:
    name = question.targets[0]
    target, piece = (PARCEL[name], 0) if name in PARCEL else (PIECE[name], 1)
    if target.quantity not in (Quantity.MASS, Quantity.LENGTH) or question.header not in table.columns:
        return None
    cells = table[question.header].str.strip_chars()
    units = cells.filter(cells != "").str.extract(_MEASURE, 2)
    if not units.len() or units.null_count():
        return None
    if any(unit_factor(unit, target.quantity) is None for unit in units.unique()):
        return None
    return Assignment(target=target, piece=piece, column=question.header, unit_column=f"{question.header}{_BEHIND}")


def apart(table: pl.DataFrame, assignments: list[Assignment]) -> pl.DataFrame:
    """Return the table with bare measures, and their units in columns of their own."""
    for one in assignments:
        column = one.column
        if column in table.columns and one.unit_column == f"{column}{_BEHIND}" and one.unit_column not in table.columns:
            cells = table[column].str.strip_chars()
            measure = cells.str.extract(_MEASURE, 1)
            bare = measure.zip_with(measure.is_not_null(), cells).alias(str(column))
            table = table.with_columns(bare, cells.str.extract(_MEASURE, 2).alias(str(one.unit_column)))
    return table
