"""Boxes: what a conjunction of conditions leaves open for each column, and what follows from it.

Enough to see that a rule can never hit, that it always does, or that another one hits whatever it does. What is not
seen is not claimed: a rule that is too complex is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from policy.rules.counts import COMPARES, counted_in, needed_columns, worth
from policy.rules.normal import Literal, alternatives, literal, pushed
from policy.rules.tree import (
    And,
    Begins,
    Column,
    Comparison,
    Condition,
    Contains,
    IsNull,
    Number,
    OneOf,
    Or,
    Predicate,
    SameText,
    Value,
    columns_of,
    opposite,
)
from policy.rules.vocabulary import Vocabulary

MOST_FREE = 10
"""A count of more conditions on the origin is taken for one that they reach."""


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, each of which may belong to it or not."""

    low: float = -math.inf
    high: float = math.inf
    has_low: bool = True
    has_high: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        return self.low > self.high or (self.low == self.high and not (self.has_low and self.has_high))

    def met(self, other: Interval) -> Interval:
        """Numbers in both."""
        low = max((self.low, not self.has_low), (other.low, not other.has_low))
        high = min((self.high, self.has_high), (other.high, other.has_high))
        return Interval(low[0], high[0], has_low=not low[1], has_high=high[1])

    def within(self, other: Interval) -> bool:
        """Whether all of its numbers are in another one."""
        return self.is_empty or self.met(other) == self


def _interval(operator: str, value: float) -> Interval:
    match operator:
        case "<" | "<=":
            return Interval(high=value, has_high=operator == "<=")
        case ">" | ">=":
            return Interval(low=value, has_low=operator == ">=")
        case _:
            return Interval(value, value)


