"""Read a condition: from text to a typed tree, or to an error that says where and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.parser import Parser

from policy.rules import tree
from policy.rules.fence import fenced
from policy.rules.operands import HOLDS, Lists, Operands, refuse
from policy.rules.problems import RuleError
from policy.rules.tree import Predicate
from policy.rules.vocabulary import Kind, Vocabulary, vocabulary
from policy.rules.word_lists import word_lists

DEEPEST = 60
"""More nodes below each other would not fit the stack of whoever evaluates them."""
_COMPARISONS: dict[type[exp.Expr], str] = {
    **{exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<"},
    **{exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="},
}
_OPERANDS = frozenset({"this", "expression"})
_READ: dict[type[exp.Expr], frozenset[str]] = {
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions"}),
    exp.Is: _OPERANDS | {"negate"},
    exp.Like: _OPERANDS | {"negate"},
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Tuple: frozenset({"expressions"}),
}
"""What is read of each kind of node; of all others the operands."""


def read(condition: str, known: Vocabulary | None = None, lists: Lists | None = None) -> Predicate:
    """Typed tree of a condition, in canonical form.

    Parameters
    ----------
    known:
        Columns that it may name; those of this installation by default.
    lists:
        Entries of the lists that it may name; those that are shipped by default.

    Raises
    ------
    RuleError
        When it is no condition over one parcel in these columns; with its position, and the nearest name.
    """
    words, entries = vocabulary() if known is None else known, word_lists() if lists is None else lists
    reader = _Reader(words, entries)
    try:
        found = reader.predicate(_parsed(condition))
    except RecursionError:
        raise _too_deep() from None
    if tree.depth(found) > DEEPEST:
        raise _too_deep()
    return found


def _too_deep() -> RuleError:
    return RuleError("the condition is nested too deep, or computes with too many numbers. Simplify it.", 1)


def _parsed(condition: str) -> exp.Expr:
    tokens = fenced(condition)
    try:
        (parsed,) = Parser().parse_into(exp.Condition, tokens, condition)
    except ParseError as error:
        raise _in_words(error, condition) from None
    if parsed is None:
        raise RuleError("the condition is empty. Write one, such as gross_weight_g < 100.", 1)
    check_all_is_read(parsed)
    return parsed


def check_all_is_read(parsed: exp.Expr) -> None:
    """Refuse what the parser notes next to the operands and `_Reader` would pass over: a rule must not lose a word."""
    for node in parsed.walk():
        for name, value in node.args.items():
            if value and name not in _READ.get(type(node), _OPERANDS):
                refuse(node, f"{node.key.upper()} is written in a way that is no part of the language ({name}).")


def _in_words(error: ParseError, condition: str) -> RuleError:
    first = error.errors[0]
    written, what = str(first["highlight"]), str(first["description"])
    lines = condition.split("\n")
    before = sum(len(line) + 1 for line in lines[: int(first["line"]) - 1])
    position = max(1, before + int(first["col"]) - len(written) + 1)
    if "Expecting )" in what:
        return RuleError(f"a bracket is not closed behind {written}. Write ).", position)
    if "missing" in what:
        return RuleError(f"{written} lacks a value at one side. Write it.", position)
    return RuleError(f"{written} is not expected here. Join conditions by AND or OR.", position)


@dataclass(frozen=True)
class _Reader:
    _known: Vocabulary
    _lists: Lists

    @cached_property
    def _operands(self) -> Operands:
        return Operands(self._known, self._lists, self.predicate)

    @cached_property
    def _kinds(self) -> dict[type[exp.Expr], Callable[[exp.Expr], Predicate]]:
        """What reads each kind of node that is part of the language."""
        return {
            exp.And: lambda node: tree.both(map(self.predicate, node.flatten())),
            exp.Or: lambda node: tree.either(map(self.predicate, node.flatten())),
            exp.Not: lambda node: tree.opposite(self.predicate(node.this)),
            exp.Paren: lambda node: self.predicate(node.this),
            exp.Column: self._flag,
            exp.Between: self._between,
            exp.In: self._in,
            exp.Is: self._is_null,
            exp.Like: self._begins,
            exp.Glob: self._contains,
            exp.RegexpLike: self._in_list,
            **dict.fromkeys(_COMPARISONS, self._comparison),
        }

    def predicate(self, node: exp.Expr) -> Predicate:
        """Tree of what is true, false or NULL."""
        read_it = self._kinds.get(type(node))
        if read_it is None:
            refuse(node, "a condition is expected here. Compare it with something, as in gross_weight_g < 100.")
        found = read_it(node)
        return tree.opposite(found) if node.args.get("negate") else found

    def _flag(self, node: exp.Expr) -> Predicate:
        return tree.Flag(self._operands.of_kind(node, Kind.YES_NO).name)

    def _is_null(self, node: exp.Expr) -> Predicate:
        if not isinstance(node.expression, exp.Null):
            refuse(node, "IS is written before NULL or NOT NULL only. Name a yes/no column alone.")
        return tree.IsNull(self._operands.word(node.this).name)

    def _between(self, node: exp.Expr) -> Predicate:
        low, high = node.args["low"], node.args["high"]
        return tree.both((self._numbers(">=", node.this, low, node), self._numbers("<=", node.this, high, node)))

    def _comparison(self, node: exp.Expr) -> Predicate:
        operator = _COMPARISONS[type(node)]
        left, right = node.this, node.expression
        if isinstance(left, exp.Literal) and isinstance(right, exp.Column):
            left, right, operator = right, left, tree.MIRRORED[operator]
        kind = self._operands.word(left).kind if isinstance(left, exp.Column) else Kind.NUMBER
        if kind is Kind.NUMBER:
            return self._numbers(operator, left, right, node)
        if operator not in ("=", "<>"):
            refuse(left, f"{left.name} holds {HOLDS[kind]}.")
        same = self._same(left, right)
        return same if operator == "=" else tree.opposite(same)

    def _same(self, left: exp.Expr, right: exp.Expr) -> Predicate:
        word = self._operands.word(left)
        if word.kind is Kind.YES_NO:
            if not isinstance(right, exp.Boolean):
                refuse(left, f"{word.name} holds {HOLDS[word.kind]}.")
            flag = tree.Flag(word.name)
            return flag if right.this else tree.Not(flag)
        if isinstance(right, exp.Column) and word.kind is Kind.TEXT:
            other = self._operands.of_kind(right, Kind.TEXT).name
            return tree.SameColumn(*sorted((word.name, other)))
        return tree.SameText(word.name, self._operands.text_of(right, word))

    def _in(self, node: exp.Expr) -> Predicate:
        word, options = self._operands.word(node.this), node.expressions
        if not options or word.kind is Kind.YES_NO:
            refuse(node.this, "IN needs a column of texts or numbers, and values in brackets.")
        if word.kind is Kind.NUMBER:
            return tree.either(self._numbers("=", node.this, option, option) for option in options)
        return tree.one_of(word.name, [self._operands.text_of(option, word) for option in options])

    def _in_list(self, node: exp.Expr) -> Predicate:
        return tree.OneOfList(
            self._operands.of_kind(node.this, Kind.TEXT).name, self._operands.list_name(node.expression)
        )

    def _begins(self, node: exp.Expr) -> Predicate:
        word, pattern = self._operands.of_kind(node.this, Kind.TEXT), node.expression
        value = str(pattern.this) if isinstance(pattern, exp.Literal) and pattern.is_string else ""
        if not value.endswith("%") or len(value) < 2 or set(value[:-1]) & {"%", "_"}:
            refuse(node.this, f"LIKE compares a beginning only, as in {word.name} LIKE '2106%'.")
        return tree.Begins(word.name, value[:-1])

    def _contains(self, node: exp.Expr) -> Predicate:
        word, wanted = self._operands.of_kind(node.this, Kind.WORDS), node.expression
        if isinstance(wanted, exp.Column):
            return tree.ContainsList(word.name, self._operands.list_name(wanted))
        options = wanted.expressions if isinstance(wanted, exp.Tuple) else [wanted.this]
        phrases = [self._operands.phrase(option) for option in options]
        return tree.Contains(word.name, tuple(sorted(set(phrases))))

    def _numbers(self, operator: str, left: exp.Expr, right: exp.Expr, node: exp.Expr) -> tree.Comparison:
        one, other = self._operands.number(left), self._operands.number(right)
        if isinstance(one.value, tree.Number) and isinstance(other.value, tree.Number):
            refuse(node, "this compares two numbers, whatever the parcel. Name a column.")
        self._operands.check_units(one, other, node)
        found = tree.compared(operator, one.value, other.value)
        self._operands.check_counted(found, node)
        self._operands.check_range(found, node)
        return found
