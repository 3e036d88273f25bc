"""What the values of a column look like, and the fields that look so: shown as a guess, and mostly left to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import polars as pl

from features.parcel.fields import Quantity
from features.sources.columns.cells import PARCEL, PIECE
from features.sources.columns.headers import quoted
from features.sources.columns.paths import role_of
from features.sources.columns.recognised import shown
from features.sources.columns.units import FACTOR, unit_factor


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column of a table would become.

    Attributes
    ----------
    field:
        Field that it fills, as a rejection names it; none when that must be decided or nothing fits.
    lines:
        Line of a mapping, or the alternatives of which one must be chosen.
    in_pieces:
        Further alternatives, of which `table` is not the table: a column of a row may be of the parcel or of a piece.
    says:
        What must be decided, or by what the column was recognised.
    """

    header: str
    field: str | None
    table: str
    lines: tuple[str, ...]
    says: str
    in_pieces: tuple[str, ...] = ()


class Of(StrEnum):
    """What the rows of a table are."""

    PARCELS = "parcel"
    PIECES = "piece"
    BOTH = "both"
    """A parcel with its pieces in one row."""


BY_SHAPE = "by where it stands and by its values"


class _Shape(NamedTuple):
    says: str
    form: str
    fields: tuple[str, ...]


_PARTIES = ("sender", "recipient")
_WORDS = ("name", "street", "city", "subdivision", "additional")
_SHAPES = (
    _Shape("e-mail addresses", r"^[^\s@]+@[^\s@]+\.[^\s@]+$", ("sender_email", "recipient_email")),
    _Shape("numbers of postal items", r"^[A-Z]{2}\d{9}[A-Z]{2}$", ("parcel_id",)),
    _Shape("currencies", r"^(EUR|USD|GBP|CNY|JPY|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|INR|TRY|HKD|KRW)$", ("currency",)),
    _Shape(
        "two-letter codes of countries",
        r"^[A-Z]{2}$",
        ("sender_country", "recipient_country", "dispatch_country", "origin_country"),
    ),
    _Shape("days or times", r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", ("lodged_at", "posted_at", "due_at")),
    _Shape("telephone numbers", r"^(\+|00)[\d ()/-]{7,20}$", ("sender_phone", "recipient_phone")),
    _Shape("codes of goods", r"^\d{4}[. ]?\d{2}([. ]?\d{2}){0,2}$", ("hs_code",)),
    _Shape("long numbers", r"^[A-Z0-9-]{9,35}$", ("parcel_id", "house_bill", "order_reference")),
    _Shape("numbers", r"^[+-]?[\d.,]+$", ("gross_weight_g", "net_weight_g", "value_cents", "quantity")),
    _Shape("words", r"\p{L}{3}", ("description", *(f"{role}_{part}" for role in _PARTIES for part in _WORDS))),
)
_NUMBER_OF_ITEM = r"^[0-9A-Za-z][0-9A-Za-z._/-]{3,39}$"
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SAMPLE_ROWS = 200
_TABLES = {Of.PARCELS: PARCEL, Of.PIECES: PIECE, Of.BOTH: {**PARCEL, **PIECE}}


def by_shape(header: str, values: pl.Series, key: str, of: Of) -> Column:
    """What a column without a known name may become.

    Parameters
    ----------
    header:
        Header of a table, or path of a message.
    key:
        What a mapping of the format calls a column.
    """
    sample = values.drop_nulls().str.strip_chars().head(_SAMPLE_ROWS)
    sample = sample.filter(sample != "")
    for shape in _shapes_of(sample):
        fields = _fitting(shape.fields, role_of(header), of)
        if fields:
            return _proposed(header, shape, fields, key)
    return Column(header=header, field=None, table="parcel", lines=(), says="not used")


def _shapes_of(sample: pl.Series) -> Iterator[_Shape]:
    if sample.is_empty():
        return
    yield from (shape for shape in _SHAPES[:-2] if sample.str.contains(shape.form).all())
    if _tells_items_apart(sample):
        yield _Shape("another number in every row", _NUMBER_OF_ITEM, ("parcel_id", "order_reference"))
    yield from (shape for shape in _SHAPES[-2:] if sample.str.contains(shape.form).all())


def _tells_items_apart(sample: pl.Series) -> bool:
    """Whether there is a number in every row, and always another one; amounts have a decimal mark, counts repeat."""
    is_number = sample.str.contains(_NUMBER_OF_ITEM) & sample.str.contains("[0-9]")
    return bool(is_number.all()) and sample.is_unique().all() and not sample.str.contains("^[0-9]+[.,][0-9]+$").any()


def _fitting(fields: tuple[str, ...], role: str | None, of: Of) -> tuple[str, ...]:
    """Fields that a column can fill: those of its party, where it is part of one."""
    known = tuple(name for name in fields if name in _TABLES[of])
    if role is None:
        return known
    return tuple(name for name in known if name.startswith(f"{role}_"))


def _proposed(header: str, shape: _Shape, fields: tuple[str, ...], key: str) -> Column:
    unit = _unit_in(header) if shape.says == "numbers" else None
    if unit is not None:
        fields = tuple(name for name in fields if name.endswith("weight_g"))[:1] or fields
    is_sure = len(fields) == 1 and role_of(header) is not None
    lines = {name: tuple(_lines(name, header, key, unit)) for name in fields}
    of_parcel = tuple(line for name in fields if name not in PIECE for line in lines[name])
    of_piece = tuple(line for name in fields if name in PIECE for line in lines[name])
    return Column(
        header=header,
        field=fields[0] if is_sure else None,
        table="parcel" if of_parcel else "piece",
        lines=of_parcel or of_piece,
        in_pieces=of_piece if of_parcel else (),
        says=BY_SHAPE if is_sure else f"column {shown(header)!r} holds {shape.says}.",
    )


def _lines(name: str, header: str, key: str, unit: str | None) -> Iterator[str]:
    """Lines that fill a field, one for each unit that is usual; without one, kilograms would be read as grams."""
    usual = {"gross_weight_g": ("kg", "g"), "net_weight_g": ("kg", "g"), "value_cents": ("units",)}.get(name)
    for one in (unit,) if unit else usual or ("",):
        unit_of = f', unit = "{one}"' if one else ""
        yield f"{name} = {{ {key} = {quoted(header)}{unit_of} }}"


def _unit_in(header: str) -> str | None:
    """Unit of weight that is the last word of a name, as in ``TotalGrams``."""
    words = _NAME_PARTS.findall(header.rpartition("/")[2])
    factor = unit_factor(words[-1], Quantity.MASS) if words else None
    return next((name for name, of_one in FACTOR[Quantity.MASS].items() if of_one == factor), None)