@dataclass
class Box:
    """What a conjunction leaves open.

    Attributes
    ----------
    intervals:
        Of expressions; only those that are bounded.
    texts:
        The only texts that a column may have.
    other_than:
        Texts that a column does not have.
    known:
        Columns whose value is known.
    unknown:
        Columns whose value is not known.
    met:
        All conditions that were put together.
    """

    ranges: Vocabulary
    intervals: dict[Value, Interval] = field(default_factory=dict)
    texts: dict[str, frozenset[str]] = field(default_factory=dict)
    other_than: dict[str, frozenset[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    met: set[Literal] = field(default_factory=set)

    @classmethod
    def of(cls, literals: Iterable[Literal], ranges: Vocabulary) -> Box | None:
        """Put a conjunction together; None where nothing can meet it."""
        box = cls(ranges)
        for one in literals:
            box._add(one)
        return None if box._is_empty() else box

    def _add(self, one: Literal) -> None:
        self.met.add(one)
        match one.condition, one.holds:
            case IsNull(column), True:
                self.unknown.add(column)
                return
            case Comparison(operator, left, Number(value)), _ if operator != "<>":
                self.intervals[left] = self._range(left).met(_interval(operator, value))
            case (SameText() | OneOf()) as condition, True:
                self.texts[condition.column] = self.texts.get(condition.column, _texts(condition)) & _texts(condition)
            case (SameText() | OneOf()) as condition, False:
                before = self.other_than.get(condition.column, frozenset())
                self.other_than[condition.column] = before | _texts(condition)
            case _:
                pass
        self.known |= set(needed_columns(one.condition))

    def _range(self, expression: Value) -> Interval:
        """What is known of an expression so far: at least the range of its column."""
        if expression in self.intervals:
            return self.intervals[expression]
        word = self.ranges.get(expression.name) if isinstance(expression, Column) else None
        return Interval() if word is None else Interval(word.minimum, word.maximum)

    def _is_empty(self) -> bool:
        return bool(
            self.known & self.unknown
            or any(interval.is_empty for interval in self.intervals.values())
            or any(not texts - self.other_than.get(column, frozenset()) for column, texts in self.texts.items())
            or any(self._is_contradicted(one) for one in self.met)
        )

    def _is_contradicted(self, one: Literal) -> bool:
        contrary = literal(opposite(one.condition)) if one.holds else Literal(one.condition, holds=True)
        if contrary in self.met:
            return True
        match one.condition, one.holds:
            case Comparison("<>", left, Number(value)), _:
                return self.intervals.get(left) == Interval(value, value)
            case Begins(column, text), holds if column in self.texts:
                return not any(one.startswith(text) is holds for one in self.texts[column])
        return False

    def implies(self, one: Literal) -> bool:
        """Whether whatever is in the box meets a literal."""
        if one in self.met:
            return True
        match one.condition, one.holds:
            case IsNull(column), False:
                return column in self.known
            case Comparison(operator, left, Number(value)), _ if left in self.intervals:
                return self._bounds(self.intervals[left], operator, value)
            case (SameText() | OneOf()) as condition, True:
                return condition.column in self.texts and self.texts[condition.column] <= _texts(condition)
            case (SameText() | OneOf()) as condition, False:
                return self._excludes(condition.column, _texts(condition))
            case Begins(column, text), True:
                return self._begins(column, text)
            case Contains(_, phrases), True:
                return any(
                    isinstance(met.condition, Contains) and met.holds and set(met.condition.phrases) <= set(phrases)
                    for met in self.met
                )
        return False

    @staticmethod
    def _bounds(interval: Interval, operator: str, value: float) -> bool:
        if operator == "<>":
            return interval.met(Interval(value, value)).is_empty
        return interval.within(_interval(operator, value))

    def _excludes(self, column: str, texts: frozenset[str]) -> bool:
        if column in self.texts:
            return not self.texts[column] & texts
        return texts <= self.other_than.get(column, frozenset())

    def _begins(self, column: str, text: str) -> bool:
        if column in self.texts:
            return all(one.startswith(text) for one in self.texts[column])
        met = (one.condition for one in self.met if one.holds)
        return any(isinstance(one, Begins) and one.column == column and one.text.startswith(text) for one in met)


def _texts(condition: SameText | OneOf) -> frozenset[str]:
    return frozenset((condition.text,) if isinstance(condition, SameText) else condition.texts)


def boxes(tree: Predicate, ranges: Vocabulary) -> list[Box] | None:
    """Boxes that a tree hits, without empty ones; None where they are too many."""
    found = alternatives(tree)
    if found is None:
        return None
    return [box for box in (Box.of(one, ranges) for one in found) if box is not None]


def is_never(tree: Predicate, ranges: Vocabulary) -> bool:
    """Whether a rule is seen to hit nothing, whatever the parcel."""
    return boxes(tree, ranges) == []


def is_always(tree: Predicate, ranges: Vocabulary) -> bool:
    """Whether a rule is seen to hit every parcel for which it can be evaluated."""
    return is_never(opposite(tree), ranges)


def follows(from_: Predicate, tree: Predicate, ranges: Vocabulary) -> bool:
    """Whether a rule is seen to hit every parcel that another one, which can hit, hits."""
    given = boxes(from_, ranges)
    wanted = pushed(tree)
    return bool(given) and all(_met(wanted, box) for box in given or [])


def _met(tree: Predicate, box: Box) -> bool:
    match tree:
        case And(parts):
            return all(_met(part, box) for part in parts)
        case Or(parts):
            return any(_met(part, box) for part in parts)
        case _:
            return box.implies(literal(tree))


def is_origin_alone(tree: Predicate, known: Vocabulary) -> bool:
    """Whether a rule hits some parcels for their origin alone: conditions that are always met do not count."""
    return _is_origin_alone(pushed(tree), known)


def _is_origin_alone(tree: Predicate, known: Vocabulary) -> bool:
    match tree:
        case And(parts):
            return all(_is_origin_alone(part, known) or is_always(part, known) for part in parts)
        case Or(parts):
            return any(_is_origin_alone(part, known) for part in parts)
        case Comparison() if counted_in(tree):
            return _counts_origin_alone(tree, known)
        case _:
            return says_origin_only(literal(tree), known) or is_always(tree, known)


def _counts_origin_alone(tree: Comparison, known: Vocabulary) -> bool:
    """Whether a count is reached without any condition on the parcel itself.

    Every such condition counts as not met, and what says nothing but the origin, or is always met, as either.
    """
    free = [part for part in counted_in(tree) if _is_origin_alone(part, known)]
    if len(free) > MOST_FREE:
        return True
    return any(
        bool(COMPARES[tree.operator](worth(tree.left, met), worth(tree.right, met)))
        for n in range(len(free) + 1)
        for met in map(frozenset, combinations(free, n))
    )


def says_origin_only(one: Literal, known: Vocabulary) -> bool:
    """Whether a literal reads nothing but the origin; that two origins differ is more than an origin."""
    columns = columns_of(one.condition)
    differs = len(columns) > 1 and not one.holds
    return not differs and all(known[name].is_origin for name in columns if name in known)


def is_of_origin(condition: Condition, known: Vocabulary) -> bool:
    """Whether a condition reads nothing but the origin."""
    return says_origin_only(Literal(condition, holds=True), known)
