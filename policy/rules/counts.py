"""Conditions that are counted: how many of several are met, weighted, as the conditions of a typology are."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping

from policy.rules.tree import Arithmetic, Column, Counted, Negative, Number, Predicate, Value, children, columns_at

COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    **{"=": operator.eq, "<>": operator.ne, "<": operator.lt},
    **{"<=": operator.le, ">": operator.gt, ">=": operator.ge},
}


def needed_columns(root: Predicate | Value) -> tuple[str, ...]:
    """Columns without which a tree may be NULL: all but those of conditions that are counted."""
    waiting, found = [root], set[str]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Counted):
            found |= set(columns_at(node))
            waiting += children(node)
    return tuple(sorted(found))


def counted_in(root: Predicate | Value) -> tuple[Predicate, ...]:
    """Conditions that a tree counts, in the order in which it is written."""
    if isinstance(root, Counted):
        return (root.part,)
    return tuple(dict.fromkeys(part for child in children(root) for part in counted_in(child)))


def worth(value: Value, met: Collection[Predicate]) -> float:
    """A count where some conditions are met and all others are not; NaN at a division by zero."""
    match value:
        case Number(number):
            return number
        case Negative(inner):
            return -worth(inner, met)
        case Arithmetic(operator, left, right):
            one, other = worth(left, met), worth(right, met)
            if operator == "/":
                return one / other if other else math.nan
            return {"+": one + other, "-": one - other, "*": one * other}[operator]
        case Counted(part):
            return 1.0 if part in met else 0.0
        case Column():
            return math.nan
