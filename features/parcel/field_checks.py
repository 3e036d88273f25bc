"""Checks that follow from the declaration of a field alone: range, length, form, choices, what stands for no value.

A parcel whose identifier or time of lodging breaks one is refused. Any other value that does is repaired or dropped, by
`features.parcel.repair`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from features.parcel.blanks import BLANKS
from features.parcel.field import Field, Kind
from features.parcel.placeholders import placeholders_of

MAX_PIECES = 999
FIRST_YEAR, LAST_YEAR = 1990, 2100
_CODE_LENGTH = 3
"""Codes up to this length have a form; "shorten it" would be the wrong advice for them."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Control characters, halves of surrogate pairs and code points that are no characters."""
IDENTIFYING = ("parcel_id", "lodged_at")
"""Fields without which a parcel cannot be identified or dated."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One reason not to use a value: `broken` is true for a value that violates it.

    It is asked about a missing value (None) only where the field is required.
    """

    code: str
    reason: str
    remedy: str
    broken: Callable[[Any], bool]


@lru_cache(maxsize=256)
def field_checks(field: Field) -> tuple[Check, ...]:
    """Checks that follow from the declaration of `field`, in the order in which they are reported."""
    return tuple(_required(field)) + tuple(_ranges(field)) + tuple(_text_checks(field))


def _given(is_wrong: Callable[[Any], bool], field: Field) -> Callable[[Any], bool]:
    """A check that lets a missing value pass; only those of a required field are asked about one."""
    return (lambda value: value is not None and is_wrong(value)) if field.required else is_wrong


def _required(field: Field) -> Iterator[Check]:
    if field.required:
        yield Check(
            code="required",
            reason="the field is missing.",
            remedy=f"Give it: {field.says}",
            broken=lambda value: value is None or (isinstance(value, str) and not value.strip(BLANKS)),
        )


def _ranges(field: Field) -> Iterator[Check]:
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        yield Check(
            code="range",
            reason=f"the value is outside {low:,} to {high:,} {field.quantity or ''}".rstrip() + ".",
            remedy="Check the unit and the sign; leave the field empty when the value is not known.",
            broken=_given(lambda value: not low <= value <= high, field),
        )
    if field.kind is Kind.TIME:
        yield Check(
            code="range",
            reason=f"the time lies outside {FIRST_YEAR} to {LAST_YEAR}.",
            remedy="Check the year and the format; leave the field empty when the time is not known.",
            broken=_given(lambda value: not FIRST_YEAR <= value.year <= LAST_YEAR, field),
        )


def _text_checks(field: Field) -> Iterator[Check]:
    if field.kind is not Kind.TEXT:
        return
    placeholders = placeholders_of(field)
    yield Check(
        code="placeholder",
        reason="the text stands for no value.",
        remedy="Give the identifier of the parcel."
        if field.required
        else "Leave the field empty when it is not known.",
        broken=placeholders.__contains__,
    )
    if not field.choices and not (field.pattern and field.max_length <= _CODE_LENGTH):
        yield Check(
            code="too_long",
            reason=f"the text is longer than {field.max_length} characters.",
            remedy="Shorten it.",
            broken=_given(lambda value: len(value) > field.max_length, field),
        )
    yield Check(
        code="control_character",
        reason="the text holds a control character.",
        remedy="Remove it; check the encoding of the file.",
        broken=_given(lambda value: not value.isprintable() and CONTROL.search(value) is not None, field),
    )
    if field.choices:
        yield Check(
            code="unknown_choice",
            reason="the value is not one of the known ones.",
            remedy=f"Use one of: {', '.join(field.choices)}.",
            broken=_given(lambda value: value not in field.choices, field),
        )
    if field.pattern:
        like = f", as in {field.example}" if field.example else ""
        form = re.compile(field.pattern)
        yield Check(
            code="malformed",
            reason=f"the text does not have the form {field.pattern}{like}.",
            remedy="Correct it." if field.required else "Correct it, or leave it empty when it is not known.",
            broken=_given(lambda value: form.fullmatch(value) is None, field),
        )
