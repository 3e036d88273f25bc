"""Currencies that stand next to amounts in cells, as in ``24,90 EUR``, ``€ 24.90`` and ``HK$ 120``.

A sign that several currencies share means the one that the row names elsewhere, and else none: the amount is kept, and
never taken for euro.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from features.parcel.fields import Quantity
from features.parcel.repair import NO_CURRENCY
from features.sources.columns.cells import Assignment
from features.sources.columns.headers import currency_of
from features.sources.columns.units import DOLLARS

_HAS_MORE = r"\d.*[^\d\s.,'’_+\-–—]|[^\d\s.,'’_+\-–—].*\d"
_AMOUNT = re.compile(r"^(?P<before>[^\d+\-.,]*)(?P<amount>[+-]?[\d.,][\d., '’_\s]*(?:-{1,2}|[–—])?)(?P<behind>[^\d]*)$")
_SIGNS = {
    **{"€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "₩": ("KRW",), "₹": ("INR",)},
    **{"₽": ("RUB",), "₺": ("TRY",), "₴": ("UAH",), "฿": ("THB",), "₫": ("VND",), "₪": ("ILS",), "₱": ("PHP",)},
    **{"ZŁ": ("PLN",), "KČ": ("CZK",), "FT": ("HUF",), "KR": ("SEK", "NOK", "DKK", "ISK"), "FR": ("CHF", "XOF", "XAF")},
    **{"$": DOLLARS, "US$": ("USD",), "A$": ("AUD",), "AU$": ("AUD",), "C$": ("CAD",), "CA$": ("CAD",)},
    **{"HK$": ("HKD",), "NZ$": ("NZD",), "S$": ("SGD",), "NT$": ("TWD",), "R$": ("BRL",), "MX$": ("MXN",)},
}


def apart(table: pl.DataFrame, assignments: list[Assignment]) -> tuple[pl.DataFrame, list[Assignment]]:
    """Return the table with bare amounts, and assignments by which the currencies of cells are theirs.

    A cell whose currency is another than its row names stays as it is: nobody knows which of the two is meant.
    """
    money = [one for one in assignments if one.target.quantity is Quantity.MONEY and one.column and not one.currency]
    for one in money:
        column = str(one.column)
        if column not in table.columns or not table[column].str.contains(_HAS_MORE).any():
            continue
        texts = table[column].filter(table[column].str.contains(_HAS_MORE).fill_null(False)).unique()
        read = {text: found for text in texts if (found := _read(text)) is not None}
        if read:
            own = _own_column(one, assignments, table)
            table, given = _split(table, column, read, own)
            if own is None:
                own = f"{column} currency"
                assignments = [replace(each, currency_column=own) if each is one else each for each in assignments]
            table = table.with_columns(given.alias(own))
    return table, assignments


def _own_column(money: Assignment, assignments: list[Assignment], table: pl.DataFrame) -> str | None:
    """Column in which rows name the currency of an amount."""
    if money.currency_column in table.columns:
        return money.currency_column
    named = (one for one in assignments if one.piece == money.piece and one.target.name == money.currency_field)
    return next((one.column for one in named if one.column in table.columns), None)


def _split(
    table: pl.DataFrame, column: str, read: dict[str, tuple[str, tuple[str, ...]]], own: str | None
) -> tuple[pl.DataFrame, pl.Series]:
    """Table with bare amounts in a column, and the currency of every row."""
    named = table[own].to_list() if own else [None] * table.height
    amounts, currencies = [], []
    for text, name in zip(table[column].to_list(), named, strict=True):
        amount, codes = read.get(text, (text, ()))
        code = currency_of(name) or name.strip().upper() if name and name.strip() else None
        if codes and code is None:
            currencies.append(codes[0] if len(codes) == 1 else NO_CURRENCY)
        else:
            amount = amount if code in codes else text
            currencies.append(name)
        amounts.append(amount)
    return table.with_columns(pl.Series(column, amounts, dtype=pl.String)), pl.Series(currencies, dtype=pl.String)


def _read(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Amount, and the currencies that what stands next to it may mean; None where it means none."""
    parts = _AMOUNT.match(text.strip())
    if parts is None:
        return None
    sides = [side for name in ("before", "behind") if (side := parts[name].strip(" \t\u00a0\u202f.:/"))]
    found = {_SIGNS.get(side.upper()) or ((code,) if (code := currency_of(side)) else ()) for side in sides}
    # Both may be given, as in "USD 24.90 $": what fits both is meant.
    fitting = tuple(code for code in next(iter(found), ()) if all(code in codes for codes in found))
    return (parts["amount"].strip(), fitting) if fitting else None
