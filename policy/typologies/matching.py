"""How far a parcel matches typologies, condition by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from policy.rules import Columns, Lists, OnParcel, RuleError, Traced, Tracer, read
from policy.rules.tree import Predicate
from policy.typologies.typology import Typology

_ROUNDING = 1e-9
"""How far sums of the same weights may differ by their order."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """How far a parcel matches a typology whose threshold it reaches.

    Attributes
    ----------
    share:
        Weighted share of the conditions that it meets, 0..1.
    unknown_share:
        Weighted share of those that cannot be evaluated, 0..1; they count as not met.
    """

    typology: Typology
    share: float
    unknown_share: float
    on: OnParcel
    numbers: Sequence[int]

    @cached_property
    def conditions(self) -> tuple[Traced, ...]:
        """Of the typology, in its order."""
        return tuple(map(self._condition, self.numbers))

    def _condition(self, number: int) -> Traced:
        trace = self.on.trace(number)
        values = {name: value for part in trace.conditions for name, value in part.values.items()}
        return Traced(part=self.on.rules[number], holds=trace.hits, values=values)


class Matcher:
    """Typologies made ready; those whose conditions cannot be read here are left out."""

    def __init__(self, typologies: Sequence[Typology], lists: Lists | None = None) -> None:
        """Read the conditions."""
        read_ = [(one, _trees(one, lists)) for one in typologies]
        self.typologies = tuple(one for one, trees in read_ if trees)
        distinct = dict.fromkeys(tree for _, trees in read_ for tree in trees)
        number_of = {tree: number for number, tree in enumerate(distinct)}
        self._numbers = [[number_of[tree] for tree in trees] for _, trees in read_ if trees]
        self._tracer = Tracer(list(distinct), None, lists)

    def matches(self, columns: Columns, row: int = 0) -> list[Match]:
        """Typologies whose threshold the parcel in `row` reaches, in their order, and how far it matches each."""
        on = self._tracer.on(columns, row)
        found = (_match(one, numbers, on) for one, numbers in zip(self.typologies, self._numbers, strict=True))
        return [one for one in found if one is not None]


def _match(one: Typology, numbers: Sequence[int], on: OnParcel) -> Match | None:
    """How far it matches; no more conditions are asked once those that are left are too few."""
    met, unknown, left = 0.0, 0.0, one.weights
    wanted = one.threshold * one.weights - _ROUNDING
    for condition, number in zip(one.conditions, numbers, strict=True):
        if met + left < wanted:
            return None
        holds, weight = on.hits(number), condition.weight
        met, unknown, left = met + weight * (holds is True), unknown + weight * (holds is None), left - weight
    if met / one.weights < one.threshold:
        return None
    share, unknown_share = met / one.weights, unknown / one.weights
    return Match(typology=one, share=share, unknown_share=unknown_share, on=on, numbers=numbers)


def _trees(one: Typology, lists: Lists | None) -> list[Predicate]:
    try:
        return [read(condition.when, lists=lists) for condition in one.conditions]
    except RuleError:
        return []
