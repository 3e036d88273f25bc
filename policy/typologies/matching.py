"""How far a parcel matches typologies, condition by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from policy.rules import Columns, Lists, OnParcel, RuleError, Traced, Tracer, read
from policy.rules.tree import Predicate
from policy.typologies.typology import Typology


@dataclass(frozen=True, kw_only=True)
class Match:
    """How far a parcel matches a typology.

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

    @property
    def is_reached(self) -> bool:
        """Whether the threshold of the typology is reached."""
        return self.share >= self.typology.threshold

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
        """How far the parcel in `row` matches each of the typologies, in their order."""
        on = self._tracer.on(columns, row)
        return [_match(one, numbers, on) for one, numbers in zip(self.typologies, self._numbers, strict=True)]


def _match(one: Typology, numbers: Sequence[int], on: OnParcel) -> Match:
    pairs = [(condition.weight, on.hits[number]) for condition, number in zip(one.conditions, numbers, strict=True)]
    met = sum(weight for weight, holds in pairs if holds)
    unknown = sum(weight for weight, holds in pairs if holds is None)
    share, unknown_share = met / one.weights, unknown / one.weights
    return Match(typology=one, share=share, unknown_share=unknown_share, on=on, numbers=numbers)


def _trees(one: Typology, lists: Lists | None) -> list[Predicate]:
    try:
        return [read(condition.when, lists=lists) for condition in one.conditions]
    except RuleError:
        return []
