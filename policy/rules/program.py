"""All rules of a set over columns of parcels, in one pass: what several rules say is worked out once.

A truth value is two columns, *is true* and *is false*; where both are false it is NULL. AND, OR and NOT of three-valued
logic are then plain operations of bits: the fastest that numpy has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from features.identity import normalise
from policy.capacity import Flags
from policy.chance import Floats
from policy.rules.columns import Codes, Columns, Texts
from policy.rules.operands import Lists
from policy.rules.phrases import Phrases
from policy.rules.tree import (
    And,
    Arithmetic,
    Begins,
    Column,
    Comparison,
    Condition,
    Contains,
    ContainsList,
    Counted,
    Flag,
    IsNull,
    Negative,
    Not,
    Number,
    OneOf,
    OneOfList,
    Or,
    Predicate,
    SameColumn,
    SameText,
    Value,
    nodes,
)
from policy.rules.vocabulary import DESCRIPTION, Kind, Vocabulary, vocabulary
from policy.rules.word_lists import word_lists


@dataclass(frozen=True)
class Truth:
    """Truth values of `n` parcels; NULL where neither is true."""

    is_true: Flags
    is_false: Flags

    @property
    def is_null(self) -> Flags:
        """Whose value is not known."""
        return ~(self.is_true | self.is_false)


class Program:
    """Rules, made ready to run.

    Parameters
    ----------
    rules:
        Trees in canonical form.
    known:
        Vocabulary that they were read by; that of this installation by default.
    lists:
        Entries of the lists that they name; those that are shipped by default.
    """

    def __init__(self, rules: Iterable[Predicate], known: Vocabulary | None = None, lists: Lists | None = None) -> None:
        """Collect what all of them read."""
        self.rules = tuple(rules)
        self._known = vocabulary() if known is None else known
        self._lists = word_lists() if lists is None else lists
        self._steps: dict[Predicate | Value, int] = {}
        self._work: list[Callable[[_Run], object]] = []
        contained = dict.fromkeys(
            node for rule in self.rules for node in nodes(rule) if isinstance(node, Contains | ContainsList)
        )
        self._phrases = Phrases(self._phrases_of(node) for node in contained)
        self._set_of = {node: position for position, node in enumerate(contained)}
        self._results = [self._step(rule) for rule in self.rules]

    def _phrases_of(self, node: Contains | ContainsList) -> Iterable[str]:
        return node.phrases if isinstance(node, Contains) else self._lists[node.list]

    def truths(self, columns: Columns) -> list[Truth]:
        """Truth values of each rule.

        Parameters
        ----------
        columns:
            Of `n` parcels.

        Returns
        -------
        One entry for each rule, with columns of shape ``(n,)``.
        """
        truth = self.each(columns)
        return [truth(number) for number in range(len(self.rules))]

    def each(self, columns: Columns) -> Callable[[int], Truth]:
        """Truth values of the rule of a number, worked out when it is asked for; see `truths`."""
        run, results = _Run(columns, self._phrases, self._work), self._results
        return lambda number: run.truth(results[number])

    def hits(self, columns: Columns) -> Flags:
        """Which rules hit which parcels, shape ``(rules, n)``; a rule that cannot be evaluated does not hit."""
        truths = self.truths(columns)
        return np.array([truth.is_true for truth in truths], dtype=np.bool_).reshape(len(self.rules), columns.n)

    def _step(self, node: Predicate | Value) -> int:
        """Number of the step that works a node out; the same for equal nodes of all rules."""
        if node not in self._steps:
            work = self._of_value(node) if isinstance(node, Value) else self._of_predicate(node)
            self._steps[node] = len(self._work)
            self._work.append(work)
        return self._steps[node]

    def _of_value(self, node: Value) -> Callable[[_Run], object]:
        match node:
            case Column(name):
                return lambda run: run.columns.numbers(name)
            case Number(number):
                return lambda _: np.float64(number)
            case Negative(value):
                inner = self._step(value)
                return lambda run: -run.number(inner)
            case Arithmetic(operator, left, right):
                compute, one, other = _ARITHMETIC[operator], self._step(left), self._step(right)
                return lambda run: _finite(compute, run.number(one), run.number(other))
            case Counted(part):
                inner = self._step(part)
                return lambda run: run.truth(inner).is_true.astype(np.float64)
            case _:
                assert_never(node)

    def _of_predicate(self, node: Predicate) -> Callable[[_Run], Truth]:
        match node:
            case And(parts):
                steps = [self._step(part) for part in parts]
                return lambda run: _all(run, steps)
            case Or(parts):
                steps = [self._step(part) for part in parts]
                return lambda run: _any(run, steps)
            case Not(part):
                inner = self._step(part)
                return lambda run: Truth(run.truth(inner).is_false, run.truth(inner).is_true)
            case Comparison(operator, left, right):
                holds, fails = _COMPARISONS[operator]
                one, other = self._step(left), self._step(right)
                return lambda run: _compared(holds, fails, run.number(one), run.number(other))
            case _:
                return self._of_condition(node)

    def _of_condition(self, node: Condition) -> Callable[[_Run], Truth]:
        match node:
            case SameText(column, text):
                return self._among(column, (text,))
            case OneOf(column, texts):
                return self._among(column, texts)
            case OneOfList(column, name):
                return self._among(column, self._lists[name])
            case SameColumn(left, right):
                return lambda run: _alike(run.columns.texts(left), run.columns.texts(right))
            case Begins(column, text):
                return lambda run: _begins(run.columns.texts(column), text)
            case Contains() | ContainsList():
                position = self._set_of[node]
                return lambda run: run.contains(position)
            case Flag(column):
                return lambda run: _flag(run.columns.numbers(column))
            case IsNull(column):
                holds_text = self._known[column].holds_text
                return lambda run: _is_null(run.columns, column, holds_text=holds_text)
            case Comparison():
                return self._of_predicate(node)
            case _:
                assert_never(node)

    def _among(self, column: str, wanted: Iterable[str]) -> Callable[[_Run], Truth]:
        texts = frozenset(wanted)
        if self._known[column].kind is Kind.WORDS:
            return lambda run: _whole(run.columns.texts(column), texts)
        return lambda run: _among(run.columns.texts(column), texts)


class _Run:
    """What is worked out for the columns of one call: each step when it is asked for first, and once."""

    def __init__(self, columns: Columns, phrases: Phrases, work: Sequence[Callable[[_Run], object]]) -> None:
        self.columns = columns
        self.is_one = columns.n == 1
        self._phrases, self._work = phrases, work
        self._values: list[object] = [None] * len(work)
        self._contained: list[Flags] | None = None

    def _value(self, step: int) -> object:
        found = self._values[step]
        if found is None:
            found = self._values[step] = self._work[step](self)
        return found

    def number(self, step: int) -> Floats:
        return self._value(step)  # type: ignore[return-value]

    def truth(self, step: int) -> Truth:
        return self._value(step)  # type: ignore[return-value]

    def contains(self, position: int) -> Truth:
        texts = self.columns.texts(DESCRIPTION)
        if self._contained is None:
            self._contained = self._phrases.hits(texts)
        is_true = self._contained[position]
        return Truth(is_true, (texts.codes >= 0) & ~is_true)


_ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_Compare = Callable[[Floats, Floats], Flags]
_COMPARISONS: dict[str, tuple[_Compare, _Compare]] = {
    "<": (np.less, np.greater_equal),
    "<=": (np.less_equal, np.greater),
    ">": (np.greater, np.less_equal),
    ">=": (np.greater_equal, np.less),
}


def _finite(compute: Callable[[Floats, Floats], Floats], left: Floats, right: Floats) -> Floats:
    with np.errstate(all="ignore"):
        found = compute(left, right)
    return np.where(np.isfinite(found), found, np.nan)


def _equal(left: Floats, right: Floats) -> Flags:
    return np.equal(left, right)


def _differs(left: Floats, right: Floats) -> Flags:
    """Whether both are known and not the same; ``!=`` of numpy is true where one is not known."""
    return np.less(left, right) | np.greater(left, right)


_COMPARISONS |= {"=": (_equal, _differs), "<>": (_differs, _equal)}


def _compared(holds: _Compare, fails: _Compare, left: Floats, right: Floats) -> Truth:
    return Truth(holds(left, right), fails(left, right))


def _all(run: _Run, steps: Sequence[int]) -> Truth:
    """All of them; of a single parcel no more is worked out once one fails."""
    first = run.truth(steps[0])
    is_true, is_false = first.is_true, first.is_false
    for step in steps[1:]:
        if run.is_one and is_false[0]:
            break
        part = run.truth(step)
        is_true, is_false = is_true & part.is_true, is_false | part.is_false
    return Truth(is_true, is_false)


def _any(run: _Run, steps: Sequence[int]) -> Truth:
    first = run.truth(steps[0])
    is_true, is_false = first.is_true, first.is_false
    for step in steps[1:]:
        if run.is_one and is_true[0]:
            break
        part = run.truth(step)
        is_true, is_false = is_true | part.is_true, is_false & part.is_false
    return Truth(is_true, is_false)


def _of_codes(texts: Texts, known: Flags) -> Truth:
    """Truth of a text by that of each distinct one; `known` has an entry more, which is of no text."""
    is_true = known[texts.codes]
    return Truth(is_true, (texts.codes >= 0) & ~is_true)


def _among(texts: Texts, wanted: Iterable[str]) -> Truth:
    known = np.zeros(len(texts.distinct) + 1, dtype=np.bool_)
    code_of = texts.code_of
    known[[code_of[text] for text in wanted if text in code_of]] = True
    return _of_codes(texts, known)


def _whole(texts: Texts, wanted: frozenset[str]) -> Truth:
    """Whether a whole description is one of the normalised texts."""
    known = [normalise(text) in wanted for text in texts.distinct]
    return _of_codes(texts, np.array([*known, False], dtype=np.bool_))


def _begins(texts: Texts, beginning: str) -> Truth:
    known = [text.startswith(beginning) for text in texts.distinct]
    return _of_codes(texts, np.array([*known, False], dtype=np.bool_))


def _alike(left: Texts, right: Texts) -> Truth:
    code_of = left.code_of
    in_left: Codes = np.array([code_of.get(text, -2) for text in right.distinct] + [-1], dtype=np.int64)
    is_true = (left.codes == in_left[right.codes]) & (left.codes >= 0)
    return Truth(is_true, (left.codes >= 0) & (right.codes >= 0) & ~is_true)


def _flag(values: Floats) -> Truth:
    is_false = values == 0
    return Truth(~(is_false | np.isnan(values)), is_false)


def _is_null(columns: Columns, column: str, *, holds_text: bool) -> Truth:
    is_true = columns.texts(column).codes < 0 if holds_text else np.isnan(columns.numbers(column))
    return Truth(is_true, ~is_true)
