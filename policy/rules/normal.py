"""A tree with its negations at the conditions, and as alternatives of conjunctions, for reasoning about rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from policy.rules.tree import And, Condition, Not, Or, Predicate, both, either, opposite

MOST_ALTERNATIVES = 256
"""A rule with more is not reasoned about."""


@dataclass(frozen=True)
class Literal:
    """A condition that holds, or one that is false; neither where it is NULL."""

    condition: Condition
    holds: bool


Alternatives = list[tuple[Literal, ...]]


def pushed(tree: Predicate, *, holds: bool = True) -> Predicate:
    """The same, or with `holds` false its opposite, with every NOT in front of a single condition."""
    match tree:
        case Not(part):
            return pushed(part, holds=not holds)
        case And(parts) | Or(parts):
            join = both if isinstance(tree, And) is holds else either
            return join(pushed(part, holds=holds) for part in parts)
        case _:
            return tree if holds else opposite(tree)


def literal(tree: Predicate) -> Literal:
    """A condition, or one behind NOT, as a literal."""
    if isinstance(tree, Not):
        return Literal(_condition(tree.part), holds=False)
    return Literal(_condition(tree), holds=True)


def _condition(tree: Predicate) -> Condition:
    if isinstance(tree, And | Or | Not):
        raise TypeError(f"{type(tree).__name__} is no single condition; push negations down first")
    return tree


def alternatives(tree: Predicate) -> Alternatives | None:
    """Conjunctions of literals, one of which holds exactly where the tree is true; None where they are too many."""
    return _alternatives(pushed(tree))


def _alternatives(tree: Predicate) -> Alternatives | None:
    if not isinstance(tree, And | Or):
        return [(literal(tree),)]
    parts = [_alternatives(part) for part in tree.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    n = 1
    for part in known:
        n = n * len(part) if isinstance(tree, And) else n + len(part)
        if n > MOST_ALTERNATIVES:
            return None
    if isinstance(tree, Or):
        return [one for part in known for one in part]
    return [tuple(dict.fromkeys(one for chosen in combination for one in chosen)) for combination in product(*known)]


def loosened(tree: Predicate, drop: Callable[[Condition], bool]) -> Predicate | None:
    """What is left of a tree when each condition that is to `drop` counts as met; None where it then always holds.

    It hits whatever the tree hits, whatever the dropped conditions say.
    """
    return _loosened(pushed(tree), drop)


def _loosened(tree: Predicate, drop: Callable[[Condition], bool]) -> Predicate | None:
    if not isinstance(tree, And | Or):
        return None if drop(literal(tree).condition) else tree
    parts = [_loosened(part, drop) for part in tree.parts]
    kept = [part for part in parts if part is not None]
    if isinstance(tree, Or):
        return either(kept) if len(kept) == len(parts) else None
    return both(kept) if kept else None
