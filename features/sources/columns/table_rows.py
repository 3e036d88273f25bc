"""Rows of a table that are no parcels: headers that come again, totals, remarks; and rows that continue others."""

from __future__ import annotations

import polars as pl

from features.parcel.fields import Kind
from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import LINE
from features.sources.columns.assignment import TOGETHER
from features.sources.columns.cells import PIECE, Assignment
from features.sources.columns.recognised import shown

_TOTAL = (
    r"(?i)^\W*(?:grand |sub-?|sous-|zwischen)?(?:totals?|totale|totaal|totalt|sum|summa|summe|suma|somma|soma|somme|"
    r"gesamt|gesamtsumme|endsumme|insgesamt|razem|ogółem|итого|всего|celkem|összesen|yhteensä|i alt|toplam|合计|总计|"
    r"小计|合計|総計|합계)\b[^0-9A-Za-z]*(?:\d{1,6}(?:\W.*)?|(?:parcels|items|pieces|rows|pakete|stück|colis|przesyłek).*)?$"
)
_REMARK = r"\p{L}{3,}.*\s.*\p{L}{3,}|^[^0-9]+$"
_NO_PARCEL = {
    "header": ("the row repeats the header; it is no parcel.", "Leave it out; nothing is lost."),
    "total": ("the row is a total of the rows above; it is no parcel.", "Leave it out; nothing is lost."),
    "remark": ("the row holds a remark and nothing else; it is no parcel.", "Leave it out; nothing is lost."),
}
_CONTINUES = (
    "the row has no number and no parties; it is read as a further piece of the parcel above.",
    "Repeat the number in every row of a parcel.",
)


class TableRows:
    """Tells rows of parcels from others, from one batch of a table to the next."""

    def __init__(self) -> None:
        """No row was seen yet."""
        self._above: str | None = None

    def sorted_out(
        self, table: pl.DataFrame, assignments: list[Assignment]
    ) -> tuple[pl.DataFrame, list[Rejection], list[Doubt]]:
        """Return the rows of parcels, why the others are none, and which of them continue the one above."""
        column = next((one.column for one in assignments if one.name == "parcel_id"), None)
        if column is None or column not in table.columns or table.is_empty():
            return table, [], []
        kinds = table.select(_kind(table, column, assignments)).to_series()
        rejections: list[Rejection] = []
        for line, kind in zip(table[LINE], kinds, strict=True) if kinds.null_count() < table.height else ():
            if kind is not None:
                reason, remedy = _NO_PARCEL[kind]
                rejections.append(
                    Rejection(line=line, field="parcel_id", code="no_parcel", reason=reason, remedy=remedy)
                )
        table = table.filter(kinds.is_null()) if rejections else table
        table, doubts = self._continued(table, column, assignments)
        return table, rejections, doubts

    def _continued(
        self, table: pl.DataFrame, column: str, assignments: list[Assignment]
    ) -> tuple[pl.DataFrame, list[Doubt]]:
        numbers = _bare(column)
        goods = [_bare(one) for one in _texts(table, assignments, of_pieces=True)]
        parties = [_bare(one) for one in _texts(table, assignments, of_pieces=False) if one != column]
        above = self._above
        self._above = table.select(numbers.drop_nulls().last()).item() if table.height else above
        if not goods or not table.select(numbers.is_null().any()).item():
            self._above = self._above or above
            return table, []
        continues = (
            numbers.is_null()
            & pl.any_horizontal(one.is_not_null() & ~one.str.contains(_TOTAL) for one in goods)
            & pl.all_horizontal(pl.lit(value=True), *(one.is_null() for one in parties))
        )
        filled = numbers.fill_null(strategy="forward").fill_null(pl.lit(above, dtype=pl.String))
        self._above = self._above or above
        is_more = table.select(continues & filled.is_not_null()).to_series()
        if not is_more.any():
            return table, []
        table = table.with_columns(pl.when(is_more).then(filled).otherwise(pl.col(column)).alias(column))
        reason, remedy = _CONTINUES
        return table, [
            Doubt(line=line, field="parcel_id", code="value_changed", reason=reason, remedy=remedy)
            for line in table[LINE].filter(is_more)
        ]


def _kind(table: pl.DataFrame, column: str, assignments: list[Assignment]) -> pl.Expr:
    """What a row is that is no parcel; null for parcels."""
    number = _bare(column)
    others = [_bare(one) for one in _texts(table, assignments) if one != column]
    is_alone = pl.all_horizontal(one.is_null() for one in others) if others else pl.lit(value=False)
    is_header = number == shown(column).strip()
    return (
        pl.when(is_header)
        .then(pl.lit("header"))
        .when(number.str.contains(_TOTAL))
        .then(pl.lit("total"))
        .when(is_alone & number.str.contains(_REMARK))
        .then(pl.lit("remark"))
    )


def _bare(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _texts(table: pl.DataFrame, assignments: list[Assignment], *, of_pieces: bool | None = None) -> list[str]:
    """Columns of texts: of pieces, of the parcel, or of both; times and numbers say nothing of a row."""
    return [
        column
        for one in assignments
        if one.target.kind is Kind.TEXT and one.column and of_pieces in (None, one.target.name in PIECE)
        for column in one.column.split(TOGETHER)
        if column in table.columns
    ]
