"""Fields of a message and of the record that they fill: one table for reading and writing, which cannot drift apart."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from features.parcel.fields import Field, Kind, Quantity
from features.sources.columns.cells import Assignment

CATEGORY_CODES = {"11": "sale", "21": "returned", "31": "gift", "32": "sample", "91": "documents", "99": "other"}
"""Nature of the transaction as postal messages code it; the first code of a meaning is the one that is written."""
MAIL_CLASS_STREAM = {"U": "letter", "C": "parcel", "E": "ems"}
"""Stream of a postal item by its mail class; other classes say nothing."""
_DECIMALS = {"kg": 3, "cm": 1, "units": 2}


@dataclass(frozen=True, kw_only=True)
class MessageField:
    """One field of a message.

    Attributes
    ----------
    path:
        Where it is, in the words of the format.
    target:
        Field that it fills.
    unit:
        Unit in which the format writes it; that of the record when left out.
    unit_path, currency_path:
        Where a message says the unit or currency of the value itself.
    others:
        Paths that are read where `path` is not given: older names, or other versions of the message.
    codes:
        Codes of the format and what they mean.
    is_written:
        False for a path that is understood but not written, such as an older name.
    """

    path: str
    target: Field
    unit: str | None = None
    unit_path: str | None = None
    currency_path: str | None = None
    others: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    is_written: bool = True

    def assignment(self) -> Assignment:
        """How a table of texts with paths as columns fills the field."""
        return Assignment(
            target=self.target,
            column=self.path,
            unit=self.unit,
            unit_column=self.unit_path,
            currency_column=self.currency_path,
            values=self.codes,
        )

    def text(self) -> pl.Expr:
        """Value of the field as the format writes it; null where it is not given."""
        value = pl.col(self.target.name)
        if self.codes:
            written = {meaning: code for code, meaning in reversed(self.codes.items())}
            return value.replace_strict(written, default=None, return_dtype=pl.String)
        if self.target.kind is Kind.TIME:
            return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
        if self.target.kind is Kind.INTEGER:
            return _decimal(value, self.unit)
        return value


def _decimal(value: pl.Expr, unit: str | None) -> pl.Expr:
    """Integers in the unit of the record as exact decimals in `unit`."""
    decimals = _DECIMALS.get(unit or "", 0)
    if decimals == 0:
        return value.cast(pl.String)
    whole, rest = (value // 10**decimals).cast(pl.String), (value % 10**decimals).cast(pl.String).str.zfill(decimals)
    return pl.concat_str(whole, rest, separator=".")


def message_field(
    path: str,
    target: Field,
    *,
    codes: dict[str, str] | None = None,
    others: tuple[str, ...] = (),
    unit_path: str | None = None,
    is_written: bool = True,
) -> MessageField:
    """Make a field in the units that messages use: kilograms, centimetres, whole units of money."""
    units = {Quantity.MASS: "kg", Quantity.LENGTH: "cm", Quantity.MONEY: "units"}
    unit = units.get(target.quantity) if target.quantity else None
    return MessageField(
        path=path,
        target=target,
        unit=unit,
        unit_path=unit_path,
        others=others,
        codes=codes or {},
        is_written=is_written,
    )


def written(fields: tuple[MessageField, ...]) -> dict[str, pl.Expr]:
    """Text of every field that is written, by path."""
    return {one.path: one.text() for one in fields if one.is_written and not one.path.startswith("^")}
