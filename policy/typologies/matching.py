"""How far a parcel matches typologies, condition by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.rules import Columns, Lists, RuleError, Traced, Tracer, read
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
    conditions:
        Of the typology, in its order.
    """

    typology: Typology
    share: float
    unknown_share: float
    conditions: tuple[Traced, ...]

    @property
    def is_reached(self) -> bool:
        """Whether the threshold of the typology is reached."""
        return self.share >= self.typology.threshold


class Matcher:
    """Typologies made ready; those whose conditions cannot be read here are left out."""

    def __init__(self, typologies: Sequence[Typology], lists: Lists | None = None) -> None:
        """Read the conditions."""
        read_ = [(one, _trees(one, lists)) for one in typologies]
        self.typologies = tuple(one for one, trees in read_ if trees)
        self._trees = [trees for _, trees in read_ if trees]
        self._flat = list(dict.fromkeys(tree for trees in self._trees for tree in trees))
        self._tracer = Tracer(self._flat, None, lists)

    def matches(self, columns: Columns, row: int = 0) -> list[Match]:
        """How far the parcel in `row` matches each of the typologies, in their order."""
        traces = self._tracer.traces(columns, row)
        whole = {tree: trace for tree, trace in zip(self._flat, traces, strict=True)}
        found = []
        for one, trees in zip(self.typologies, self._trees, strict=True):
            traced = tuple(
                Traced(
                    part=tree,
                    holds=whole[tree].hits,
                    values={name: value for part in whole[tree].conditions for name, value in part.values.items()},
                )
                for tree in trees
            )
            found.append(_match(one, traced))
        return found


def _match(one: Typology, traced: tuple[Traced, ...]) -> Match:
    pairs = list(zip(one.conditions, traced, strict=True))
    met = sum(condition.weight for condition, trace in pairs if trace.holds)
    unknown = sum(condition.weight for condition, trace in pairs if trace.holds is None)
    return Match(typology=one, share=met / one.weights, unknown_share=unknown / one.weights, conditions=traced)


def _trees(one: Typology, lists: Lists | None) -> list[Predicate]:
    try:
        return [read(condition.when, lists=lists) for condition in one.conditions]
    except RuleError:
        return []
