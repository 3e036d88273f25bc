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
    condition:
        As it is written.
    holds:
        Whether the parcel meets it; None where it cannot be evaluated.
    values:
        Of the columns that it reads; None where one is not known. Of a description only whether it is given: its words
        are free text.
    """

    condition: str
    holds: bool | None
    values: Mapping[str, float | str | None]


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
    words = vocabulary() if known is None else known
    parts = [_conjuncts(rule) for rule in rules]
    flat = list(dict.fromkeys(part for one in parts for part in one))
    program = Program([*flat, *rules], words, lists)
    truths = [_truth(one.is_true[row], one.is_false[row]) for one in program.truths(columns)]
    of_part = dict(zip(flat, truths, strict=False))
    return [
        Trace(hits=hits, conditions=tuple(_traced(part, of_part[part], columns, row, words) for part in one))
        for one, hits in zip(parts, truths[len(flat) :], strict=True)
    ]


def _conjuncts(rule: Predicate) -> tuple[Predicate, ...]:
    flat = pushed(rule)
    return flat.parts if isinstance(flat, And) else (flat,)


def _truth(is_true: bool, is_false: bool) -> bool | None:
    return True if is_true else False if is_false else None


def _traced(part: Predicate, holds: bool | None, facts: Columns, row: int, known: Vocabulary) -> Traced:
    values = {name: _value(facts, name, row, known) for name in columns_of(part)}
    return Traced(condition=text(part), holds=holds, values=values)


def _value(facts: Columns, name: str, row: int, known: Vocabulary) -> float | str | None:
    if known[name].holds_text:
        texts = facts.texts(name)
        code = int(texts.codes[row])
        if code < 0:
            return None
        return "given" if name == DESCRIPTION else texts.distinct[code]
    number = float(facts.numbers(name)[row])
    return None if number != number else number
