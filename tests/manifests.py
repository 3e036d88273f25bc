"""Parcels that hypothesis invents: any row that the record allows, in its tidy form."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from features.parcel.fields import CATEGORY_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.placeholders import PLACEHOLDERS
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources.adapter import Adapter

_TEXT = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp"), exclude_characters="\u00a0")
_WITH_EXPONENT = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d{1,3}")
"""A number of which a spreadsheet has lost the digits: it says nothing."""
_FORMS: dict[str, st.SearchStrategy[Any]] = {
    "hs_code": st.from_regex(r"\A[0-9]{4}([0-9]{2}){0,3}\Z").filter(lambda code: code.strip("0") != ""),
    "parcel_id": st.from_regex(r"\A[A-Z0-9][A-Z0-9._/\-]{0,20}\Z").filter(lambda number: number not in PLACEHOLDERS),
    "operator": st.from_regex(r"\A[a-z][a-z0-9._\-]{0,20}\Z"),
}


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Values that the declaration of a field allows."""
    if field.name in _FORMS:
        return _FORMS[field.name]
    if field.choices:
        return st.sampled_from(field.choices)
    if field in CATEGORY_FIELDS:
        return st.from_regex(r"\A[0-9A-Z]{1,6}\Z")
    if field.name.endswith("country"):
        return st.sampled_from(sorted(shipped_reference().countries))
    if field.name.endswith("currency"):
        return st.sampled_from(sorted(shipped_reference().currencies))
    if field.kind is Kind.TIME:
        times = st.datetimes(datetime(1991, 1, 1), datetime(2026, 11, 1))  # noqa: DTZ001
        return times.map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
    if field.kind is Kind.INTEGER:
        return st.integers(int(field.minimum or 0), int(field.maximum or 0))
    return st.text(_TEXT, min_size=1, max_size=min(field.max_length, 30)).map(_tidy).filter(_is_a_value)


def _is_a_value(text: str) -> bool:
    return text != "" and text not in PLACEHOLDERS and not _WITH_EXPONENT.fullmatch(text)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _rows(fields: tuple[Field, ...], carried: frozenset[str], always: str) -> st.SearchStrategy[dict[str, Any]]:
    chosen = {field.name: st.none() | values_of(field) for field in fields if field.name in carried}
    chosen[always] = next(values_of(field) for field in fields if field.name == always)
    return st.fixed_dictionaries(chosen)


def parcels_for(adapter: Adapter, max_rows: int = 4) -> st.SearchStrategy[pl.DataFrame]:
    """Tables of parcels in which only what `adapter` carries is given.

    No two have the same number: neighbours that differ in their pieces alone are read as one parcel.
    """
    pieces = st.lists(_rows(PIECE_FIELDS, adapter.carries_in_pieces, "description"), max_size=3)
    row = st.tuples(_rows(PARCEL_FIELDS, adapter.carries, "parcel_id"), pieces)
    return st.lists(row, min_size=1, max_size=max_rows, unique_by=lambda one: one[0]["parcel_id"]).map(
        lambda rows: pl.DataFrame([{**row, "pieces": pieces} for row, pieces in rows], schema=PARCEL_SCHEMA)
    )


def written(adapter: Adapter, rows: pl.DataFrame) -> bytes:
    """File that `adapter` writes of `rows`."""
    file = io.BytesIO()
    adapter.write(rows, file)
    return file.getvalue()


def plain(rows: pl.DataFrame, adapter: Adapter) -> list[dict[str, Any]]:
    """Rows as plain values, what the format does not carry left out, to be compared."""
    return [
        {name: value for name, value in row.items() if name in adapter.carries and value is not None}
        | {
            "pieces": [
                {
                    name: value
                    for name, value in piece.items()
                    if name in adapter.carries_in_pieces and value is not None
                }
                for piece in row.get("pieces") or ()
            ]
        }
        for row in rows.drop(LINE, strict=False).to_dicts()
    ]
