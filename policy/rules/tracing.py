"""Why a rule hit a parcel, condition by condition; or which single condition it missed, and with what value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy.rules.columns import Columns, of_facts
from policy.rules.counts import COMPARES, counted_in, needed_columns, worth
from policy.rules.normal import pushed
from policy.rules.operands import Lists
from policy.rules.program import Program
from policy.rules.tree import And, Comparison, Predicate, text
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
    counted:
        Where it counts conditions: these.
    count:
        What they come to; None where nothing is counted.
    values:
        Of the columns that it reads; None where one is not known. Of a description only whether it is given: its words
        are free text.
    """

    part: Predicate
    holds: bool | None
    values: Mapping[str, float | str | None]
    counted: tuple[Traced, ...] = ()
    count: float | None = None

    @property
    def condition(self) -> str:
        """The condition as it is written."""
        return text(self.part)

    @property
    def is_one_short(self) -> bool:
        """Whether one more of the conditions that are counted would do."""
        if not isinstance(self.part, Comparison):
            return False
        compare, left, right = COMPARES[self.part.operator], self.part.left, self.part.right
        met = {one.part for one in self.counted if one.holds}
        unmet = [one.part for one in self.counted if one.holds is False]
        return any(compare(worth(left, met | {one}), worth(right, met | {one})) for one in unmet)


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
        if len(missed) != 1 or missed[0].holds is None:
            return None
        return missed[0] if missed[0].is_one_short or (len(self.conditions) > 1 and not missed[0].counted) else None


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


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A condition made ready: where its truth is found, what it counts, and what it reads."""

    part: Predicate
    step: int
    counted: tuple[_Part, ...]
    columns: tuple[str, ...]


class Tracer:
    """Rules made ready to be traced; see `policy.rules.program.Program` for what they are made ready with."""

    def __init__(self, rules: Sequence[Predicate], known: Vocabulary | None = None, lists: Lists | None = None) -> None:
        """Take the rules apart into conditions, each of which is worked out once."""
        self.rules = tuple(rules)
        self._known = vocabulary() if known is None else known
        parts = [conjuncts(rule) for rule in rules]
        whole = [part for one in parts for part in one]
        flat = dict.fromkeys(each for part in whole for each in (part, *counted_in(part)))
        self._step_of = {part: step for step, part in enumerate(flat)}
        self._program = Program([*flat, *rules], self._known, lists)
        self._parts = [tuple(self._ready(part) for part in one) for one in parts]

    def _ready(self, part: Predicate) -> _Part:
        counted = tuple(self._ready(one) for one in counted_in(part))
        return _Part(part=part, step=self._step_of[part], counted=counted, columns=needed_columns(part))

    def on(self, columns: Columns, row: int = 0) -> OnParcel:
        """What the rules can be asked about the parcel in `row`."""
        each, values = self._program.each(columns), _Values(columns, row, self._known)

        def truth(step: int) -> bool | None:
            found = each(step)
            return _truth(found.is_true[row], found.is_false[row])

        return OnParcel(rules=self.rules, truth=truth, n_parts=len(self._step_of), values=values, parts=self._parts)

    def traces(self, columns: Columns, row: int = 0) -> list[Trace]:
        """What became of each rule on the parcel in `row`."""
        on = self.on(columns, row)
        return [on.trace(number) for number in range(len(self._parts))]


@dataclass(frozen=True, kw_only=True)
class OnParcel:
    """Rules on one parcel: whether each hits, and why; only what is asked for is worked out."""

    rules: Sequence[Predicate]
    truth: Callable[[int], bool | None]
    n_parts: int
    values: _Values
    parts: Sequence[tuple[_Part, ...]]

    def hits(self, number: int) -> bool | None:
        """Whether a rule hits; None where it cannot be evaluated."""
        return self.truth(self.n_parts + number)

    def trace(self, number: int) -> Trace:
        """What became of a rule, condition by condition."""
        return Trace(hits=self.hits(number), conditions=tuple(map(self._traced, self.parts[number])))

    def _traced(self, one: _Part) -> Traced:
        counted = tuple(map(self._traced, one.counted))
        count = None
        if counted and isinstance(one.part, Comparison):
            count = worth(one.part.left, {each.part for each in counted if each.holds})
        values = {name: self.values[name] for name in one.columns}
        return Traced(part=one.part, holds=self.truth(one.step), values=values, counted=counted, count=count)


class _Values(dict[str, "float | str | None"]):
    """Values of one parcel by column, each read once."""

    def __init__(self, columns: Columns, row: int, known: Vocabulary) -> None:
        super().__init__()
        self._columns, self._row, self._known = columns, row, known

    def __missing__(self, name: str) -> float | str | None:
        found = self[name] = _value(self._columns, name, self._row, self._known)
        return found


def conjuncts(rule: Predicate) -> tuple[Predicate, ...]:
    """Conditions that must hold together; the rule itself where it is an alternative."""
    flat = pushed(rule)
    return flat.parts if isinstance(flat, And) else (flat,)


def _truth(is_true: bool, is_false: bool) -> bool | None:
    return True if is_true else False if is_false else None


def _value(facts: Columns, name: str, row: int, known: Vocabulary) -> float | str | None:
    if known[name].holds_text:
        texts = facts.texts(name)
        code = int(texts.codes[row])
        if code < 0:
            return None
        return "given" if name == DESCRIPTION else texts.distinct[code]
    number = float(facts.numbers(name)[row])
    return None if number != number else number
