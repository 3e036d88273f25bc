"""Turn JSON objects into rows of the record: what is written otherwise is read where it can be, and reported."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from features.parcel.field_checks import CONTROL, IDENTIFYING
from features.parcel.fields import Field, Kind
from features.parcel.placeholders import PLACEHOLDERS
from features.parcel.problems import Doubt, Rejection
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources.columns.assignment import PARCEL, PIECE, Assignment
from features.sources.columns.cells import Table, assign

TEXT_SCHEMA = pl.Schema(
    {name: pl.String() if isinstance(dtype, pl.Datetime) else dtype for name, dtype in PARCEL_SCHEMA.items()}
)
"""The record with its times as text."""
_TIMES = [name for name, declared in PARCEL.items() if declared.kind is Kind.TIME]
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_MAX_INT = 2**63 - 1
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def assemble_documents(documents: list[tuple[int, Any]]) -> Table:
    """Read parsed documents one by one; return those that can be used as typed rows with ``line``."""
    read = [_Document(line) for line, _ in documents]
    rows = [one.row(document) for one, (_, document) in zip(read, documents, strict=True)]
    kept = [row for row, one in zip(rows, read, strict=True) if not one.rejections]
    table = finish(pl.DataFrame(kept, schema={LINE: pl.Int64(), **TEXT_SCHEMA}))
    return Table(
        rows=table.rows,
        rejections=(*(fault for one in read for fault in one.rejections), *table.rejections),
        doubts=(*(doubt for one in read for doubt in one.doubts), *table.doubts),
    )


def finish(rows: pl.DataFrame) -> Table:
    """Read the times of rows in ``TEXT_SCHEMA`` with ``line``; validation trims the other texts."""
    given = rows.select(column for column in rows if column.null_count() < rows.height or column.name == LINE)
    times = [name for name in _TIMES if name in given.columns]
    written = [Assignment(target=PARCEL[name], column=name, counts_time=False) for name in times]
    read = assign(given.select(LINE, *times), written)
    if not read.rejections:
        return Table(rows=given.with_columns(read.rows.select(times)), rejections=(), doubts=read.doubts)
    kept = given.drop(times).join(read.rows, on=LINE, how="inner", maintain_order="left")
    return Table(rows=kept, rejections=read.rejections, doubts=read.doubts)


class _Document:
    """One document as it is read: why it cannot be used, and which of its values are doubted."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.rejections: list[Rejection] = []
        self.doubts: list[Doubt] = []

    def row(self, document: Any) -> dict[str, Any]:
        """Values of the record, each of the type of its field."""
        if not isinstance(document, dict):
            self._refuse("item", "not_an_object", "this is not a JSON object.", "Send one object per parcel.")
            return {}
        row = {LINE: self.line, **self._values(document, PARCEL, "", extra="pieces")}
        pieces = document.get("pieces")
        if isinstance(pieces, dict):
            pieces = [pieces]
        if isinstance(pieces, list):
            row["pieces"] = [self._piece(piece, number) for number, piece in enumerate(pieces, start=1)]
        elif pieces is not None:
            self._doubt("pieces", "wrong_type", "pieces is not a list.", "Send a list of objects.")
        return row

    def _piece(self, piece: Any, number: int) -> dict[str, Any]:
        if isinstance(piece, dict):
            return self._values(piece, PIECE, f"piece_{number}.")
        if piece is not None:
            self._doubt(f"piece_{number}", "wrong_type", "the piece is not an object.", "Send one object per piece.")
        return {}

    def _values(
        self, values: dict[str, Any], fields: Mapping[str, Field], prefix: str, extra: str = ""
    ) -> dict[str, Any]:
        read = {}
        for name, value in values.items():
            declared = fields.get(name)
            if declared is not None:
                read[name] = None if value is None else self._value(declared, value, prefix + name)
            elif name != extra:
                # The name of an unknown field is shown only when it looks like a name, not like somebody's data.
                shown = prefix + name if _NAME.fullmatch(name) else prefix.rstrip(".") or "item"
                says = "the record has no such field."
                self._doubt(shown, "unknown_field", says, "Remove it; docs/fields.md has the list.")
        return read

    def _value(self, declared: Field, value: Any, field: str) -> Any:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            if len(value) > 1:
                says = f"{len(value)} values are given; the first is used."
                self._doubt(field, "repeated", says, "Send one value.")
            value = value[0] if value else ""
        if declared.kind is Kind.INTEGER:
            return self._integer(declared, value, field)
        if isinstance(value, str):
            return self._text(value, field)
        kinds = int if declared.name in IDENTIFYING else int | float  # of an identifier a float is another one
        if declared.kind is Kind.TEXT and isinstance(value, kinds) and not isinstance(value, bool):
            says = "this is a number and not a text; zeros in front of it are lost."
            self._doubt(field, "value_changed", says, "Write it in quotes.")
            return str(int(value) if value == int(value) else value)
        if declared.name in IDENTIFYING:
            self._refuse(field, "wrong_type", "this is not a text.", "Write it in quotes.")
        else:
            self._doubt(field, "wrong_type", "this is not a text.", "Write it in quotes.")
        return None

    def _text(self, value: str, field: str) -> str:
        if not _HALF_PAIR.search(value):
            return value
        says = "the text holds half of a surrogate pair, which was taken out."
        self._doubt(field, "value_changed", says, "Send valid Unicode.")
        return CONTROL.sub("", value)

    def _integer(self, declared: Field, value: Any, field: str) -> int | None:
        number = _number(value)
        if number is None:
            if isinstance(value, str) and not value.strip():
                return None
            is_empty = isinstance(value, str) and value.strip() in PLACEHOLDERS
            code = "placeholder" if is_empty else "wrong_type"
            says = "the text stands for no value." if is_empty else "this is not a whole number."
            self._doubt(field, code, says, f"Write a number without quotes, in {declared.unit}.")
        elif abs(number) > _MAX_INT:
            self._doubt(field, "range", "the number is too large.", "Check the unit.")
        else:
            if number != int(number):
                says = "the number has a fraction; it is rounded."
                self._doubt(field, "value_changed", says, f"Write a whole number, in {declared.unit}.")
            return round(number)
        return None

    def _doubt(self, field: str, code: str, reason: str, remedy: str) -> None:
        self.doubts.append(Doubt(line=self.line, field=field, code=code, reason=reason, remedy=remedy))

    def _refuse(self, field: str, code: str, reason: str, remedy: str) -> None:
        self.rejections.append(Rejection(line=self.line, field=field, code=code, reason=reason, remedy=remedy))


def _number(value: Any) -> int | float | None:
    """A number that is written as one, or as a text of digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,19}(\.[0-9]+)?\s*", value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None
