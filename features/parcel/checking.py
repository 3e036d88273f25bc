"""Decide whether one parcel can be used, and flag it where it is doubtful, by the same rules as a file.

A *rejected* parcel violates the record itself (missing identifier, negative weight). A *flagged* one is usable but
doubtful; its flags travel in ``quality_flags`` and feed the data-quality features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from features.parcel.blanks import on_one_line
from features.parcel.field_checks import MAX_PIECES, Check, field_checks
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Rejection
from features.parcel.reference import Reference
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.s10 import tidy_id
from features.parcel.schema import LINE

Checks = tuple[tuple[Field, tuple[Check, ...]], ...]
PARCEL_CHECKS: Checks = tuple((field, field_checks(field)) for field in PARCEL_FIELDS)
PIECE_CHECKS: Checks = tuple((field, field_checks(field)) for field in PIECE_FIELDS)
TOO_MANY = Check(
    code="too_many",
    reason=f"more than {MAX_PIECES} pieces.",
    remedy="Lodge the consignment as several parcels.",
    broken=lambda pieces: pieces is not None and len(pieces) > MAX_PIECES,
)
_KINDS = tuple((field.name, field.kind) for field in PARCEL_FIELDS)
_PIECE_KINDS = tuple((field.name, field.kind) for field in PIECE_FIELDS)
_KNOWN = frozenset({LINE, "pieces", *(field.name for field in PARCEL_FIELDS)})


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
    parcel_id, pieces = row.get("parcel_id"), row.get("pieces")
    record = {LINE: row[LINE]} if LINE in row else {}
    record.update(_tidy_values(row, _KINDS))
    record["parcel_id"] = None if parcel_id is None else tidy_text("parcel_id", parcel_id)
    record["pieces"] = None if pieces is None else [_tidy_values(piece or {}, _PIECE_KINDS) for piece in pieces]
    return record


def _tidy_values(values: Mapping[str, Any], kinds: Sequence[tuple[str, Kind]]) -> dict[str, Any]:
    tidy = {}
    for name, kind in kinds:
        value = values.get(name)
        if value is not None:
            if kind is Kind.TEXT:
                value = on_one_line(value)
            elif kind is Kind.TIME and value.tzinfo is not UTC:
                value = value.astimezone(UTC)
        tidy[name] = value
    return tidy


def tidy_text(name: str, text: str) -> str | None:
    """Text of a field on one line; an S10 identifier as one word in capitals."""
    return on_one_line(tidy_id(text) if name == "parcel_id" else text)


def _broken_fields(record: Mapping[str, Any], line: int) -> Iterator[Rejection]:
    for field, checks in PARCEL_CHECKS:
        value = record[field.name]
        if value is not None or field.required:
            for check in checks:
                if check.broken(value):
                    yield rejection_by(check, line, field.name)
    if TOO_MANY.broken(record["pieces"]):
        yield rejection_by(TOO_MANY, line, "pieces")
    for field, checks in PIECE_CHECKS if record["pieces"] else ():
        for check in checks:
            for number, piece in enumerate(record["pieces"], start=1):
                value = piece[field.name]
                if value is not None and check.broken(value):
                    yield rejection_by(check, line, piece_field(field.name, number))


def piece_field(name: str, number: int | None) -> str:
    """Name of a field as a rejection gives it: of a piece by its number, counted from 1, or of the parcel."""
    return f"piece_{number}.{name}" if number else name


def rejection_by(broken: Check | ValidationRule, line: int, field: str) -> Rejection:
    """Rejection of a line for a field, in the words of the check or rule that it breaks."""
    reason = broken.reason if isinstance(broken, Check) else broken.says
    return Rejection(line=line, field=field, code=broken.code, reason=reason, remedy=broken.remedy)
