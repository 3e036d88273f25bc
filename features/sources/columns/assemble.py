"""Fill the record from items that a format has taken apart into texts by path."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from features.parcel.problems import Doubt
from features.parcel.schema import LINE, PIECE_SCHEMA
from features.sources.adapter import Batch
from features.sources.columns.cells import ROW, assign, in_lists
from features.sources.columns.message_fields import MessageField
from features.sources.item import Item, Texts


def assemble_items(
    items: list[Item], fields: tuple[MessageField, ...], piece_fields: tuple[MessageField, ...] = ()
) -> Batch:
    """Typed rows of `items`; a text that cannot be read is doubted, or rejects the item that it identifies or dates."""
    usable = [item for item in items if not item.faults]
    flat = _texts(_lines(usable), [item.values for item in usable], fields)
    table = assign(flat, [one.assignment() for one in fields if one.path in flat.columns])
    rows, doubts = table.rows, table.doubts
    if piece_fields:
        pieces, in_pieces = _pieces(usable, piece_fields)
        doubts = (*doubts, *in_pieces)
        rows = rows.join(pl.DataFrame([_lines(usable), pieces.alias("pieces")]), on=LINE, maintain_order="left")
    by_line = {item.line: item for item in items}
    known = {one.path for one in fields} | {one.path for one in piece_fields}
    return Batch(
        rows=rows,
        rejections=(*(fault for item in items for fault in item.faults), *table.rejections),
        doubts=doubts,
        n_rows=len(items),
        ignored=tuple(sorted({path for item in items for path in _paths(item)} - known))[:100],
        original=lambda line: by_line[line].shown() if line in by_line else "",
    )


def _paths(item: Item) -> set[str]:
    return set(item.values).union(*item.pieces)


def _lines(items: list[Item]) -> pl.Series:
    return pl.Series(LINE, [item.line for item in items], dtype=pl.Int64)


def _texts(lines: pl.Series, values: list[Texts], fields: tuple[MessageField, ...]) -> pl.DataFrame:
    """Table of texts with ``line`` and a column for every path that is known and given."""
    given = set().union(*values)
    paths = dict.fromkeys(one.path for one in fields if one.path in given)
    columns = [pl.Series(path, [texts.get(path) for texts in values], dtype=pl.String) for path in paths]
    return pl.DataFrame([lines, *columns])


def _pieces(items: list[Item], fields: tuple[MessageField, ...]) -> tuple[pl.Series, list[Doubt]]:
    """One list of pieces per item, and the texts of pieces that are not used as they are."""
    origins = [
        (row, item.line, number)
        for row, item in enumerate(items)
        for number, piece in enumerate(item.pieces, start=1)
        if piece
    ]
    numbers = pl.int_range(len(origins), dtype=pl.Int64, eager=True).alias(LINE)
    flat = _texts(numbers, [piece for item in items for piece in item.pieces if piece], fields)
    table = assign(flat, [one.assignment() for one in fields if one.path in flat.columns])
    doubts = [
        replace(doubt, line=origins[doubt.line][1], field=f"piece_{origins[doubt.line][2]}.{doubt.field}")
        for doubt in table.doubts
    ]
    rows = (
        table.rows.with_columns(
            pl.col(LINE)
            .replace_strict(range(len(origins)), [origin[0] for origin in origins], return_dtype=pl.UInt32)
            .alias(ROW)
        )
        if origins
        else pl.DataFrame(schema={ROW: pl.UInt32(), **PIECE_SCHEMA.to_schema()})
    )
    return in_lists(rows, len(items)), doubts
