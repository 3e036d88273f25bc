"""Decide which rows of a table can be used, and flag the doubtful ones: by the rules of `checking`, column by column.

A check is asked once for each distinct value of its field, a rule once for each distinct set of the values that it
reads, and what becomes of a value that breaks one is worked out once, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import polars as pl

from features.parcel.checking import FieldChecks, rejection_by, tidy_text
from features.parcel.columns import Parcels, Untidy, broken_values, plain
from features.parcel.damage import damage_flags
from features.parcel.fields import OUTCOME_FIELDS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import lodged_numbers
from features.parcel.problems import Accepted, Doubt, Rejection
from features.parcel.reference import Reference
from features.parcel.rule import Severity
from features.parcel.rules import rules
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, conform
from features.parcel.suspects import Rows, rows_that_hold, untidy

OUTCOME_CHECKS = tuple(
    one._replace(checks=tuple(check for check in one.checks if check.code != "placeholder"))
    for one in FieldChecks.of(OUTCOME_FIELDS)  # "unknown" is a cause, and a station may be called "test"
)


def validate_parcels(
    rows: pl.DataFrame,
    *,
    reference: Reference,
    fields_checked: bool = False,
    at: datetime | None = None,
    doubts: Iterable[Doubt] = (),
) -> Accepted:
    """Split `rows` into usable parcels and rejections.

    Parameters
    ----------
    rows:
        Any subset of the columns of ``PARCEL_SCHEMA``, optionally with ``line``.
    reference:
        Code lists of the office.
    fields_checked:
        True when the format adapter has already enforced the field declarations (the API models do).
    at:
        Time of reading, for dates that lie too far ahead; now when left out.
    doubts:
        What was changed or dropped when the rows were read.

    Returns
    -------
    Accepted
        Rows in ``PARCEL_SCHEMA`` order with ``line`` in front and ``quality_flags`` at the end. Texts are on one line
        and have no blanks around them. Doubts are those of rows that can be used.
    """
    table, untidy_rows = _tidied(conform(rows, PARCEL_SCHEMA))
    parcels = Parcels(table, at or datetime.now(UTC), reference, doubts)
    if not fields_checked:
        parcels.check_fields(untidy_rows)
    flags: dict[int, list[str]] = {}
    for rule in rules(reference):
        if rule.severity is not Severity.FLAG:
            parcels.enforce(rule)
            continue
        for row in parcels.rows_that_break(rule):
            codes = flags.setdefault(row, [])
            if rule.code not in codes:
                codes.append(rule.code)
    for row, found in parcels.doubts_by_row().items():
        flags.setdefault(row, [])[:0] = damage_flags(found)
    lists = _lists(flags, len(parcels.lines))
    flagged = parcels.table().with_columns(lists.alias(QUALITY_FLAGS))
    accepted = _without(flagged, parcels.rejections)
    return Accepted(rows=accepted, rejections=tuple(parcels.rejections), doubts=parcels.doubts_of_the_others())


def validate_outcomes(rows: pl.DataFrame) -> Accepted:
    """Split `rows` into usable outcomes, in ``OUTCOME_SCHEMA`` order with ``line``, and rejections."""
    table = lodged_numbers(conform(rows, OUTCOME_SCHEMA))
    rejections = [*_broken_outcomes(table), *_contradictions(table)]
    return Accepted(rows=_without(table, rejections), rejections=tuple(rejections))


def _broken_outcomes(table: pl.DataFrame) -> Iterator[Rejection]:
    columns = {one.name: plain(table[one.name]) for one in OUTCOME_CHECKS}
    for field, wrong in broken_values(OUTCOME_CHECKS, columns.__getitem__):
        for line, value in zip(table[LINE].to_list(), columns[field.name], strict=True):
            if value in wrong:
                yield rejection_by(wrong[value], line, field.name)


def _lists(flags: Mapping[int, list[str]], n_rows: int) -> pl.Series:
    """Column of lists of which few differ: each is made once, because Polars takes microseconds for a list."""
    index: dict[tuple[str, ...], int] = {(): 0}
    which = [0] * n_rows
    for row, codes in flags.items():
        which[row] = index.setdefault(tuple(codes), len(index))
    return pl.Series(list(map(list, index)), dtype=pl.List(pl.String)).gather(which)


def _tidied(table: pl.DataFrame) -> tuple[pl.DataFrame, Untidy]:
    """Put texts on one line and identifiers of S10 into one word, in parcels and in their pieces.

    Returns
    -------
    tuple of pl.DataFrame and Untidy
        The table, and the rows of which a text was no tidy one.
    """
    of_parcels, changes = _changes(table)
    table = table.with_columns(_replaced(pl.col(name), found) for name, found in changes.items())
    of_pieces, changes = _changes(table["pieces"].explode(keep_nulls=False, empty_as_null=False).struct.unnest())
    fields = [_replaced(pl.element().struct.field(name), found).alias(name) for name, found in changes.items()]
    if fields:
        table = table.with_columns(pl.col("pieces").list.eval(pl.element().struct.with_fields(fields)))
    return table, Untidy(of_parcels, of_pieces)


def _changes(table: pl.DataFrame) -> tuple[Rows, dict[str, dict[str, str | None]]]:
    """Rows of columns of texts that are not tidy, and what becomes of their texts where they change."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    suspects = rows_that_hold(table, untidy(texts))
    distinct = {name: set(table[name].gather(rows).to_list()) for name, rows in suspects.items()}
    found = {
        name: {text: tidy for text in values if (tidy := tidy_text(name, text)) != text}
        for name, values in distinct.items()
    }
    return suspects, {name: changes for name, changes in found.items() if changes}


def _replaced(text: pl.Expr, changes: dict[str, str | None]) -> pl.Expr:
    return text.replace(list(changes), pl.Series(list(changes.values()), dtype=pl.String))


def _contradictions(outcomes: pl.DataFrame) -> Iterator[Rejection]:
    for name in ("finding_class", "finding_mass_g"):
        for line in outcomes.filter((pl.col("result") != "found") & pl.col(name).is_not_null())[LINE]:
            yield Rejection(
                line=line,
                field=name,
                code="contradiction",
                reason="something is said to be found, but the result says otherwise.",
                remedy="Set result to found, or leave the field empty.",
            )


def _without(table: pl.DataFrame, rejections: list[Rejection]) -> pl.DataFrame:
    if not rejections:
        return table
    lines = pl.Series(sorted({rejection.line for rejection in rejections}), dtype=pl.Int64)
    return table.filter(~pl.col(LINE).is_in(lines.implode()))
