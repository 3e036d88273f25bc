"""Decide whether one parcel can be used, and flag it where it is doubtful, by the same rules as a file.

A *rejected* parcel cannot be identified or dated. Any other value that cannot be used is read in another spelling, cut
or dropped, and reported as a *doubt*. A *flagged* parcel is usable but doubtful; its flags travel in
``quality_flags`` and feed the data-quality features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from features.parcel.blanks import on_one_line
from features.parcel.damage import damage_flags
from features.parcel.field_checks import IDENTIFYING, MAX_PIECES, Check, field_checks
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import lodged_number
from features.parcel.problems import Doubt, Rejection
from features.parcel.reference import Reference
from features.parcel.repair import Repair, coded, repaired
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE


class FieldChecks(NamedTuple):
    """Checks of one field; a missing value is checked only where it is required."""

    field: Field
    name: str
    is_required: bool
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, fields: Iterable[Field]) -> tuple[FieldChecks, ...]:
        """Checks of every field of a record, in their order."""
        return tuple(cls(field, field.name, field.required, field_checks(field)) for field in fields)


PARCEL_CHECKS, PIECE_CHECKS = FieldChecks.of(PARCEL_FIELDS), FieldChecks.of(PIECE_FIELDS)
FIELDS = {field.name: field for field in (*PARCEL_FIELDS, *PIECE_FIELDS)}
_NAMES, _PIECE_NAMES = tuple(field.name for field in PARCEL_FIELDS), tuple(field.name for field in PIECE_FIELDS)
_TEXTS = tuple(field.name for field in PARCEL_FIELDS if field.kind is Kind.TEXT)
_TIMES = tuple(field.name for field in PARCEL_FIELDS if field.kind is Kind.TIME)
_PIECE_TEXTS = tuple(field.name for field in PIECE_FIELDS if field.kind is Kind.TEXT)
_PIECE_KEYS, _piece_values = frozenset(_PIECE_NAMES), itemgetter(*_PIECE_NAMES)
_NO_VALUES = dict.fromkeys(_NAMES)
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
    doubts:
        Values that were changed, cut or dropped so that it can.
    """

    row: dict[str, Any] | None
    rejections: tuple[Rejection, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def checked_row(
    row: Mapping[str, Any],
    *,
    reference: Reference,
    at: datetime | None = None,
    fields_checked: bool = False,
    doubts: Iterable[Doubt] = (),
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
    doubts:
        What was changed or dropped when the row was read.

    Raises
    ------
    ValueError
        When `row` has a name that the record does not know.
    """
    record = _tidy(row)
    parcel = _Parcel(record, reference, list(doubts))
    if not fields_checked:
        parcel.check_fields()
    flags: dict[str, None] = {}  # in the order of the rules, each once
    record[NOW] = at or datetime.now(UTC)
    for rule in rules(reference):
        for values in record["pieces"] or () if rule.in_pieces else (record,):
            # To ask a rule is a call; for most values it is seen without one that they break nothing.
            if rule.needs and values[rule.needs] is None:
                continue
            if rule.among is not None and values[rule.needs] in rule.among:
                continue
            if rule.broken(values):
                if rule.severity is Severity.FLAG:
                    flags[rule.code] = None
                else:
                    parcel.enforce(rule)
                break
    if parcel.rejections:
        return Checked(row=None, rejections=tuple(parcel.rejections))
    del record[NOW]
    record[QUALITY_FLAGS] = [*damage_flags(parcel.doubts), *flags] if parcel.doubts else list(flags)
    return Checked(row=record, doubts=tuple(parcel.doubts))


class _Parcel:
    """A parcel whose values are checked, and repaired or dropped in place."""

    def __init__(self, record: dict[str, Any], reference: Reference, doubts: list[Doubt]) -> None:
        self.record, self.line = record, record.get(LINE, 1)
        self.rejections: list[Rejection] = []
        self.doubts = doubts
        self._reference = reference

    def check_fields(self) -> None:
        """Check every field by its declaration, those of the parcel before those of its pieces."""
        self._check(self.record, PARCEL_CHECKS)
        pieces = self.record["pieces"]
        if pieces is not None and len(pieces) > MAX_PIECES:
            self.doubts.append(too_many(self.line, len(pieces)))
            del pieces[MAX_PIECES:]
        for one in PIECE_CHECKS if pieces else ():
            for number, piece in enumerate(pieces, start=1):
                self._check(piece, (one,), number)

    def _check(self, values: dict[str, Any], fields: Iterable[FieldChecks], number: int = 0) -> None:
        for field, name, is_required, checks in fields:
            value = values[name]
            if value is None and not is_required:
                continue
            broken = next((check for check in checks if check.broken(value)), None)
            if broken is None:
                continue
            if name in IDENTIFYING:
                self.rejections.append(rejection_by(broken, self.line, name))
            else:
                self._repair(values, name, repaired(field, value, broken, self._reference), number)

    def _repair(self, values: dict[str, Any], name: str, repair: Repair, number: int) -> None:
        values[name] = repair.value
        doubt = repair.doubt(self.line, piece_field(name, number))
        if doubt is not None:
            self.doubts.append(doubt)

    def enforce(self, rule: ValidationRule) -> None:
        """Reject the parcel, or drop or read otherwise the values that break a rule."""
        places = enumerate(self.record["pieces"] or (), start=1) if rule.in_pieces else ((0, self.record),)
        for number, values in places:
            if not rule.broken(values):
                continue
            if rule.severity is Severity.REJECT:
                if not any(one.field == rule.field for one in self.rejections):
                    self.rejections.append(rejection_by(rule, self.line, rule.field))
            else:
                self._repair(values, rule.field, repaired_by(rule, values[rule.field], self._reference), number)


def _tidy(row: Mapping[str, Any]) -> dict[str, Any]:
    if not _KNOWN.issuperset(row):
        raise ValueError(f"columns that the record does not have: {', '.join(row.keys() - _KNOWN)}")
    record: dict[str, Any] = {LINE: row[LINE]} if LINE in row else {}
    record.update(_NO_VALUES)
    record.update(row)
    if record["parcel_id"] is not None:
        record["parcel_id"] = lodged_number(record["parcel_id"])
    _put_on_one_line(record, _TEXTS)
    for name in _TIMES:
        if record[name] is not None and record[name].tzinfo is not UTC:
            record[name] = record[name].astimezone(UTC)
    pieces = row.get("pieces")
    record["pieces"] = None if pieces is None else [_tidy_piece(piece or {}) for piece in pieces]
    return record


def _tidy_piece(piece: Mapping[str, Any]) -> dict[str, Any]:
    if piece.keys() >= _PIECE_KEYS:
        tidy = dict(zip(_PIECE_NAMES, _piece_values(piece), strict=True))
    else:
        tidy = {name: piece.get(name) for name in _PIECE_NAMES}
    _put_on_one_line(tidy, _PIECE_TEXTS)
    return tidy


def _put_on_one_line(values: dict[str, Any], names: Iterable[str]) -> None:
    texts = [values[name] for name in names if values[name] is not None]
    # Most texts are as they should be; to call a function for each of thirty takes longer than to see that.
    are_printable = "".join(texts).isprintable()
    for name in names:
        text = values[name]
        if text is None or (text and text[0] != " " != text[-1] and (are_printable or text.isprintable())):
            continue
        values[name] = on_one_line(text)


def tidy_text(name: str, text: str) -> str | None:
    """Text of a field on one line; an S10 identifier as one word in capitals."""
    return on_one_line(lodged_number(text) if name == "parcel_id" else text)


def repaired_by(rule: ValidationRule, value: Any, reference: Reference) -> Repair:
    """Value that may be used in place of one that breaks a rule: another code, or none."""
    if rule.field.endswith(("country", "currency")):
        broken = Check(code=rule.code, reason=rule.says, remedy=rule.remedy, broken=bool)
        return coded(FIELDS[rule.field], value, broken, reference)
    return Repair(None, rule.code, rule.says, rule.remedy)


def too_many(line: int, n_pieces: int) -> Doubt:
    """Doubt of a parcel with more pieces than are kept."""
    return Doubt(
        line=line,
        field="pieces",
        code="repeated",
        reason=f"{n_pieces:,} pieces are given; the first {MAX_PIECES} are used.",
        remedy="Lodge the consignment as several parcels.",
    )


def piece_field(name: str, number: int | None) -> str:
    """Name of a field as a rejection or doubt gives it: of a piece by its number, counted from 1, or of the parcel."""
    return f"piece_{number}.{name}" if number else name


def rejection_by(broken: Check | ValidationRule, line: int, field: str) -> Rejection:
    """Rejection of a line for a field, in the words of the check or rule that it breaks."""
    reason = broken.reason if isinstance(broken, Check) else broken.says
    return Rejection(line=line, field=field, code=broken.code, reason=reason, remedy=broken.remedy)
