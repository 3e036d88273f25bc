"""What becomes of a value that breaks a check: it is read in another spelling, cut or dropped, and reported.

Every way in, row by row and column by column, asks here, and only for values that break a check; a parcel without
faults pays nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from features.parcel.blanks import on_one_line
from features.parcel.field import Field, Kind
from features.parcel.field_checks import CONTROL, Check, field_checks
from features.parcel.hs import read_hs
from features.parcel.placeholders import placeholders_of
from features.parcel.problems import Doubt
from features.parcel.reference import Reference
from features.parcel.spellings import category_named, read_code, read_country

NO_CURRENCY = "XXX"
"""ISO 4217 for "no currency": an amount whose currency cannot be read is kept, and never taken for euro."""
_READ_AS = "the value is no code of the list but is known to mean one; it is read as that."
_MARKS = re.compile(r"\W+")


class Repair(NamedTuple):
    """Value that is used, None where none is, and what is said of it; nothing where only its spelling changed."""

    value: Any
    code: str | None = None
    reason: str = ""
    remedy: str = ""

    def doubt(self, line: int, field: str) -> Doubt | None:
        """What is said of the value of a field on a line."""
        if self.code is None:
            return None
        return Doubt(line=line, field=field, code=self.code, reason=self.reason, remedy=self.remedy)


def repaired(field: Field, value: Any, broken: Check, reference: Reference) -> Repair:
    """Value that may be used in place of one that breaks a check of its field."""
    if field.kind is not Kind.TEXT:
        return _dropped(broken)
    plain = on_one_line(CONTROL.sub("", value))
    if plain is None or plain.casefold() in placeholders_of(field) or plain in placeholders_of(field):
        return Repair(
            None, "placeholder", "the text stands for no value.", "Leave the field empty when it is not known."
        )
    repair = _spelled(field, plain, broken, reference)
    if repair.code is None and plain != value:
        return Repair(repair.value, "value_changed", "control characters were taken out of the text.", broken.remedy)
    return repair


def coded(field: Field, value: str, broken: Check, reference: Reference) -> Repair:
    """Value that may be used in place of a text that is not on the list of codes of its field."""
    if field.name.endswith("country"):
        code, is_plain = read_country(value, reference.lists["country"])
    else:
        code, is_plain = read_code(value, reference.lists["currency"])
    if code is None:
        instead = NO_CURRENCY if field.name.endswith("currency") else None
        return _dropped(broken)._replace(value=instead)
    return Repair(code) if is_plain else Repair(code, "value_changed", _READ_AS, broken.remedy)


def _spelled(field: Field, plain: str, broken: Check, reference: Reference) -> Repair:
    if field.name.endswith(("country", "currency")):
        return coded(field, plain, broken, reference)
    if field.name == "hs_code":
        reading = read_hs(plain)
        return _dropped(broken) if reading.code is None else Repair(*reading, broken.remedy)
    if field.choices:
        known = {_MARKS.sub("", choice): choice for choice in field.choices}
        meant = known.get(_MARKS.sub("", plain.casefold()))
        if meant is None and field.name == "category" and (code := category_named(plain)):
            return Repair(code, "value_changed", _READ_AS, broken.remedy)
        return _dropped(broken) if meant is None else Repair(meant)
    if field.pattern:
        plain = unicodedata.normalize("NFKC", plain)
    still = next((check for check in field_checks(field) if check.broken(plain)), None)
    if still is None:
        return Repair(plain)
    if still.code == "too_long" and field.is_prose:
        return Repair(
            on_one_line(plain[: field.max_length]), "text_cut", f"{still.reason} The rest is cut.", still.remedy
        )
    return _dropped(still)


def _dropped(broken: Check) -> Repair:
    return Repair(None, broken.code, broken.reason, broken.remedy)
