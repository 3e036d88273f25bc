"""Why a rule hit a parcel, condition by condition; or which single condition it missed, and with what value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.rules.columns import Columns, of_facts
from policy.rules.normal import pushed
from policy.rules.operands import Lists
from policy.rules.program import Program
from policy.rules.tree import And, Predicate, columns_of, text
from policy.rules.vocabulary import DESCRIPTION, Vocabulary, vocabulary


@dataclass(frozen=True, kw_only=True)
class Traced:
    """One condition of a rule on one parcel.

    Attributes
    ----------
    part:
        The condition.
    holds:
        Whether the parcel meets it; None where it cannot be evaluated.
    values:
        Of the columns that it reads; None where one is not known. Of a description only whether it is given: its words
        are free text.
    """

    part: Predicate
    holds: bool | None
    values: Mapping[str, float | str | None]

    @property
    def condition(self) -> str:
        """The condition as it is written."""
        return text(self.part)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What became of a rule on one parcel.

    Attributes
    ----------
    hits:
        Whether it hit; None where it could not be evaluated.
    conditions:
        All that must hold together; one where the rule is an alternative of conditions.
    """

    hits: bool | None
    conditions: tuple[Traced, ...]

    @property
    def near_miss(self) -> Traced | None:
        """The only condition that the parcel does not meet; None where it meets all, or lacks more than one."""
        missed = [one for one in self.conditions if not one.holds]
        return missed[0] if len(missed) == 1 and len(self.conditions) > 1 and missed[0].holds is False else None


def trace(rule: Predicate, facts: Mapping[str, Any], lists: Lists | None = None) -> Trace:
    """What became of a rule on one parcel, whose facts are given by name."""
    return traces([rule], of_facts([facts]), lists=lists)[0]


def traces(
    rules: Sequence[Predicate],
    columns: Columns,
    row: int = 0,
    *,
    known: Vocabulary | None = None,
    lists: Lists | None = None,
) -> list[Trace]:
    """What became of several rules on the parcel in `row`."""
    return Tracer(rules, known, lists).traces(columns, row)


class Tracer:
    """Rules made ready to be traced; see `policy.rules.program.Program` for what they are made ready with."""

    def __init__(self, rules: Sequence[Predicate], known: Vocabulary | None = None, lists: Lists | None = None) -> None:
        """Take the rules apart into conditions, each of which is worked out once."""
        self._known = vocabulary() if known is None else known
        self._parts = [conjuncts(rule) for rule in rules]
        self._flat = list(dict.fromkeys(part for one in self._parts for part in one))
        self._program = Program([*self._flat, *rules], self._known, lists)

    def traces(self, columns: Columns, row: int = 0) -> list[Trace]:
        """What became of each rule on the parcel in `row`."""
        truths = [_truth(one.is_true[row], one.is_false[row]) for one in self._program.truths(columns)]
        of_part = dict(zip(self._flat, truths, strict=False))
        return [
            Trace(hits=hits, conditions=tuple(_traced(part, of_part[part], columns, row, self._known) for part in one))
            for one, hits in zip(self._parts, truths[len(self._flat) :], strict=True)
        ]


def conjuncts(rule: Predicate) -> tuple[Predicate, ...]:
    """Conditions that must hold together; the rule itself where it is an alternative."""
    flat = pushed(rule)
    return flat.parts if isinstance(flat, And) else (flat,)


def _truth(is_true: bool, is_false: bool) -> bool | None:
    return True if is_true else False if is_false else None


def _traced(part: Predicate, holds: bool | None, facts: Columns, row: int, known: Vocabulary) -> Traced:
    values = {name: _value(facts, name, row, known) for name in columns_of(part)}
    return Traced(part=part, holds=holds, values=values)


def _value(facts: Columns, name: str, row: int, known: Vocabulary) -> float | str | None:
    if known[name].holds_text:
        texts = facts.texts(name)
        code = int(texts.codes[row])
        if code < 0:
            return None
        return "given" if name == DESCRIPTION else texts.distinct[code]
    number = float(facts.numbers(name)[row])
    return None if number != number else number
