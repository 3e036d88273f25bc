"""Decide column by column which rows can be used, and flag the doubtful ones.

A *rejected* row violates the record itself (missing identifier, negative weight). A *flagged* row is usable but
doubtful; its
flags travel in the ``quality_flags`` column and feed the data-quality features. Every check is one Polars expression
over
the whole table, and a column that is entirely null costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import lodged_numbers
from features.parcel.problems import Accepted, Rejection
from features.parcel.reference import Reference
from features.parcel.rule import PIECE, Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, PIECE_SCHEMA, TIME, conform

MAX_PIECES = 999
FIRST_YEAR, LAST_YEAR = 1990, 2100
_CODE_LENGTH = 3
"""Codes up to this length have a form; "shorten it" would be the wrong advice for them."""
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{fffe}\x{ffff}]"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One reason to reject: `broken` is true where the value violates it, null or false elsewhere."""

    code: str
    reason: str
    remedy: str
    broken: pl.Expr


def field_checks(field: Field, value: pl.Expr) -> Iterator[Check]:
    """Checks that follow from the declaration of `field`, over the expression that holds its value."""
    if field.required:
        yield Check(
            code="required",
            reason="the field is missing.",
            remedy=f"Give it: {field.says}",
            broken=value.is_null() if field.kind is not Kind.TEXT else value.fill_null("").str.strip_chars() == "",
        )
    if field.minimum is not None and field.maximum is not None:
        yield Check(
            code="range",
            reason=f"the value is outside {field.minimum:,} to {field.maximum:,} {field.quantity or ''}".rstrip() + ".",
            remedy="Check the unit and the sign; leave the field empty when the value is not known.",
            broken=~value.is_between(field.minimum, field.maximum),
        )
    if field.kind is Kind.TIME:
        yield Check(
            code="range",
            reason=f"the time lies outside {FIRST_YEAR} to {LAST_YEAR}.",
            remedy="Check the year and the format; leave the field empty when the time is not known.",
            broken=~value.dt.year().is_between(FIRST_YEAR, LAST_YEAR),
        )
    if field.kind is Kind.TEXT:
        yield from _text_checks(field, value)


def _text_checks(field: Field, value: pl.Expr) -> Iterator[Check]:
    if not field.choices and not (field.pattern and field.max_length <= _CODE_LENGTH):
        yield Check(
            code="too_long",
            reason=f"the text is longer than {field.max_length} characters.",
            remedy="Shorten it; nothing is cut silently.",
            broken=value.str.len_chars() > field.max_length,
        )
    yield Check(
        code="control_character",
        reason="the text holds a control character.",
        remedy="Remove it; check the encoding of the file.",
        broken=value.str.contains(_CONTROL),
    )
    if field.choices:
        yield Check(
            code="unknown_choice",
            reason="the value is not one of the known ones.",
            remedy=f"Use one of: {', '.join(field.choices)}.",
            broken=~value.is_in(field.choices),
        )
    if field.pattern:
        like = f", as in {field.example}" if field.example else ""
        yield Check(
            code="malformed",
            reason=f"the text does not have the form {field.pattern}{like}.",
            remedy="Correct it." if field.required else "Correct it, or leave it empty when it is not known.",
            broken=~value.str.contains(f"^(?:{field.pattern})$"),
        )


