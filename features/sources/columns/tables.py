"""Fill the record from the batches of a table of texts: what its columns mean is settled once, at the first batch."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from features.parcel.fields import Kind
from features.parcel.problems import Doubt, Rejection, Undecided
from features.parcel.schema import LINE
from features.sources.adapter import Batch
from features.sources.columns import cell_currencies, cell_units
from features.sources.columns.cells import Assignment, assign
from features.sources.columns.decimals import Decimals
from features.sources.columns.headers import recognise_headers
from features.sources.columns.proposal import propose
from features.sources.columns.recognised import Recognised
from features.sources.columns.table_rows import TableRows
from features.sources.item import RawBatch

_FORMULA_TEXT = r'^="(.*)"$'
_EXPONENT = r"^\d+(?:[.,]\d+)?[eE]\+\d{1,3}$|^\d+[.,]\d+[eE]\d{1,3}$"
_NUMBERS = re.compile(r"parcel_id|.*_(?:bill|id|account|reference|phone|po_box|postcode)")
"""Fields that hold numbers of things, of which a spreadsheet destroys the long ones."""
_IDENTIFYING = ("name", "street", "po_box", "phone", "email", "tax_id", "account")
_PERSONAL_SHAPE = re.compile(r"@|\d{5}")


class ParcelTable:
    """Fills the record from a table without a mapping, by its headers."""

    def __init__(self, kind: str, currencies: frozenset[str] = frozenset()) -> None:
        """Prepare to read a file; `kind` is its format as a mapping names it, `currencies` are the office's own."""
        self._currencies = currencies
        self._kind = kind
        self._recognised: Recognised | None = None
        self._decimals = Decimals()
        self._rows = TableRows()

    def batch(self, raw: RawBatch) -> Batch:
        """Fill the record from a batch.

        Raises
        ------
        Undecided
            When no column holds the identifier, or what a column means must be asked.
        """
        if self._recognised is None:
            recognised = recognise_headers(raw.table.columns, self._currencies)
            self._recognised = settled(raw, cell_units.answered(recognised, raw.table), kind=self._kind)
            self._decimals = Decimals(is_point_usual=raw.delimiter != ";")
        for column, others in self._recognised.instead.items():
            given = [pl.col(name).replace("", None) for name in (column, *others) if name in raw.table.columns]
            if column in raw.table.columns and len(given) > 1:
                raw = replace(raw, table=raw.table.with_columns(pl.coalesce(given).alias(column)))
        return filled(raw, self._recognised.assignments, self._decimals, self._rows, ignored=self._recognised.ignored)


def filled(
    raw: RawBatch, assignments: list[Assignment], decimals: Decimals, rows: TableRows, ignored: tuple[str, ...] = ()
) -> Batch:
    """Fill the record from a batch whose columns are settled."""
    table, no_parcels, continued = rows.sorted_out(raw.table, assignments)
    table, refused, spoiled = _without_damage(table, assignments)
    table, assignments = cell_currencies.apart(cell_units.apart(table, assignments), assignments)
    table, dropped = decimals.normalised(table, assignments)
    assigned = assign(table, assignments)
    notes = ("Commas were read as decimal marks.",) if decimals.has_commas else ()
    bad = pl.Series([one.line for one in refused], dtype=pl.Int64)
    return Batch(
        rows=assigned.rows.filter(~pl.col(LINE).is_in(bad.implode())),
        rejections=(*raw.rejections, *no_parcels, *refused, *assigned.rejections),
        doubts=(*continued, *spoiled, *dropped, *assigned.doubts),
        n_rows=raw.n_rows,
        ignored=ignored,
        original=raw.original,
        notes=(*raw.notes, *notes),
    )


