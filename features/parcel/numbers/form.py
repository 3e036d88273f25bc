"""What a form of number is, and what a reading may turn out to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the check digit of a number says."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"
    """The form has no check digit, or is not known."""


def no_cores(_number: str) -> tuple[str, ...]:
    """Of forms that carry nothing but the number."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of number.

    Attributes
    ----------
    name:
        Short name.
    carrier:
        Who numbers parcels so.
    says:
        What such a number looks like.
    pattern:
        Regular expression of the whole number, without blanks and in capitals.
    is_right:
        Whether its check digit is right; None where the form has none.
    is_certain:
        Whether a number of this shape is hardly ever anything else.
    cores:
        Numbers of the parcel within a longer one that also carries a route or a prefix, likeliest first.
    example:
        A number with the right check digit.
    source:
        Where the form is described.
    """

    name: str
    carrier: str
    says: str
    pattern: re.Pattern[str]
    example: str
    source: str
    is_right: Callable[[str], bool] | None = None
    is_certain: bool = False
    cores: Callable[[str], tuple[str, ...]] = no_cores

    def fits(self, number: str) -> bool:
        """Whether `number` has this form, whatever its check digit."""
        return self.pattern.fullmatch(number) is not None

    def verdict(self, number: str) -> Verdict:
        """What the check digit of a number of this form says."""
        if self.is_right is None:
            return Verdict.NONE
        return Verdict.RIGHT if self.is_right(number) else Verdict.WRONG


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A number that a reading may stand for.

    Attributes
    ----------
    form, carrier:
        Of the form that fits best; empty where none does.
    verdict:
        Of its check digit: right where it is so in any of the forms that fit.
    is_certain:
        Whether a number of this shape is hardly ever anything else.
    """

    number: str
    form: str = ""
    carrier: str = ""
    verdict: Verdict = Verdict.NONE
    is_certain: bool = False
