"""Turn columns of text into columns of the record, remembering every cell that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind, Quantity
from features.parcel.problems import Doubt, MappingError, Rejection
from features.parcel.schema import LINE, PIECE_SCHEMA, TIME
from features.sources.columns.units import FACTOR

_TIME_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_NAIVE_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")

PARCEL = {field.name: field for field in PARCEL_FIELDS}
PIECE = {field.name: field for field in PIECE_FIELDS}
OUTCOME = {field.name: field for field in OUTCOME_FIELDS}
ROW = "row"
"""Column that says to which row of a table a piece belongs."""
MARK = r"^'([=@+\-'])"
"""Apostrophe that keeps a spreadsheet from running a text as a formula."""


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Which cells fill a field.

    Attributes
    ----------
    target:
        Field of the record to fill.
    piece:
        Number of the piece, counted from 1; 0 for a field of the parcel or outcome itself.
    column, constant:
        Header of the source column, or the text that every row gets. One of the two.
    unit:
        Unit of the source; see ``features.sources.columns.units``.
    unit_column:
        Column that holds the unit of each row; `unit` then stands for rows that give none.
    time_format, timezone:
        How dates are written (strptime) and the zone of those without one.
    currency:
        Currency of the money in the column, where the header or the mapping fixes it.
    currency_column:
        Column that holds the currency of each row; `currency` then stands for rows that give none.
    pad:
        Fill digits with zeros on the left up to this length.
    default:
        Text for rows in which the cell is empty.
    missing:
        Texts that mean "not given", in addition to the empty cell.
    values:
        Texts of the source and what they mean; a text that is not listed is rejected.
    """

    target: Field
    piece: int = 0
    column: str | None = None
    constant: str | None = None
    default: str | None = None
    missing: tuple[str, ...] = ()
    unit: str | None = None
    unit_column: str | None = None
    time_format: str | None = None
    timezone: str = "UTC"
    currency: str | None = None
    currency_column: str | None = None
    pad: int = 0
    values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Field as a rejection names it."""
        return f"piece_{self.piece}.{self.target.name}" if self.piece else self.target.name


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with ``line`` and the assigned columns; pieces as lists in ``pieces``."""

    rows: pl.DataFrame
    rejections: tuple[Rejection, ...]
    doubts: tuple[Doubt, ...] = ()


def assign(raw: pl.DataFrame, assignments: list[Assignment]) -> Table:
    """Fill the fields of `assignments` from `raw`, whose columns are all text and one is ``line``.

    A row with a cell that cannot be read is left out and answered with one rejection per such cell.
    """
    rejections: list[Rejection] = []
    flat: dict[str, pl.Series] = {LINE: raw[LINE]}
    pieces: dict[int, dict[str, pl.Series]] = {}
    currencies: list[tuple[dict[str, pl.Series], pl.Series]] = []
    for assignment in assignments:
        text = _text(raw, assignment)
        typed, reason, remedy = _typed(text, assignment)
        failed = raw[LINE].filter(text.is_not_null() & typed.is_null())
        rejections += [
            Rejection(line=line, field=assignment.name, code="unreadable", reason=reason, remedy=remedy)
            for line in failed.to_list()
        ]
        target = flat if assignment.piece == 0 else pieces.setdefault(assignment.piece, {})
        target[assignment.target.name] = typed.alias(assignment.target.name)
        if assignment.currency:
            name = "currency" if assignment.piece else f"{assignment.target.name.split('_')[0]}_currency"
            given = pl.Series([assignment.currency]).new_from_index(0, raw.height)
            currencies.append((target, given.set(typed.is_null(), None).alias(name)))
    for target, fixed in currencies:  # a currency in a column of its own goes before the one of the header
        target[fixed.name] = target[fixed.name].fill_null(fixed) if fixed.name in target else fixed
    rows = pl.DataFrame(flat)
    if pieces:
        rows = rows.with_columns(_assembled(pieces))
    bad = pl.Series(sorted({rejection.line for rejection in rejections}), dtype=pl.Int64)
    return Table(rows=rows.filter(~pl.col(LINE).is_in(bad.implode())), rejections=tuple(rejections))


def _text(raw: pl.DataFrame, assignment: Assignment) -> pl.Series:
    if assignment.column is None:
        return pl.Series([assignment.constant], dtype=pl.String).new_from_index(0, raw.height)
    if assignment.column not in raw.columns:
        raise MappingError(
            f"field {assignment.name}: the file has no column {assignment.column!r}. "
            f"It has: {', '.join(name for name in raw.columns if name != LINE)}."
        )
    text = raw[assignment.column].str.strip_chars()
    text = text.set(text.is_in(["", *assignment.missing]), None)
    if text.str.starts_with("'").any():
        text = text.str.replace(MARK, "$1")
    return text if assignment.default is None else text.fill_null(assignment.default)


