"""Codes of a package: how far its source and content are trusted, who may see it, what may be done, how soon to answer.

Source and information codes and handling codes are those of lists (`policy.lists.terms`). TLP says who may see it, PAP
what may be done with it; both are public taxonomies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from policy.exchange.problems import ExchangeError
from policy.lists.terms import HANDLING_CODES, INFORMATION_CODES, SOURCE_CODES

TLPS = ("clear", "green", "amber", "amber+strict", "red")
PAPS = ("clear", "green", "amber", "red")
SOURCE_WORDS = {
    "A": "no doubt about the source",
    "B": "source mostly reliable",
    "C": "source mostly not reliable",
    "X": "source cannot be assessed",
}
INFORMATION_WORDS = {
    1: "known to be true",
    2: "known to the source, not to the officer",
    3: "not known to the source, confirmed by others",
    4: "not known to the source, cannot be confirmed",
}
HANDLING_WORDS = {
    "H0": "may be used for preventing and combating crime",
    "H1": "not as evidence without permission of the provider",
    "H2": "not passed on without permission of the provider",
    "H3": "other restrictions, which the purpose states",
}


class Urgency(StrEnum):
    """How soon an answer is due, counted from the receipt of the package."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def answer_within(self) -> timedelta:
        """Time for the answer: 8 hours, 3 days or 7 days."""
        return _WITHIN[self]


_WITHIN = {Urgency.IMMEDIATE: timedelta(hours=8), Urgency.URGENT: timedelta(days=3), Urgency.ROUTINE: timedelta(days=7)}


@dataclass(frozen=True, kw_only=True)
class Handling:
    """Codes of a package; see the module."""

    source_code: str = "X"
    information_code: int = 4
    handling: str = "H1"
    tlp: str = "amber"
    pap: str = "amber"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Handling:
        """Read codes.

        Raises
        ------
        ExchangeError
            When one is missing or not known.
        """
        for name, known in _KNOWN.items():
            if given.get(name) not in known or isinstance(given.get(name), bool):
                raise ExchangeError(name, "it is no such code.", f"Give one of {', '.join(map(str, known))}.")
        return cls(**{name: given[name] for name in _KNOWN})


_KNOWN: Mapping[str, tuple[str, ...] | tuple[int, ...]] = {
    "source_code": SOURCE_CODES,
    "information_code": INFORMATION_CODES,
    "handling": HANDLING_CODES,
    "tlp": TLPS,
    "pap": PAPS,
}
