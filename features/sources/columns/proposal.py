"""Propose a mapping for a table whose columns are not all known, by the names of headers and the shape of values."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from features.sources.columns.cells import PARCEL, PIECE, Assignment
from features.sources.columns.headers import Recognised, quoted, shown

_SAMPLE_ROWS = 200
_SHAPES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("e-mail addresses", r"^[^\s@]+@[^\s@]+\.[^\s@]+$", ("sender_email", "recipient_email")),
    ("numbers of postal items", r"^[A-Z]{2}\d{9}[A-Z]{2}$", ("parcel_id",)),
    ("currencies", r"^(EUR|USD|GBP|CNY|JPY|CHF|SEK|NOK|DKK|PLN|CZK|HUF|CAD|AUD|INR|TRY|HKD|KRW)$", ("currency",)),
    ("two-letter codes of countries", r"^[A-Z]{2}$", ("sender_country", "recipient_country", "origin_country")),
    ("days or times", r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}", ("posted_at", "lodged_at", "due_at")),
    ("telephone numbers", r"^(\+|00)[\d ()/-]{7,20}$", ("sender_phone", "recipient_phone")),
    ("codes of goods", r"^\d{4}[. ]?\d{2}([. ]?\d{2}){0,2}$", ("hs_code",)),
    ("long numbers", r"^[A-Z0-9-]{9,35}$", ("parcel_id", "house_bill", "order_reference")),
    ("numbers", r"^[+-]?[\d.,]+$", ("gross_weight_g", "value_cents", "quantity")),
    ("words", r"\p{L}{3}", ("description", "sender_name", "sender_street", "recipient_name", "recipient_street")),
)
"""What values look like, and the fields that look so."""

_FIELDS = {"parcel": PARCEL, "piece": PIECE}


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column of a table would become.

    Attributes
    ----------
    field:
        Field that it fills, as a rejection names it; none when that must be decided or nothing fits.
    lines:
        Line of a mapping, or the alternatives of which one must be chosen.
    says:
        What must be decided, or by what the column was recognised.
    """

    header: str
    field: str | None
    table: str
    lines: tuple[str, ...]
    says: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A mapping with what must be decided."""

    columns: tuple[Column, ...]
    head: tuple[str, ...] = ()

    @property
    def undecided(self) -> tuple[Column, ...]:
        """Columns about which a person must decide."""
        return tuple(column for column in self.columns if column.field is None and column.lines)

    def toml(self) -> str:
        """Text of the mapping; what must be decided is given as comments."""
        tables = dict.fromkeys(["parcel", *sorted({one.table for one in self.columns if one.lines})])
        parts = ["\n".join(self.head)] if self.head else []
        for table in tables:
            written = [line for one in self.columns if one.table == table and one.lines for line in _written(one)]
            if written or table == "parcel":
                parts.append("\n".join([f"[{table}]", *written]))
        return "\n\n".join(parts) + "\n"


def _written(column: Column) -> list[str]:
    if column.field is not None:
        return list(column.lines)
    return [f"# decide: {column.says}", *(f"# {line}" for line in column.lines)]


def propose(
    table: pl.DataFrame,
    recognised: Recognised,
    *,
    kind: str,
    hidden: re.Pattern[str] | None = None,
    key: str = "column",
) -> Proposal:
    """Propose a mapping for a table of texts.

    Parameters
    ----------
    kind:
        Format as a mapping names it.
    hidden:
        Headers that match are left out, because they may be values of a file without headers.
    key:
        What a mapping of this format calls a column.
    """
    columns = [
        *(_known(one, key) for one in recognised.assignments),
        *(
            Column(
                header=one.header,
                field=None,
                table="piece" if one.targets[0] in PIECE else "parcel",
                lines=tuple(line.replace("{ column =", f"{{ {key} =") for line in one.choices),
                says=one.says,
            )
            for one in recognised.questions
        ),
        *(
            _by_shape(name, table[name], key)
            for name in recognised.unknown
            if hidden is None or not hidden.search(name)
        ),
    ]
    order = {name: index for index, name in enumerate(table.columns)}
    columns += [_spare(name) for name in recognised.spare]
    columns.sort(key=lambda one: order.get(one.header, 0))
    return Proposal(columns=tuple(columns), head=(f'format = "{kind}"',))


def _known(one: Assignment, key: str) -> Column:
    table = {0: "parcel", 1: "piece"}.get(one.piece, f"piece_{one.piece}")
    return Column(
        header=str(one.column),
        field=one.name,
        table=table,
        lines=(line_of(one, key),),
        says="by the name of the column",
    )


def line_of(one: Assignment, key: str = "column") -> str:
    """Line of a mapping that makes an assignment."""
    options = {
        "unit": one.unit,
        f"unit_{key}": one.unit_column,
        "currency": one.currency,
        f"currency_{key}": one.currency_column,
        "format": one.time_format,
    }
    given = "".join(f", {name} = {quoted(value)}" for name, value in options.items() if value)
    return f"{one.target.name} = {{ {key} = {quoted(str(one.column))}{given} }}"


def _spare(header: str) -> Column:
    return Column(header=header, field=None, table="parcel", lines=(), says="not used: a better column fills the field")


def _by_shape(header: str, values: pl.Series, key: str) -> Column:
    sample = values.drop_nulls().str.strip_chars().head(_SAMPLE_ROWS)
    sample = sample.filter(sample != "")
    for says, shape, fields in _SHAPES:
        if sample.len() and sample.str.contains(shape).all():
            table = "piece" if fields[0] in PIECE else "parcel"
            mine = [name for name in fields if name in _FIELDS[table]]
            return Column(
                header=header,
                field=None,
                table=table,
                lines=tuple(f"{name} = {{ {key} = {quoted(header)} }}" for name in mine),
                says=f"column {shown(header)!r} holds {says}.",
            )
    return Column(header=header, field=None, table="parcel", lines=(), says="not used")
