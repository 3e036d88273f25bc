"""Rules that read what is gone or has changed since they were written, and what is left of them.

Such a rule is not switched off in silence. A condition on what is gone counts as met, and whatever the rest of the rule
then hits is checked by hand: no parcel that the rule would have selected is let go, and where its other conditions
decide, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from features.catalogue import catalogue
from features.fingerprints import Pinned, differences, pinned
from policy.rules.counts import counted_in
from policy.rules.normal import loosened, pushed
from policy.rules.tree import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Counted,
    Number,
    Or,
    Predicate,
    Value,
    both,
    columns_of,
    either,
    lists_of,
)
from policy.rules.vocabulary import Kind, Vocabulary, Word, vocabulary


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a rule read when it was written.

    Attributes
    ----------
    kinds:
        What each column held, by its name.
    pinned:
        Fingerprints of those columns that are features.
    lists:
        Names of lists.
    """

    kinds: Mapping[str, Kind]
    pinned: Pinned
    lists: tuple[str, ...] = ()

    @classmethod
    def by(cls, tree: Predicate) -> Read:
        """What a rule reads now."""
        words = {name: vocabulary()[name] for name in columns_of(tree)}
        features = [name for name in words if words[name].is_feature]
        kinds = {name: word.kind for name, word in words.items()}
        return cls(kinds=kinds, pinned=pinned(catalogue(), features), lists=lists_of(tree))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Read:
        """Read what `as_document` gave."""
        return cls(
            kinds={name: Kind(kind) for name, kind in document["kinds"].items()},
            pinned=Pinned(n_golden=document["n_golden"], features=document["features"]),
            lists=tuple(document["lists"]),
        )

    def as_document(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return {
            "kinds": {name: kind.value for name, kind in self.kinds.items()},
            "features": dict(self.pinned.features),
            "n_golden": self.pinned.n_golden,
            "lists": list(self.lists),
        }

    def vocabulary(self) -> Vocabulary:
        """The vocabulary now, with what was there when the rule was written."""
        gone = {name: Word(name=name, kind=kind) for name, kind in self.kinds.items() if name not in vocabulary()}
        return {**vocabulary(), **gone} if gone else vocabulary()

    def lost(self) -> dict[str, str]:
        """Columns that are gone or have changed, each with what became of it."""
        now = vocabulary()
        changed = {text.split(" ")[0]: text for text in differences(self.pinned, catalogue())}
        gone = {name: f"{name} (gone)" for name in self.kinds if name not in now}
        other = {
            name: f"{name} (changed)" for name, kind in self.kinds.items() if name in now and now[name].kind is not kind
        }
        return {**changed, **other, **gone}


def without(tree: Predicate, columns: Collection[str], lists: Collection[str] = ()) -> Predicate | None:
    """What is left of a rule when conditions on lost columns and lists count as met; None where nothing is left."""

    def is_lost(condition: Condition) -> bool:
        return _any_in(lists_of(condition), lists) or _any_in(columns_of(condition), columns)

    return loosened(_counting_met(tree, is_lost), is_lost)


def _counting_met(tree: Predicate, is_lost: Callable[[Condition], bool]) -> Predicate:
    """The same tree where counts take lost conditions as met, as far as that lets a count reach more."""
    match pushed(tree):
        case And(parts):
            return both(_counting_met(part, is_lost) for part in parts)
        case Or(parts):
            return either(_counting_met(part, is_lost) for part in parts)
        case Comparison(operator, left, Number() as bound) if operator in (">", ">=") and counted_in(left):
            return Comparison(operator, _met(left, is_lost), bound)
        case other:
            return other


def _met(value: Value, is_lost: Callable[[Condition], bool]) -> Value:
    match value:
        case Counted(part) if loosened(part, is_lost) != pushed(part):
            left = loosened(part, is_lost)
            return Number(1.0) if left is None else Counted(left)
        case Arithmetic("+" | "*" as operator, left, right):
            return Arithmetic(operator, _met(left, is_lost), _met(right, is_lost))
        case Arithmetic("/" as operator, left, Number() as by):
            return Arithmetic(operator, _met(left, is_lost), by)
        case _:
            return value


def _any_in(names: Iterable[str], known: Collection[str]) -> bool:
    return any(name in known for name in names)
