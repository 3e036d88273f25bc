"""Test parcels: inert items whose content the office knows, and what each step of the chain made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.handling.outcome import Entry, Result, outcome_of
from features.parcel.fields import METHODS

SELECTED, PRESENTED, FOUND = "selected", "presented", "found"
"""Steps that are no method: a decision asked for an inspection, the parcel came, the outcome says found."""
_LOOKED = (Result.FOUND, Result.NOTHING_FOUND, Result.UNCLEAR)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One test parcel.

    Attributes
    ----------
    was_selected:
        Whether a decision asked for an inspection; None where the office does not know the parcel yet.
    entries:
        Stages in force.
    """

    was_selected: bool | None
    entries: Sequence[Entry]


@dataclass(frozen=True, kw_only=True)
class Step:
    """How many test parcels came to a step of the chain, and how many of them passed as they should."""

    name: str
    n: int
    n_passed: int


def steps(trials: Iterable[Trial]) -> list[Step]:
    """The chain as a whole, then each method by itself: of the parcels that it looked at, those in which it found it.

    A look that was unclear has missed. What was not looked at by a method says nothing of it.
    """
    given = list(trials)
    known = [one for one in given if one.was_selected is not None]
    selected = [one for one in known if one.was_selected]
    came = [one for one in given if _came(one)]
    return [
        Step(name=SELECTED, n=len(known), n_passed=len(selected)),
        Step(name=PRESENTED, n=len(selected), n_passed=sum(_came(one) for one in selected)),
        *(_of_method(given, method) for method in METHODS),
        Step(name=FOUND, n=len(came), n_passed=sum(_is_found(one) for one in came)),
    ]


def _came(one: Trial) -> bool:
    return any(entry.result is not Result.NOT_PRESENTED for entry in one.entries)


def _is_found(one: Trial) -> bool:
    derived = outcome_of(one.entries)
    return derived is not None and derived.result is Result.FOUND


def _of_method(given: Iterable[Trial], method: str) -> Step:
    looks = [[entry.result for entry in one.entries if entry.method == method] for one in given]
    looked = [results for results in looks if any(result in _LOOKED for result in results)]
    return Step(name=method, n=len(looked), n_passed=sum(Result.FOUND in results for results in looked))
