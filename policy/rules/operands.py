"""What the conditions of a rule are about: columns, numbers with their units, texts, phrases and lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

from sqlglot import exp

from features.identity import normalise
from policy.rules import tree
from policy.rules.counts import counted_in, needed_columns
from policy.rules.problems import RuleError, nearest
from policy.rules.tree import Value
from policy.rules.vocabulary import Kind, Vocabulary, Word, why_not

Lists = Mapping[str, Collection[str]]
"""Entries of lists by the name of the list."""
MOST = 1e15
"""Numbers are smaller: beyond it not every whole number has a form of its own."""
MOST_COUNTED = 20
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}


@dataclass(frozen=True)
class Typed:
    """A number with its unit; None where any fits."""

    value: Value
    unit: str | None = None


def refuse(node: exp.Expr, what: str) -> NoReturn:
    """Raise what is wrong with a node, at the position of the first column or value below it."""
    starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
    raise RuleError(what, min(starts) + 1 if starts else None)


@dataclass(frozen=True)
class Operands:
    """Reads operands by a vocabulary and the lists that there are.

    Attributes
    ----------
    predicate:
        Reads a condition that is counted.
    """

    known: Vocabulary
    lists: Lists
    predicate: Callable[[exp.Expr], tree.Predicate]

    def word(self, node: exp.Expr) -> Word:
        """Return the column that a node names."""
        if not isinstance(node, exp.Column):
            refuse(node, "a column is expected here. Name one of docs/decision-rules.md.")
        name = node.name
        word = self.known.get(name) or self.known.get(name.lower())
        if word is None:
            reason = why_not(name.lower())
            if reason:
                refuse(node, f"{name} may not be read by a rule: {reason}.")
            refuse(node, f"there is no column {name}.{nearest(name, self.known)}")
        return word

    def of_kind(self, node: exp.Expr, *kinds: Kind) -> Word:
        """Return the column that a node names, which holds one of `kinds`."""
        word = self.word(node)
        if word.kind not in kinds:
            refuse(node, f"{word.name} holds {HOLDS[word.kind]}.")
        return word

    def text_of(self, node: exp.Expr, word: Word) -> str:
        """Text that a column of texts is compared with; of a description its words, normalised."""
        if word.kind is Kind.WORDS:
            return self.phrase(node)
        if not isinstance(node, exp.Literal) or not node.is_string:
            refuse(node, f"{word.name} is a text: write it in single quotes, as in {word.name} = 'NL'.")
        value = str(node.this)
        if word.choices and value not in word.choices:
            some = ", ".join(word.choices) if len(word.choices) <= 12 else "docs/decision-rules.md"
            refuse(node, f"{word.name} is never {value[:40]!r}.{nearest(value, word.choices)} It is one of {some}.")
        return value

    def list_name(self, node: exp.Expr) -> str:
        """Name of a list that there is."""
        name = node.name if isinstance(node, exp.Column) else ""
        if name not in self.lists:
            refuse(node, f"there is no list {name or 'of this name'}.{nearest(name, self.lists)}")
        return name

    def phrase(self, node: exp.Expr) -> str:
        """Words to look for, normalised."""
        phrase = normalise(str(node.this)) if isinstance(node, exp.Literal) and node.is_string else ""
        if not phrase:
            refuse(node, "words are given in single quotes, as in description CONTAINS ANY ('bath salt', 'tea').")
        return phrase

    def number(self, node: exp.Expr) -> Typed:
        """Return a number, or columns computed to one."""
        match node:
            case exp.Paren() if self._is_condition(node):
                return Typed(tree.Counted(self.predicate(node.this)))
            case exp.Paren():
                return self.number(node.this)
            case exp.Literal() if not node.is_string:
                return Typed(tree.Number(self._literal(node)))
            case exp.Neg():
                inner = self.number(node.this)
                if isinstance(inner.value, tree.Number):
                    return Typed(tree.Number(0.0 - inner.value.value), inner.unit)
                return Typed(tree.Negative(inner.value), inner.unit)
            case exp.Column():
                word = self.of_kind(node, Kind.NUMBER)
                return Typed(tree.Column(word.name), word.unit or None)
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                return self._arithmetic(node)
        refuse(node, "a number or a column of numbers is expected here.")

    def _is_condition(self, node: exp.Expr) -> bool:
        """Whether what is in brackets is a condition and no number."""
        inner = node.unnest()
        if isinstance(inner, exp.Column):
            return self.word(inner).kind is Kind.YES_NO
        return not isinstance(inner, exp.Literal | exp.Neg | exp.Add | exp.Sub | exp.Mul | exp.Div)

    def _literal(self, node: exp.Expr) -> float:
        try:
            value = float(node.this)
        except ValueError:
            refuse(node, f"{str(node.this)[:40]} is no number. Write it as in 1200 or 0.5.")
        if not value < MOST:
            refuse(node, "the number is too large. Write one below 1e15.")
        return value

    def _arithmetic(self, node: exp.Expr) -> Typed:
        operator = _ARITHMETIC[type(node)]
        left, right = self.number(node.this), self.number(node.expression)
        if operator in "+-":
            self.check_units(left, right, node)
        unit = (left.unit or right.unit) if operator in "+-" else None
        if operator == "/" and right.value == tree.Number(0.0):
            refuse(node.expression, "a division by zero is never known. Divide by something else.")
        if isinstance(left.value, tree.Number) and isinstance(right.value, tree.Number):
            return Typed(tree.Number(self._computed(operator, left.value.value, right.value.value, node)), unit)
        return Typed(tree.Arithmetic(operator, left.value, right.value), unit)

    def _computed(self, operator: str, left: float, right: float, node: exp.Expr) -> float:
        values = {"+": left + right, "-": left - right, "*": left * right}
        value = left / right if operator == "/" else values[operator]
        if not abs(value) < MOST:
            refuse(node, "the number is too large. Write one below 1e15.")
        return value + 0.0

    def check_units(self, one: Typed, other: Typed, node: exp.Expr) -> None:
        """Refuse to add or compare what has other units."""
        if one.unit and other.unit and one.unit != other.unit:
            refuse(node, f"{one.unit} are compared with {other.unit}. Use columns of one unit, or convert one.")

    def check_counted(self, found: tree.Comparison, node: exp.Expr) -> None:
        """Refuse to mix conditions that are counted with columns of numbers, or to count too many."""
        counted = counted_in(found)
        if counted and needed_columns(found):
            refuse(node, "conditions are counted with numbers only. Compare columns in a condition of their own.")
        if len(counted) > MOST_COUNTED:
            refuse(node, f"more than {MOST_COUNTED} conditions are counted. Leave some out.")

    def check_range(self, found: tree.Comparison, node: exp.Expr) -> None:
        """Refuse a number that a column never reaches."""
        if not isinstance(found.left, tree.Column) or not isinstance(found.right, tree.Number):
            return
        word, value = self.known[found.left.name], found.right.value
        if not word.minimum <= value <= word.maximum:
            low, high = (
                tree.number(float(bound)) if math.isfinite(bound) else "" for bound in (word.minimum, word.maximum)
            )
            within = f"from {low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
            refuse(node, f"{word.name} is {within} {word.unit}; {tree.number(value)} is not.")


HOLDS = {
    Kind.NUMBER: "a number: compare it by = <> < <= > >= or BETWEEN",
    Kind.YES_NO: "yes or no: write it alone, or NOT before it",
    Kind.TEXT: "a text: compare it by =, <>, IN (...), IN LIST or LIKE 'beginning%'",
    Kind.WORDS: "free text: ask for words, as in description CONTAINS ANY ('tea'), or compare it by =, <> or IN",
}