def validate_parcels(
    rows: pl.DataFrame, *, reference: Reference, fields_checked: bool = False, at: datetime | None = None
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

    Returns
    -------
    Accepted
        Rows in ``PARCEL_SCHEMA`` order with ``line`` in front and ``quality_flags`` at the end. Texts are on one line
        and have no blanks around them.
    """
    table = tidy(lodged_numbers(conform(rows, PARCEL_SCHEMA)))
    rejections = [] if fields_checked else list(_broken_parcels(table))
    timed = table.with_columns(pl.lit(at or datetime.now(UTC), dtype=TIME).alias(NOW))
    faulty = {(one.line, one.field) for one in rejections}
    rejections += [one for one in _broken_rules(timed, rules(reference)) if (one.line, one.field) not in faulty]
    kept = _without(timed, rejections)
    return Accepted(rows=kept.with_columns(_flags(kept, rules(reference))).drop(NOW), rejections=tuple(rejections))


def _flags(table: pl.DataFrame, known: tuple[ValidationRule, ...]) -> pl.Series:
    """Codes of the flags that every row raises; lists are only built of those that some row does."""
    chosen = [rule for rule in known if rule.severity is Severity.FLAG and _concerns(table, rule)]
    marks = table.select(rule.over_rows().alias(str(index)) for index, rule in enumerate(chosen))
    raised = [
        pl.when(str(index)).then(pl.lit([rule.code])).otherwise(_NO_FLAGS)
        for index, rule in enumerate(chosen)
        if marks[str(index)].any()
    ]
    if not raised:
        return pl.Series(QUALITY_FLAGS, [[]], dtype=pl.List(pl.String)).new_from_index(0, table.height)
    return marks.select(pl.concat_list(raised).list.unique(maintain_order=True).alias(QUALITY_FLAGS)).to_series()


def tidy(table: pl.DataFrame) -> pl.DataFrame:
    """Put texts on one line: no blanks around them, no line breaks within; an empty text is null."""
    names = [name for name, dtype in table.schema.items() if dtype == pl.String]
    given = [name for name in names if table[name].null_count() < table.height]
    untidy = [name for name in given if table[name].str.contains(_UNTIDY).any()]
    table = table.with_columns(_on_one_line(pl.col(name)).alias(name) for name in untidy)
    if table["pieces"].null_count() == table.height:
        return table
    texts = [name for name, dtype in PIECE_SCHEMA.to_schema().items() if dtype == pl.String]
    flat = table.select(pl.col("pieces").list.explode(keep_nulls=False, empty_as_null=False)).unnest("pieces")
    if not any(flat[name].str.contains(_UNTIDY).any() for name in texts):
        return table
    fields = [_on_one_line(PIECE.field(name)).alias(name) for name in texts]
    return table.with_columns(pl.col("pieces").list.eval(pl.element().struct.with_fields(fields)))


_UNTIDY = r"^\s|\s$|^$|[\t\n\r]"


def _on_one_line(text: pl.Expr) -> pl.Expr:
    flat = text.str.replace_all(r"[\t\n\r]+", " ").str.strip_chars()
    return pl.when(flat != "").then(flat)


def _concerns(table: pl.DataFrame, rule: ValidationRule) -> bool:
    """Whether any column that the rule reads holds anything; `pieces` and missing fields are always looked at."""
    return not rule.field or rule.in_pieces or table[rule.field].null_count() < table.height


def _broken_rules(table: pl.DataFrame, known: tuple[ValidationRule, ...]) -> Iterator[Rejection]:
    chosen = [rule for rule in known if rule.severity is Severity.REJECT and _concerns(table, rule)]
    if not chosen or table.height == 0:
        return
    marks = table.select(rule.over_rows().alias(str(index)) for index, rule in enumerate(chosen))
    for mark, rule in zip(marks, chosen, strict=True):
        if not mark.any():
            continue
        bad = table.filter(mark)
        pieces = bad.select(rule.first_piece()).to_series().to_list() if rule.in_pieces else [None] * bad.height
        for line, piece in zip(bad[LINE], pieces, strict=True):
            yield Rejection(
                line=line,
                field=f"piece_{piece}.{rule.field}" if piece else rule.field,
                code=rule.code,
                reason=rule.says,
                remedy=rule.remedy,
            )


_NO_FLAGS = pl.lit([], dtype=pl.List(pl.String))


def validate_outcomes(rows: pl.DataFrame) -> Accepted:
    """Split `rows` into usable outcomes, in ``OUTCOME_SCHEMA`` order with ``line``, and rejections."""
    table = lodged_numbers(conform(rows, OUTCOME_SCHEMA))
    rejections = [*_broken(table, OUTCOME_FIELDS), *_contradictions(table)]
    return Accepted(rows=_without(table, rejections), rejections=tuple(rejections))


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


def _broken_parcels(table: pl.DataFrame) -> Iterator[Rejection]:
    yield from _broken(table, PARCEL_FIELDS)
    too_many = table.filter(pl.col("pieces").list.len() > MAX_PIECES)
    for line in too_many[LINE].to_list():
        yield Rejection(
            line=line,
            field="pieces",
            code="too_many",
            reason=f"more than {MAX_PIECES} pieces.",
            remedy="Lodge the consignment as several parcels.",
        )
    pieces = table.select(LINE, "pieces").explode("pieces", empty_as_null=False, keep_nulls=False)
    if pieces.height:
        numbered = pieces.with_columns(pl.int_range(1, pl.len() + 1).over(LINE).alias("piece_number"))
        yield from _broken(numbered.unnest("pieces"), PIECE_FIELDS)


def _broken(table: pl.DataFrame, fields: tuple[Field, ...]) -> Iterator[Rejection]:
    nulls = table.null_count().row(0, named=True)
    checks = [
        (field, check)
        for field in fields
        if field.required or nulls[field.name] < table.height
        for check in field_checks(field, pl.col(field.name))
    ]
    marks = table.select(
        [check.broken.fill_null(value=False).alias(str(index)) for index, (_, check) in enumerate(checks)]
    )
    for mark, (field, check) in zip(marks, checks, strict=True):
        if mark.any():
            for row in table.filter(mark).iter_rows(named=True):
                prefix = f"piece_{row['piece_number']}." if "piece_number" in row else ""
                yield Rejection(
                    line=row[LINE], field=prefix + field.name, code=check.code, reason=check.reason, remedy=check.remedy
                )
