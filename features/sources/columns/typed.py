"""Read the cells of one column as what its field holds, and say of every cell why it could not be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from features.parcel.field import Field, Kind, Quantity
from features.parcel.money import hundredths_of_minor
from features.parcel.placeholders import PLACEHOLDERS
from features.parcel.problems import MappingError
from features.parcel.schema import LINE
from features.parcel.spellings import category_named
from features.sources.columns.assignment import TOGETHER, Assignment
from features.sources.columns.dates import COUNTED, is_of_digits
from features.sources.columns.export import MARKED
from features.sources.columns.times import lack_zone, read_spelled
from features.sources.columns.units import FACTOR, MINOR, unit_factor

UNREADABLE, CHANGED, ZONE_ASSUMED = "unreadable", "value_changed", "zone_assumed"
_NUMBER_AND_UNIT = r"^([+-]?[0-9]+(?:\.[0-9]+)?)\s*([^0-9\s.,+-]\D*)$"
OWN_UNIT = (
    "the cell gives a unit of its own; the value is read in it.",
    "Give the number alone, in the unit of the column.",
)
_NO_ZONE = "the time is without its zone; it is read as UTC."
_COUNTED = "the time is a count of days, seconds or milliseconds; it is read as a spreadsheet or a program counts."
_TWO_WAYS = "the day and the month of the date cannot be distinguished."
_EMPTY = "Leave the cell empty when it is not known."


class Fault(NamedTuple):
    """Why a cell is not used as it is."""

    line: int
    code: str
    reason: str
    remedy: str

    @property
    def loses_the_value(self) -> bool:
        """Whether nothing of the cell is used."""
        return self.code not in (CHANGED, ZONE_ASSUMED)


class Cells(NamedTuple):
    """Typed values of a column, null where a cell gives none, and what is wrong with cells."""

    values: pl.Series
    faults: list[Fault]


def tidied(raw: pl.DataFrame, *, has_marks: bool = True) -> pl.DataFrame:
    """Texts without blanks around them and, of a table, without the marks of spreadsheets; empty ones are null."""
    names = [name for name, dtype in raw.schema.items() if name != LINE and dtype == pl.String]
    bare = pl.col(names).str.strip_chars()
    raw = raw.with_columns(pl.when(bare != "").then(bare))
    marked = raw.select(pl.col(names).str.starts_with("'").any()).row(0) if names and has_marks else ()
    if not any(marked):
        return raw
    return raw.with_columns(
        pl.col(name).str.replace(MARKED, "$1") for name, is_marked in zip(names, marked, strict=True) if is_marked
    )


def read_cells(raw: pl.DataFrame, assignment: Assignment, others: Iterable[Assignment]) -> Cells:
    """Values of the field of `assignment`, from a table that is `tidied`.

    A currency may be in the column of one of the `others`.
    """
    text = texts_of(raw, assignment)
    if not assignment.values:
        return _typed(raw, text, assignment, others)
    meant = text.replace_strict(_meanings(text, assignment), default=None, return_dtype=pl.String)
    values, faults = _typed(raw, meant, assignment, others)
    remedy = f"Known: {', '.join(assignment.values)}."
    untold = _unread(raw[LINE], text, values, "the mapping does not say what this text means.", remedy)
    return Cells(values, [*(fault for fault in faults if not fault.loses_the_value), *untold])


def _meanings(text: pl.Series, assignment: Assignment) -> dict[str, str]:
    """Codes of a format and what they mean, and the words that say the same."""
    known, choices = assignment.values, assignment.target.choices
    words = [one for one in text.drop_nulls().unique() if one not in known and not one.isdigit()]
    named = {one: _choice_named(one, assignment.target) for one in words} if choices else {}
    return known | {one: meant for one, meant in named.items() if meant is not None}


def _choice_named(word: str, target: Field) -> str | None:
    if word.casefold() in target.choices:
        return word.casefold()
    return category_named(word) if target.name == "category" and len(word) > 2 else None


def _typed(raw: pl.DataFrame, text: pl.Series, assignment: Assignment, others: Iterable[Assignment]) -> Cells:
    kind = assignment.target.kind
    if kind is Kind.TIME:
        return _times(raw[LINE], text, assignment)
    if kind is Kind.INTEGER:
        return _integers(raw, text, assignment, others)
    if kind is Kind.SHARE:
        values = text.cast(pl.Float64, strict=False)
        faults = _unread(raw[LINE], text, values, "this is not a number.", "Write a share as in 0.05.")
        return Cells(values, faults)
    return Cells(text.str.zfill(assignment.pad) if assignment.pad else text, [])


def texts_of(raw: pl.DataFrame, assignment: Assignment) -> pl.Series:
    """Texts of the column of an assignment without what stands for no value, and its constant or default."""
    if assignment.column is None:
        return pl.Series([assignment.constant], dtype=pl.String).new_from_index(0, raw.height)
    text = _column(raw, assignment.column, assignment.name)
    if assignment.missing:
        text = text.set(text.is_in(assignment.missing), None)
    return text if assignment.default is None else text.fill_null(assignment.default)


def currencies_of(raw: pl.DataFrame, assignment: Assignment) -> pl.Series:
    """Currency of each amount, from the column of its own or as the assignment states it for all."""
    fixed = pl.Series([assignment.currency], dtype=pl.String).new_from_index(0, raw.height)
    if assignment.currency_column is None:
        return fixed
    return _column(raw, assignment.currency_column, assignment.name).fill_null(fixed)


def _column(raw: pl.DataFrame, name: str, field: str) -> pl.Series:
    if name not in raw.columns and TOGETHER in name:
        parts = [_column(raw, part, field) for part in name.split(TOGETHER)]
        return raw.select(pl.concat_str(parts, separator=" ", ignore_nulls=True).replace("", None)).to_series()
    if name not in raw.columns:
        raise MappingError(
            f"field {field}: the file has no column {name!r}. "
            f"It has: {', '.join(one for one in raw.columns if one != LINE)}."
        )
    return raw[name]


def _unread(lines: pl.Series, text: pl.Series, values: pl.Series, reason: str, remedy: str) -> list[Fault]:
    """Faults of cells that hold something and give no value; what stands for no value has a code of its own."""
    failed = text.is_not_null() & values.is_null()
    if not failed.any():
        return []
    return [
        Fault(line, "placeholder", "the text stands for no value.", _EMPTY)
        if given in PLACEHOLDERS
        else Fault(line, UNREADABLE, reason, remedy)
        for line, given in zip(lines.filter(failed).to_list(), text.filter(failed).to_list(), strict=True)
    ]


def _times(lines: pl.Series, text: pl.Series, assignment: Assignment) -> Cells:
    values, spelled = read_spelled(text, assignment.time_format, assignment.timezone or "UTC")
    is_count = text.str.contains(COUNTED).fill_null(False)
    if not assignment.counts_time:
        values = values.set(is_count, None)
    form = f" of the form {assignment.time_format}" if assignment.time_format else ""
    remedy = "Correct the cell or the mapping." if form else "Write ISO 8601, as in 2026-11-02T08:15:00Z or 2026-11-02."
    faults = _unread(lines, text, values, f"this is not a time{form}.", remedy)
    if faults and not form:
        given = dict(zip(lines, text, strict=True))
        faults = [one._replace(reason=_TWO_WAYS) if is_of_digits(given[one.line]) else one for one in faults]
    if assignment.timezone is None:
        assumed = values.is_not_null() & lack_zone(spelled, assignment.time_format)
        remedy = "Write the zone, as in 2026-11-02T08:15:00Z."
        faults += [Fault(line, ZONE_ASSUMED, _NO_ZONE, remedy) for line in lines.filter(assumed)]
    if not form:
        counted = lines.filter(values.is_not_null() & is_count)
        faults += [Fault(line, CHANGED, _COUNTED, remedy) for line in counted]
    return Cells(values, faults)


def _integers(raw: pl.DataFrame, text: pl.Series, assignment: Assignment, others: Iterable[Assignment]) -> Cells:
    quantity = assignment.target.quantity or Quantity.COUNT
    unit = assignment.unit or next(iter(FACTOR[quantity]))
    number = text.cast(pl.Float64, strict=False)
    factor: float | pl.Series = FACTOR[quantity][unit]
    faults: list[Fault] = []
    if assignment.unit_column is not None:
        factor, faults = _factors(raw, number, assignment, quantity)
    elif unit == MINOR:
        factor = _factors_of_minor(raw, assignment, others)
    values = _whole(number, factor)
    if quantity in (Quantity.MASS, Quantity.LENGTH) and number.null_count() > text.null_count():
        values, read = _with_their_unit(raw[LINE], text, values, quantity)
        faults += read
    return Cells(values, faults + _not_numbers(raw[LINE], text, values, unit or quantity.value, faults))


def _not_numbers(
    lines: pl.Series, text: pl.Series, values: pl.Series, unit: str, faults: Iterable[Fault]
) -> list[Fault]:
    known = {fault.line for fault in faults}
    written = {"units": "whole units of the currency", MINOR: "minor units of the currency"}.get(unit, unit)
    reason = f"this is not a number; the column gives {written} with a point for decimals, as in 1.5."
    remedy = "Remove thousands separators and units from the cell; leave it empty when it is not known."
    return [fault for fault in _unread(lines, text, values, reason, remedy) if fault.line not in known]


def _whole(number: pl.Series, factor: float | pl.Series) -> pl.Series:
    scaled = number * factor
    return scaled.set((~scaled.is_finite() | (scaled.abs() >= 2.0**53)).fill_null(True), None).round(0).cast(pl.Int64)


def _factors(
    raw: pl.DataFrame, number: pl.Series, assignment: Assignment, quantity: Quantity
) -> tuple[pl.Series, list[Fault]]:
    """Factor of each row by the unit that it gives, and faults of rows that give a number without a known one."""
    units = _column(raw, assignment.unit_column or "", assignment.name)
    known = {text: unit_factor(text, quantity) for text in units.drop_nulls().unique()}
    factors = pl.Series([known.get(text) for text in units.to_list()], dtype=pl.Float64)
    if assignment.unit is not None:
        factors = factors.set(units.is_null(), FACTOR[quantity][assignment.unit])
    remedy = "Give the unit as a code of UN/ECE Recommendation 20, as in KGM, GRM, LBR or ONZ."
    without = zip(raw[LINE], units, number.is_not_null() & factors.is_null(), strict=True)
    return factors, [
        Fault(line, "unit_missing", "the value has no unit.", remedy)
        if unit is None
        else Fault(line, "unit_unknown", "the unit of the value is not known.", remedy)
        for line, unit, is_wrong in without
        if is_wrong
    ]


def _factors_of_minor(raw: pl.DataFrame, assignment: Assignment, others: Iterable[Assignment]) -> pl.Series:
    given = currencies_of(raw, assignment)
    for other in others:
        if other.piece == assignment.piece and other.target.name == assignment.currency_field:
            given = texts_of(raw, other).fill_null(given)
    factors = {text: hundredths_of_minor(text.upper()) for text in given.drop_nulls().unique()}
    return pl.Series([factors.get(text, 1.0) for text in given.to_list()], dtype=pl.Float64)


def _with_their_unit(
    lines: pl.Series, text: pl.Series, values: pl.Series, quantity: Quantity
) -> tuple[pl.Series, list[Fault]]:
    """Values of cells that are no number but one with its unit, such as 0.5 kg; the unit of the cell counts."""
    parts = text.str.extract_groups(_NUMBER_AND_UNIT).struct.unnest()
    read, faults = values.to_list(), []
    for index, (number, unit) in enumerate(parts.iter_rows()):
        factor = None if number is None or read[index] is not None else unit_factor(unit, quantity)
        if factor is not None and abs(float(number) * factor) < 2.0**53:
            read[index] = round(float(number) * factor)
            faults.append(Fault(lines[index], CHANGED, *OWN_UNIT))
    return pl.Series(read, dtype=pl.Int64), faults
