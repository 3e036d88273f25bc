"""Propose a mapping for a table whose columns are not all known, by the names of headers and the shape of values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl

from features.sources.columns.cells import PIECE, Assignment
from features.sources.columns.headers import quoted
from features.sources.columns.recognised import Recognised, shown
from features.sources.columns.shapes import BY_SHAPE, Column, Of, by_shape

_NEEDED = {
    "parcel_id": "no column fills parcel_id; a parcel without its number is refused.",
    "sender_": "no column fills anything of the sender.",
    "recipient_": "no column fills anything of the recipient.",
    "description": "no column fills description; the contents are not read.",
}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A mapping with what must be decided."""

    columns: tuple[Column, ...]
    head: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What no column fills and none can be decided to fill, though a parcel needs it, each as a sentence."""
        offered = {line.partition(" = ")[0] for one in self.columns for line in (*one.lines, *one.in_pieces)}
        return tuple(says for starts, says in _NEEDED.items() if not any(name.startswith(starts) for name in offered))

    @property
    def undecided(self) -> tuple[Column, ...]:
        """Columns about which a person must decide."""
        return tuple(column for column in self.columns if column.field is None and column.lines)

    def toml(self) -> str:
        """Text of the mapping; what must be decided is given as comments."""
        given = {one.table for one in self.columns if one.lines} | {"piece" for one in self.columns if one.in_pieces}
        tables = dict.fromkeys(["parcel", *sorted(given)])
        parts = ["\n".join([*self.head, *(f"# missing: {says}" for says in self.missing)])]
        for table in tables:
            written = [line for one in self.columns for line in _written(one, table)]
            if written or table == "parcel":
                parts.append("\n".join([f"[{table}]", *written]))
        return "\n\n".join(parts) + "\n"


def _written(column: Column, table: str) -> list[str]:
    """What a table of the mapping says of a column."""
    lines = column.lines if column.table == table else column.in_pieces if table == "piece" else ()
    if not lines or column.field is not None:
        return list(lines)
    return [f"# decide: {column.says}", *(f"# {line}" for line in lines)]


def propose(
    table: pl.DataFrame,
    recognised: Recognised,
    *,
    kind: str,
    hidden: re.Pattern[str] | None = None,
    key: str = "column",
    of: Of = Of.BOTH,
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
    of:
        What the rows of the table are.
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
            by_shape(name, table[name], key, of)
            for name in recognised.unknown
            if hidden is None or not hidden.search(name)
        ),
    ]
    columns = _once(columns)
    order = {name: index for index, name in enumerate(table.columns)}
    columns += [_spare(name) for name in recognised.spare]
    columns.sort(key=lambda one: order.get(one.header, 0))
    return Proposal(columns=tuple(columns), head=(f'format = "{kind}"',))


def _once(columns: list[Column]) -> list[Column]:
    """Columns of which no two fill one field: what was recognised by its values alone is left to a person then."""
    times = Counter(one.field for one in columns)
    return [
        replace(one, field=None, says=f"column {shown(one.header)!r} may fill {one.field} as well.")
        if one.field is not None and times[one.field] > 1 and one.says == BY_SHAPE
        else one
        for one in columns
    ]


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