def settled(raw: RawBatch, recognised: Recognised, *, kind: str, ready: frozenset[str] = frozenset()) -> Recognised:
    """Return what the headers mean, when nothing about them must be asked; `ready` are fields that are filled anyway.

    Raises
    ------
    Undecided
        When no column holds the identifier, a column may mean several things, or a party or the contents are filled
        by no column while some column that nobody knows may hold them.
    """
    given = {one.name for one in recognised.assignments} | ready
    asked = open_questions(recognised, raw.table, given)
    n_columns = len(raw.table.columns) - 1 + len(ready)
    if "parcel_id" not in given:
        asked = [
            "no column holds parcel_id, so these are not parcels. Name the column parcel_id, or give a column mapping "
            f"with --mapping. The header has {n_columns:,} columns; cells are separated by one of , ; tab |."
        ]
    if not asked:
        return recognised
    proposal = propose(raw.table, recognised, kind=kind, hidden=_PERSONAL_SHAPE).toml()
    raise Undecided(f"{' '.join(asked)} Decide it in a column mapping; `parcel-risk map FILE` writes one.", proposal)


def open_questions(recognised: Recognised, table: pl.DataFrame, given: set[str]) -> list[str]:
    """What must be asked about names, where `given` are filled: what is ambiguous, and what a parcel lacks."""
    asked = [question.says for question in recognised.questions]
    missing = [says for says, fields in _parts() if not given & fields]
    unknown = [name for name in recognised.unknown if _holds_text(table[name])] if missing else []
    if unknown:
        asked.append(f"no column is known to hold {' or '.join(missing)}, and {len(unknown):,} columns are not known.")
    return asked


def _parts() -> tuple[tuple[str, frozenset[str]], ...]:
    """What a parcel must not be screened without in silence, and the fields of which one is enough."""
    sender, recipient = (frozenset(f"{role}_{part}" for part in _IDENTIFYING) for role in ("sender", "recipient"))
    contents = frozenset(("pieces", "piece_1.description", "piece_1.hs_code"))
    return ("the sender", sender), ("the recipient", recipient), ("the contents", contents)


def _holds_text(column: pl.Series) -> bool:
    """Whether a column may hold names, addresses or contents: words, and not the same few over and over."""
    words = column.filter(column.str.contains(r"\p{L}{3}"))
    return words.len() > 0 and words.n_unique() >= 0.2 * column.len()


def _without_damage(
    table: pl.DataFrame, assignments: list[Assignment]
) -> tuple[pl.DataFrame, list[Rejection], list[Doubt]]:
    """Texts without the formula that kept a spreadsheet off them, and without numbers that it turned into exponents."""
    texts = [name for name in table.columns if name != LINE]
    are_written = table.select(pl.col(texts).str.starts_with('="').any()).row(0) if texts else ()
    written = [name for name, is_written in zip(texts, are_written, strict=True) if is_written]
    table = table.with_columns(pl.col(name).str.replace(_FORMULA_TEXT, "$1") for name in written)
    rejections: list[Rejection] = []
    doubts: list[Doubt] = []
    is_exponent = pl.col(texts).str.strip_chars().str.contains(_EXPONENT).any()
    damaged = table.select(is_exponent).row(0, named=True) if texts else {}
    for one in assignments:
        is_number = one.target.kind is Kind.TEXT and _NUMBERS.fullmatch(one.target.name)
        if one.column is None or not is_number or not damaged.get(one.column):
            continue
        is_damaged = table[one.column].str.strip_chars().str.contains(_EXPONENT).fill_null(False)
        lines = table[LINE].filter(is_damaged)
        if one.target.required:
            rejections += [Rejection(line=line, field=one.name, **_DAMAGED) for line in lines]
        else:
            doubts += [Doubt(line=line, field=one.name, **_DAMAGED) for line in lines]
            table = table.with_columns(table[one.column].set(is_damaged, None))
    return table, rejections, doubts


_DAMAGED = {
    "code": "exponent",
    "reason": "a spreadsheet turned the number into one with an exponent, so its digits are lost.",
    "remedy": "Format the column as text before the number is put in, and send the file again.",
}
