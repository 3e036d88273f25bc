"""Numbers as people and spreadsheets write them: decimal commas, thousands separators, units and currencies in cells.

A number whose separator can mean only one thing is read by itself: ``24,90``, ``0,850``, ``1.024,00``. One that can be
read in two ways, such as ``1,800``, is read by the other numbers of its column, and dropped with a doubt where these
do not decide.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from features.parcel.fields import Kind, Quantity
from features.parcel.problems import Doubt
from features.parcel.schema import LINE
from features.sources.columns.cells import Assignment
from features.sources.columns.typed import CHANGED, OWN_UNIT
from features.sources.columns.units import DOLLARS, FACTOR, unit_factor

_PLAIN = r"^[+-]?[0-9]+(?:\.(?:[0-9]{1,2}|[0-9]{4,}))?$"
_CORE = re.compile(r"^(?P<before>[^\d+\-.,]*)(?P<number>[+-]?(?:\d(?:[\d., '’_]*\d)?|[.,]\d+))(?P<behind>[^\d]*)$")
_BLANKS = re.compile(r"(?<=\d)[\s'’_](?=\d{3}(?:\D|$))")
_ABOUT = re.compile(r"^(?:~|≈|ca\.?|c\.|approx\.?|about|circa|约|ok\.)\s*(?=\d)", re.IGNORECASE)
_NO_CENTS = re.compile(r"(?<=\d)[.,](?:-{1,2}|[–—])(?=\s*\D*$)")
"""A dash in place of cents that are none, as in 24,-"""
_MARKS_OF_OTHERS = str.maketrans({"٫": ".", "٬": ",", "·": "."})
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3})+|(?:,\d{3})+|(?:,\d{2})*,\d{3})")
_WORDS_FOR_PIECES = (
    "pc pcs pce pces piece pieces pz pza pzas pezzi stk stck stück st ea each x unit units un szt sztuk шт штук "
    "个 件 只 個 개 pièce pièces pc(s) nos item items"
)
_PIECES = frozenset(_WORDS_FOR_PIECES.split())
_SIGNS = {"€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "₩": ("KRW",), "zł": ("PLN",)}
_FINE = ("g", "mm")
"""Units of which three decimals are no measure of a parcel: they may as well be thousands."""
AMBIGUOUS = "ambiguous_number"


@dataclass(frozen=True, kw_only=True)
class _Number:
    """A cell taken apart: its number, what the decimal mark of it can be, and what its unit makes of it."""

    text: str
    marks: frozenset[str]
    factor: float = 1.0

    def plain(self, mark: str) -> str:
        """The number with a point for decimals, when `mark` is the decimal mark."""
        text = self.text.replace("," if mark == "." else ".", "").replace(mark, ".")
        return text if self.factor == 1.0 else repr(float(text) * self.factor)


BOTH = frozenset(".,")


class Decimals:
    """What the numbers of a table's columns have shown so far.

    Parameters
    ----------
    stated:
        Decimal mark that a mapping names; then nothing is deduced.
    is_point_usual:
        True when a point for decimals is what the format means where no number of the file says otherwise.
    """

    def __init__(self, *, stated: str | None = None, is_point_usual: bool = True) -> None:
        """Begin with nothing seen."""
        self.has_commas = False
        self._stated = stated
        self._is_point_usual = is_point_usual
        self._shown: dict[str, set[str]] = {}
        self._fine: set[str] = set()

    def normalised(self, table: pl.DataFrame, assignments: list[Assignment]) -> tuple[pl.DataFrame, list[Doubt]]:
        """Return the table with a point for decimals in every column of numbers, and what was dropped."""
        columns = {str(one.column): one for one in assignments if one.target.kind is Kind.INTEGER and one.column}
        columns = {name: one for name, one in columns.items() if name in table.columns}
        taken = {name: self._taken_apart(text, columns[name]) for name, text in self._unusual(table, columns).items()}
        doubts: list[Doubt] = []
        for name, numbers in taken.items():
            if numbers:
                texts = {text: self._plain(name, number) for text, number in numbers.items()}
                two_ways = [text for text, plain in texts.items() if plain is None]
                converted = [text for text in texts if text not in two_ways and numbers[text].factor != 1.0]
                doubts += _doubts(table, columns[name], two_ways, AMBIGUOUS, _TWO_WAYS)
                doubts += _doubts(table, columns[name], converted, CHANGED, OWN_UNIT)
                column = table[name].str.strip_chars()
                table = table.with_columns(column.replace(list(texts), list(texts.values())).alias(name))
        return table, doubts

    def _unusual(self, table: pl.DataFrame, columns: dict[str, Assignment]) -> dict[str, pl.Series]:
        """Texts of each column that are no plain numbers; what the others show of the decimal mark is remembered."""
        if not columns:
            return {}
        text = pl.col(columns).str.strip_chars()
        is_plain = text.str.contains(_PLAIN)
        points = table.select((is_plain & text.str.contains(".", literal=True)).any()).row(0)
        others = table.select((~is_plain & (text != "")).any()).row(0)
        found: dict[str, pl.Series] = {}
        for (name, one), has_point, has_others in zip(columns.items(), points, others, strict=True):
            shown = self._shown.setdefault(name, set())
            if has_point:
                shown.add(".")
            if one.unit in _FINE:
                self._fine.add(name)
            if has_others:
                cells = table[name].str.strip_chars()
                found[name] = cells.filter(~cells.str.contains(_PLAIN) & (cells != "")).unique(maintain_order=True)
        return found

    def _taken_apart(self, unusual: pl.Series, assignment: Assignment) -> dict[str, _Number]:
        """Numbers of a column that are not plain, by text; what they show of the decimal mark is remembered."""
        shown = self._shown[str(assignment.column)]
        numbers = {cell: number for cell in unusual if (number := _number(cell, assignment)) is not None}
        shown |= {mark for number in numbers.values() if len(number.marks) == 1 for mark in number.marks & BOTH}
        self.has_commas |= self._stated is None and any(
            number.marks == {","} and "," in number.text for number in numbers.values()
        )
        return numbers

    def _plain(self, column: str, number: _Number) -> str | None:
        if self._stated is not None:
            return number.plain(self._stated)
        if len(number.marks) == 1:
            return number.plain(next(iter(number.marks)))
        shown = self._shown[column]
        if not number.marks & BOTH or len(shown) == 1:
            return number.plain(next(iter(shown), "."))
        everywhere = set().union(*self._shown.values())
        if column in self._fine:  # nobody weighs thousandths of a gram
            return None
        is_decimal = "." in number.text and not shown and "," not in everywhere
        return number.plain(".") if is_decimal and (self._is_point_usual or "." in everywhere) else None


def with_points(table: pl.DataFrame, assignments: list[Assignment]) -> pl.DataFrame:
    """Return a table of a message, whose decimal mark is a point, with a point in numbers where a comma must be one."""
    for one in assignments:
        if one.target.kind is not Kind.INTEGER or one.column not in table.columns:
            continue
        column = table[one.column].str.strip_chars()
        has_comma = column.str.contains(",", literal=True).fill_null(False)
        if has_comma.any():
            texts = column.filter(has_comma).unique().to_list()
            table = table.with_columns(column.replace(texts, [_with_point(text) for text in texts]).alias(one.column))
    return table


def _with_point(text: str) -> str:
    core = _CORE.match(text)
    marks = _marks(core["number"].replace(" ", "")) if core else None
    if core is None or marks is None or len(marks & BOTH) != 1:
        return text
    number = _Number(text=core["number"].replace(" ", ""), marks=marks).plain(next(iter(marks)))
    return f"{core['before']}{number}{core['behind']}"


def _in_ascii(cell: str) -> str:
    """Digits, marks and blanks of other scripts as ASCII has them."""
    if cell.isascii():
        return cell.strip()
    plain = unicodedata.normalize("NFKC", cell).translate(_MARKS_OF_OTHERS)
    return "".join(str(unicodedata.decimal(one, one)) for one in plain).strip()


def _number(cell: str, assignment: Assignment) -> _Number | None:
    """Take a cell apart; None when it is no number, or has a unit that does not fit."""
    core = _CORE.match(_BLANKS.sub("", _NO_CENTS.sub("", _ABOUT.sub("", _in_ascii(cell)))))
    if core is None:
        return None
    factor = _factor((core["before"] + core["behind"]).strip(), assignment)
    text = core["number"].replace(" ", "")
    marks = _marks(text)
    return None if factor is None or marks is None else _Number(text=text, marks=marks, factor=factor)


def _marks(text: str) -> frozenset[str] | None:
    """What the decimal mark can be: one of the two, either, or nothing that is a number."""
    points, commas = text.count("."), text.count(",")
    if points and commas:
        last = max(".,", key=text.rfind)
        whole = text[: text.rfind(last)]
        is_sound = text.count(last) == 1 and _GROUPED.fullmatch(whole)
        return frozenset(last) if is_sound else None
    if points + commas == 0:
        return frozenset("+")
    used, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return frozenset(other) if _GROUPED.fullmatch(text) else None
    whole, _, decimals = text.lstrip("+-").partition(used)
    could_group = len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return BOTH if could_group else frozenset(used)


def _factor(rest: str, assignment: Assignment) -> float | None:
    """What the unit or currency in a cell makes of its number; None when it does not fit the column."""
    quantity = assignment.target.quantity
    if not rest:
        return 1.0
    if quantity is Quantity.MONEY:
        code = rest.strip(". ").upper()
        fitting = _SIGNS.get(rest, DOLLARS if code.endswith("$") else (code,))
        return 1.0 if assignment.currency in fitting else None
    if quantity in (None, Quantity.COUNT):
        return 1.0 if rest.strip(". ").lower() in _PIECES else None
    of_cell = unit_factor(rest, quantity)
    of_column = FACTOR[quantity][assignment.unit or next(iter(FACTOR[quantity]))]
    return None if of_cell is None or assignment.unit_column else of_cell / of_column


def _doubts(
    table: pl.DataFrame, assignment: Assignment, texts: list[str], code: str, says: tuple[str, str]
) -> list[Doubt]:
    if not texts:
        return []
    column = table[str(assignment.column)].str.strip_chars()
    reason, remedy = says
    lines = table[LINE].filter(column.is_in(texts))
    return [Doubt(line=line, field=assignment.name, code=code, reason=reason, remedy=remedy) for line in lines]


_TWO_WAYS = (
    "the separator in the number may stand for decimals or for thousands; the number was not used.",
    "Write a point for decimals and no thousands, as in 1800 or 1.8, or state decimal in a mapping.",
)