def _typed(text: pl.Series, assignment: Assignment) -> tuple[pl.Series, str, str]:
    """Return the typed column, and reason and remedy for the cells that became null."""
    target = assignment.target
    if assignment.values:
        meant = text.replace_strict(assignment.values, default=None, return_dtype=pl.String)
        typed, _, _ = _typed(meant, replace(assignment, values={}))
        return typed, "the mapping does not say what this text means.", f"Known: {', '.join(assignment.values)}."
    if target.kind is Kind.TIME:
        return _time(text, assignment)
    if target.kind is Kind.SHARE:
        return text.cast(pl.Float64, strict=False), "this is not a number.", "Write a share as in 0.05."
    if target.kind is Kind.INTEGER:
        return _integer(text, assignment)
    padded = text.str.zfill(assignment.pad) if assignment.pad else text
    return padded, "", ""


def _integer(text: pl.Series, assignment: Assignment) -> tuple[pl.Series, str, str]:
    quantity = assignment.target.quantity or Quantity.COUNT
    factor = FACTOR[quantity][assignment.unit or next(iter(FACTOR[quantity]))]
    number = text.cast(pl.Float64, strict=False)
    usable = number.is_finite() & (number.abs() * factor < 2.0**53)
    typed = (number.set(~usable, None) * factor).round(0).cast(pl.Int64)
    unit = {"units": "whole units of the currency"}.get(assignment.unit or "", assignment.unit or quantity.value)
    return (
        typed,
        f"this is not a number; the column gives {unit} with a point for decimals, as in 1.5.",
        "Remove thousands separators and units from the cell; leave it empty when it is not known.",
    )


def _time(text: pl.Series, assignment: Assignment) -> tuple[pl.Series, str, str]:
    zone = assignment.timezone
    if assignment.time_format:
        parsed = _naive(text, assignment.time_format, zone)
        return parsed, f"this is not a time of the form {assignment.time_format}.", "Correct the cell or the mapping."
    aware = [pl.col("text").str.to_datetime(form, strict=False, time_unit="us").cast(TIME) for form in _TIME_FORMATS]
    naive = [pl.col("text").str.to_datetime(form, strict=False, time_unit="us") for form in _NAIVE_FORMATS]
    day = pl.col("text").str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    parsed = _first_that_reads(text, [*aware, *(_in_zone(local, zone) for local in (*naive, day))])
    return parsed, "this is not a time.", "Write ISO 8601, as in 2026-11-02T08:15:00Z or 2026-11-02."


def _first_that_reads(text: pl.Series, forms: list[pl.Expr]) -> pl.Series:
    """Try one form after the other, as long as a text is left that none has read; most files keep to one."""
    frame = text.alias("text").to_frame().with_columns(pl.lit(None, dtype=TIME).alias("time"))
    for form in forms:
        if frame["time"].null_count() == text.null_count():
            break
        frame = frame.with_columns(pl.coalesce("time", form).alias("time"))
    return frame["time"]


def _in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    aware = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def _naive(text: pl.Series, form: str, zone: str) -> pl.Series:
    if "%z" in form:
        return text.str.to_datetime(form, strict=False, time_unit="us").cast(TIME)
    has_time = any(mark in form for mark in ("%H", "%I", "%T", "%s"))
    local = (
        text.str.to_datetime(form, strict=False, time_unit="us")
        if has_time
        else text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    )
    return local.to_frame("t").select(_in_zone(pl.col("t"), zone)).to_series()


def _assembled(pieces: dict[int, dict[str, pl.Series]]) -> pl.Series:
    """One list of pieces per row; a piece of which nothing is given is not there."""
    frames = []
    for number in sorted(pieces):
        given = pl.DataFrame(list(pieces[number].values())).with_row_index(ROW)
        frames.append(given.filter(~pl.all_horizontal(pl.exclude(ROW).is_null())))
    n_rows = max(len(column) for columns in pieces.values() for column in columns.values())
    return in_lists(pl.concat(frames, how="diagonal").sort(ROW, maintain_order=True), n_rows)


def in_lists(pieces: pl.DataFrame, n_rows: int) -> pl.Series:
    """Gather pieces, ordered by the number of their row in the column ``ROW``, in one list per row."""
    full = pieces.select(
        ROW,
        pl.struct(
            pl.col(name).cast(dtype) if name in pieces.columns else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in PIECE_SCHEMA.to_schema().items()
        ).alias("pieces"),
    )
    lists = full.group_by(ROW, maintain_order=True).agg("pieces")
    every = pl.DataFrame({ROW: pl.int_range(n_rows, dtype=pl.UInt32, eager=True)})
    joined = every.join(lists, on=ROW, how="left", maintain_order="left")["pieces"]
    return joined.fill_null(pl.Series([[]], dtype=pl.List(PIECE_SCHEMA)))
