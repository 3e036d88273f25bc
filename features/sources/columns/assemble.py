"""Fill the record from items that a format has taken apart into texts by path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import polars as pl

from features.parcel.fields import Quantity
from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import LINE, PIECE_SCHEMA
from features.sources.adapter import Batch
from features.sources.columns.cells import ROW, Assignment, Table, assign, in_lists
from features.sources.columns.decimals import Decimals, with_points
from features.sources.columns.message_fields import MessageField
from features.sources.item import Item, Texts


class Source(Protocol):
    """Where a field is in a message."""

    @property
    def path(self) -> str:
        """Path of the text; empty for a constant."""

    @property
    def others(self) -> tuple[str, ...]:
        """Paths that count where the first one is not given, in this order."""

    def assignment(self) -> Assignment:
        """How a table of texts with paths as columns fills the field."""


def assemble_items(
    items: list[Item],
    fields: Sequence[Source],
    piece_fields: Sequence[Source] = (),
    decimals: tuple[Decimals, Decimals] | None = None,
) -> Batch:
    """Typed rows of `items`; a text that cannot be read is doubted, or rejects the item that it identifies or dates.

    `decimals` hold what is known of the numbers of items and of pieces, where a format leaves open how they are
    written.
    """
    doubtful = [item for item in items if item.faults or item.repeated]
    refused = {item.line: faults for item in doubtful if (faults := (*item.faults, *_uncertain(item, fields)))}
    usable = [item for item in items if item.line not in refused]
    flat = _texts(_lines(usable), [item.values for item in usable], fields)
    table = _assigned(flat, fields, decimals[0] if decimals else None)
    rows, doubts = table.rows, [*_repeated(usable, [*fields, *piece_fields]), *table.doubts]
    if piece_fields:
        pieces, in_pieces = _pieces(usable, piece_fields, decimals[1] if decimals else None)
        doubts += in_pieces
        rows = rows.join(pl.DataFrame([_lines(usable), pieces.alias("pieces")]), on=LINE, maintain_order="left")
    by_line = {item.line: item for item in items}
    known = {path for one in (*fields, *piece_fields) for path in _read(one)}
    return Batch(
        rows=rows,
        rejections=(*(fault for faults in refused.values() for fault in faults), *table.rejections),
        doubts=tuple(doubts),
        n_rows=len(items),
        ignored=tuple(sorted(_paths(items) - known))[:100],
        original=lambda line: by_line[line].shown() if line in by_line else "",
    )


def _read(one: Source) -> Iterator[str]:
    """Paths that a field reads."""
    how = one.assignment()
    yield from (one.path, *one.others)
    yield from (path for path in (how.unit_column, how.currency_column, *_units(one), *_currencies(one)) if path)


def _assignments(flat: pl.DataFrame, fields: Sequence[Source]) -> list[Assignment]:
    """Assignments of the paths that are given; a unit or currency that is nowhere given is left out."""
    given = [one for one in fields if not one.path or one.path in flat.columns]
    return [
        replace(
            how,
            unit_column=next((name for name in (how.unit_column, *_units(one)) if name in flat.columns), None),
            currency_column=next(
                (name for name in (how.currency_column, *_currencies(one)) if name in flat.columns), None
            ),
        )
        for one in given
        for how in (one.assignment(),)
    ]


def _units(one: Source) -> list[str]:
    """Attributes in which XML says the unit of a measure itself."""
    is_measure = isinstance(one, MessageField) and one.target.quantity in (Quantity.MASS, Quantity.LENGTH)
    return [f"{one.path}/@{name}" for name in _UNIT_ATTRIBUTES] if is_measure else []


def _currencies(one: Source) -> list[str]:
    """Attributes in which XML says the currency of an amount."""
    is_money = isinstance(one, MessageField) and one.target.quantity is Quantity.MONEY
    return [f"{one.path}/@{name}" for name in _CURRENCY_ATTRIBUTES] if is_money else []


_UNIT_ATTRIBUTES = ("unit", "unitCode", "uom", "unitOfMeasure", "measureUnit", "measurementUnit")
_CURRENCY_ATTRIBUTES = ("currency", "currencyID", "currencyCode", "ccy")


def _assigned(flat: pl.DataFrame, fields: Sequence[Source], decimals: Decimals | None) -> Table:
    assignments = _assignments(flat, fields)
    if decimals is None:
        return assign(with_points(flat, assignments), assignments, has_marks=False)
    flat, dropped = decimals.normalised(flat, assignments)
    table = assign(flat, assignments, has_marks=False)
    return replace(table, doubts=(*dropped, *table.doubts))


def _uncertain(item: Item, fields: Sequence[Source]) -> Iterator[Rejection]:
    """Identifiers that are given more than once: which of them counts cannot be known."""
    for one in fields if item.repeated else ():
        if one.path in item.repeated and one.assignment().target.required:
            yield Rejection(
                line=item.line,
                field=one.path,
                code="element_twice",
                reason="the identifier is there more than once.",
                remedy="Send it once; which of them counts cannot be known.",
            )


def _repeated(items: list[Item], fields: Sequence[Source]) -> Iterator[Doubt]:
    by_path = {path: one for one in fields for path in (one.path, *one.others)}
    for item in items:
        for path, n in item.repeated.items():
            if path in by_path:
                yield Doubt(
                    line=item.line,
                    field=by_path[path].assignment().name,
                    code="repeated",
                    reason=f"it is given {n:,} times with different texts; the first one was used.",
                    remedy="Send it once, or the one that counts first.",
                )


def _paths(items: list[Item]) -> set[str]:
    """Paths that are given; attributes of the whole message, such as its version, say nothing of an item."""
    given: set[str] = set()
    for item in items:
        given.update(item.values, *item.pieces)
    return {path for path in given if not path.startswith("^@")}


def _lines(items: list[Item]) -> pl.Series:
    return pl.Series(LINE, [item.line for item in items], dtype=pl.Int64)


def _texts(lines: pl.Series, values: list[Texts], fields: Sequence[Source]) -> pl.DataFrame:
    """Table of texts with ``line`` and a column for every path that is known and given."""
    given = set().union(*values)
    columns: dict[str, pl.Series] = {}
    for one in fields:
        for path in _read(one):
            if not path or path in columns or path in one.others:
                continue
            names = [name for name in ((path, *one.others) if path == one.path else (path,)) if name in given]
            if names:
                found = [texts.get(names[0]) for texts in values]
                if names[1:]:
                    found = [_first(texts, names) for texts in values]
                columns[path] = pl.Series(path, found, dtype=pl.String)
    return pl.DataFrame([lines, *columns.values()])


def _first(texts: Texts, paths: Sequence[str]) -> str | None:
    return next((text for path in paths if (text := texts.get(path)) is not None), None)


def _pieces(items: list[Item], fields: Sequence[Source], decimals: Decimals | None) -> tuple[pl.Series, list[Doubt]]:
    """One list of pieces per item, and the texts of pieces that are not used as they are."""
    origins = [
        (row, item.line, number)
        for row, item in enumerate(items)
        for number, piece in enumerate(item.pieces, start=1)
        if piece
    ]
    numbers = pl.int_range(len(origins), dtype=pl.Int64, eager=True).alias(LINE)
    flat = _texts(numbers, [piece for item in items for piece in item.pieces if piece], fields)
    table = _assigned(flat, fields, decimals)
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
