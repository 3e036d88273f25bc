"""Decide whether one parcel can be used, and flag it where it is doubtful, by the same rules as a file.

A *rejected* parcel violates the record itself (missing identifier, negative weight). A *flagged* one is usable but
doubtful; its flags travel in ``quality_flags`` and feed the data-quality features.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from features.parcel.blanks import on_one_line
from features.parcel.field_checks import MAX_PIECES, Check, field_checks
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import lodged_number
from features.parcel.problems import Rejection
from features.parcel.reference import Reference
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE


class FieldChecks(NamedTuple):
    """Checks of one field; a missing value is checked only where it is required."""

    name: str
    is_required: bool
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, fields: Iterable[Field]) -> tuple[FieldChecks, ...]:
        """Checks of every field of a record, in their order."""
        return tuple(cls(field.name, field.required, field_checks(field)) for field in fields)


PARCEL_CHECKS, PIECE_CHECKS = FieldChecks.of(PARCEL_FIELDS), FieldChecks.of(PIECE_FIELDS)
TOO_MANY = Check(
    code="too_many",
    reason=f"more than {MAX_PIECES} pieces.",
    remedy="Lodge the consignment as several parcels.",
    broken=lambda pieces: pieces is not None and len(pieces) > MAX_PIECES,
)
_NAMES, _PIECE_NAMES = tuple(field.name for field in PARCEL_FIELDS), tuple(field.name for field in PIECE_FIELDS)
_TEXTS = tuple(field.name for field in PARCEL_FIELDS if field.kind is Kind.TEXT)
_TIMES = tuple(field.name for field in PARCEL_FIELDS if field.kind is Kind.TIME)
_PIECE_TEXTS = tuple(field.name for field in PIECE_FIELDS if field.kind is Kind.TEXT)
_KNOWN = frozenset({LINE, "pieces", *_NAMES})


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A parcel that can be used, or the reasons why it cannot.

    Attributes
    ----------
    row:
        A value for every name of ``PARCEL_SCHEMA``, None where it is not known, ``line`` if it was given, and
        ``quality_flags``; None when the parcel is rejected. Texts are on one line, times in UTC.
    rejections:
        Why it cannot be used; empty when it can.
    """

    row: dict[str, Any] | None
    rejections: tuple[Rejection, ...] = ()


def checked_row(
    row: Mapping[str, Any], *, reference: Reference, at: datetime | None = None, fields_checked: bool = False
) -> Checked:
    """Check one parcel as `features.parcel.validation.validate_parcels` checks a table of them.

    Parameters
    ----------
    row:
        Any subset of the names of ``PARCEL_SCHEMA``, optionally with ``line``; values have the type of their field,
        times are aware.
    reference:
        Code lists of the office.
    at:
        Time of reading, for dates that lie too far ahead; now when left out.
    fields_checked:
        True when the field declarations were enforced before (the API models do).

    Raises
    ------
    ValueError
        When `row` has a name that the record does not know.
    """
    record = _tidy(row)
    line = record.get(LINE, 1)
    rejections = [] if fields_checked else list(_broken_fields(record, line))
    faulty = {one.field for one in rejections}
    flags: dict[str, None] = {}  # in the order of the rules, each once
    record[NOW] = at or datetime.now(UTC)
    for rule in rules(reference):
        number = rule.broken_at(record)
        if number is None:
            continue
        if rule.severity is Severity.FLAG:
            flags[rule.code] = None
        elif (field := piece_field(rule.field, number)) not in faulty:
            rejections.append(rejection_by(rule, line, field))
    if rejections:
        return Checked(row=None, rejections=tuple(rejections))
    del record[NOW]
    record[QUALITY_FLAGS] = list(flags)
    return Checked(row=record)


def _tidy(row: Mapping[str, Any]) -> dict[str, Any]:
    if not _KNOWN.issuperset(row):
        raise ValueError(f"columns that the record does not have: {', '.join(row.keys() - _KNOWN)}")
    record: dict[str, Any] = {LINE: row[LINE]} if LINE in row else {}
    for name in _NAMES:
        record[name] = row.get(name)
    for name in _TEXTS:
        if record[name] is not None:
            record[name] = tidy_text(name, record[name])
    for name in _TIMES:
        if record[name] is not None and record[name].tzinfo is not UTC:
            record[name] = record[name].astimezone(UTC)
    pieces = row.get("pieces")
    record["pieces"] = None if pieces is None else [_tidy_piece(piece or {}) for piece in pieces]
    return record


def _tidy_piece(piece: Mapping[str, Any]) -> dict[str, Any]:
    tidy: dict[str, Any] = {name: piece.get(name) for name in _PIECE_NAMES}
    for name in _PIECE_TEXTS:
        if tidy[name] is not None:
            tidy[name] = on_one_line(tidy[name])
    return tidy


def tidy_text(name: str, text: str) -> str | None:
    """Text of a field on one line; an S10 identifier as one word in capitals."""
    return on_one_line(lodged_number(text) if name == "parcel_id" else text)


def _broken_fields(record: Mapping[str, Any], line: int) -> Iterator[Rejection]:
    for name, is_required, checks in PARCEL_CHECKS:
        value = record[name]
        if value is not None or is_required:
            for check in checks:
                if check.broken(value):
                    yield rejection_by(check, line, name)
    if TOO_MANY.broken(record["pieces"]):
        yield rejection_by(TOO_MANY, line, "pieces")
    for name, _, checks in PIECE_CHECKS if record["pieces"] else ():
        values = [piece[name] for piece in record["pieces"]]
        for check in checks:
            for number, value in enumerate(values, start=1):
                if value is not None and check.broken(value):
                    yield rejection_by(check, line, piece_field(name, number))


def piece_field(name: str, number: int | None) -> str:
    """Name of a field as a rejection gives it: of a piece by its number, counted from 1, or of the parcel."""
    return f"piece_{number}.{name}" if number else name


def rejection_by(broken: Check | ValidationRule, line: int, field: str) -> Rejection:
    """Rejection of a line for a field, in the words of the check or rule that it breaks."""
    reason = broken.reason if isinstance(broken, Check) else broken.says
    return Rejection(line=line, field=field, code=broken.code, reason=reason, remedy=broken.remedy)
