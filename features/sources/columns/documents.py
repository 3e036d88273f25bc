"""Turn JSON objects into rows of the record, as strictly as the API does: nothing is guessed, nothing dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from features.parcel.fields import Field, Kind
from features.parcel.problems import Rejection
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources.columns.cells import PARCEL, PIECE, Assignment, Table, assign

TEXT_SCHEMA = pl.Schema(
    {name: pl.String() if isinstance(dtype, pl.Datetime) else dtype for name, dtype in PARCEL_SCHEMA.items()}
)
"""The record with its times as text."""
_TIMES = [name for name, declared in PARCEL.items() if declared.kind is Kind.TIME]
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_MAX_INT = 2**63 - 1


def assemble_documents(documents: list[tuple[int, Any]]) -> Table:
    """Check parsed documents one by one; return those that pass as typed rows with ``line``."""
    rejections: list[Rejection] = []
    rows: list[dict[str, Any]] = []
    for line, document in documents:
        faults = [
            Rejection(line=line, field=name, code=code, reason=reason, remedy=remedy)
            for name, code, reason, remedy in _faults(document)
        ]
        rejections += faults
        if not faults:
            rows.append({LINE: line, **document})
    table = finish(pl.DataFrame(rows, schema={LINE: pl.Int64(), **TEXT_SCHEMA}))
    return Table(rows=table.rows, rejections=(*rejections, *table.rejections))


def finish(rows: pl.DataFrame) -> Table:
    """Read the times of rows in ``TEXT_SCHEMA`` with ``line``; validation trims the other texts."""
    given = rows.select(column for column in rows if column.null_count() < rows.height or column.name == LINE)
    times = [name for name in _TIMES if name in given.columns]
    read = assign(given.select(LINE, *times), [Assignment(target=PARCEL[name], column=name) for name in times])
    if not read.rejections:
        return Table(rows=given.with_columns(read.rows.select(times)), rejections=())
    kept = given.drop(times).join(read.rows, on=LINE, how="inner", maintain_order="left")
    return Table(rows=kept, rejections=read.rejections)


_Fault = tuple[str, str, str, str]


def _faults(document: Any) -> Iterator[_Fault]:
    if not isinstance(document, dict):
        yield "item", "not_an_object", "this is not a JSON object.", "Send one object per parcel."
        return
    yield from _value_faults(document, PARCEL, "", extra=("pieces",))
    pieces = document.get("pieces")
    if pieces is None:
        return
    if not isinstance(pieces, list):
        yield "pieces", "wrong_type", "pieces is not a list.", "Send a list of objects."
        return
    for number, piece in enumerate(pieces, start=1):
        if not isinstance(piece, dict):
            yield f"piece_{number}", "wrong_type", "the piece is not an object.", "Send one object per piece."
        else:
            yield from _value_faults(piece, PIECE, f"piece_{number}.")


def _value_faults(
    values: dict[str, Any], fields: Mapping[str, Field], prefix: str, extra: tuple[str, ...] = ()
) -> Iterator[_Fault]:
    for name, value in values.items():
        declared = fields.get(name)
        if declared is None:
            if name not in extra:
                # The name of an unknown field is shown only when it looks like a name, not like somebody's data.
                shown = prefix + name if _NAME.fullmatch(name) else prefix.rstrip(".") or "item"
                yield shown, "unknown_field", "the record has no such field.", "Remove it; docs/fields.md has the list."
        elif value is not None and (fault := _type_fault(declared, value)):
            yield prefix + name, *fault


def _type_fault(declared: Field, value: Any) -> tuple[str, str, str] | None:
    if declared.kind is Kind.INTEGER:
        if not isinstance(value, int) or isinstance(value, bool):
            return "wrong_type", "this is not a whole number.", f"Write a number without quotes, in {declared.unit}."
        if abs(value) > _MAX_INT:
            return "range", "the number is too large.", "Check the unit."
        return None
    if not isinstance(value, str):
        return "wrong_type", "this is not a text.", "Write it in quotes."
    if any("\ud800" <= mark <= "\udfff" for mark in value):
        return "surrogate", "the text holds half of a surrogate pair.", "Send valid Unicode."
    return None
