"""What a rule says, as a tree: seventeen kinds of nodes, and one canonical form from which its identity comes.

Whatever is written in two ways and means the same by these laws has one form: AND and OR are flat, without repetitions
and in the order of their texts; BETWEEN is two comparisons; ``1 < x`` is ``x > 1``; NOT NOT x is x; IN with one text is
``=``. Values that are not known are NULL, and the logic is three-valued as in SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
"""Comparison that says the same with its sides exchanged."""
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
"""Comparison that is true where the other is false, and NULL where it is."""


@dataclass(frozen=True)
class Column:
    """A column of numbers or texts."""

    name: str


@dataclass(frozen=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True)
class Arithmetic:
    """Two numbers by ``+``, ``-``, ``*`` or ``/``; NULL at a division by zero and where the result is not finite."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Negative:
    """A number with the other sign."""

    value: Value


@dataclass(frozen=True)
class Counted:
    """A condition as a number: 1 where it is met, 0 where it is not met and where it cannot be evaluated."""

    part: Predicate


Value = Column | Number | Arithmetic | Negative | Counted


@dataclass(frozen=True)
class Comparison:
    """Two numbers compared."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True)
class SameText:
    """A column of texts has the text."""

    column: str
    text: str


@dataclass(frozen=True)
class SameColumn:
    """Two columns have the same text."""

    left: str
    right: str


@dataclass(frozen=True)
class OneOf:
    """A column of texts has one of the texts."""

    column: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class OneOfList:
    """A column of texts has one of the entries of a list."""

    column: str
    list: str


@dataclass(frozen=True)
class Begins:
    """A column of texts begins so."""

    column: str
    text: str


@dataclass(frozen=True)
class Contains:
    """A description contains one of the phrases as whole words, after normalisation."""

    column: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class ContainsList:
    """A description contains one of the entries of a list."""

    column: str
    list: str


@dataclass(frozen=True)
class Flag:
    """A column of yes and no says yes."""

    column: str


@dataclass(frozen=True)
class IsNull:
    """The value of a column is not known; this itself is never NULL."""

    column: str


@dataclass(frozen=True)
class Not:
    """The opposite; NULL of NULL."""

    part: Predicate


@dataclass(frozen=True)
class And:
    """All of the parts."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True)
class Or:
    """One of the parts."""

    parts: tuple[Predicate, ...]


Condition = Comparison | SameText | SameColumn | OneOf | OneOfList | Begins | Contains | ContainsList | Flag | IsNull
"""What is true, false or NULL by itself."""
Predicate = Condition | Not | And | Or


def both(parts: Iterable[Predicate]) -> Predicate:
    """All of the parts, in canonical form."""
    return _joined(And, parts)


def either(parts: Iterable[Predicate]) -> Predicate:
    """One of the parts, in canonical form."""
    return _joined(Or, parts)


def _joined(kind: type[And] | type[Or], parts: Iterable[Predicate]) -> Predicate:
    flat = {text(one): one for part in parts for one in (part.parts if isinstance(part, kind) else (part,))}
    ordered = tuple(flat[key] for key in sorted(flat))
    return ordered[0] if len(ordered) == 1 else kind(ordered)


def opposite(part: Predicate) -> Predicate:
    """The opposite, in canonical form."""
    if isinstance(part, Not):
        return part.part
    if isinstance(part, Comparison):
        return Comparison(OPPOSITE[part.operator], part.left, part.right)
    return Not(part)


def compared(operator: str, left: Value, right: Value) -> Comparison:
    """Two numbers compared, in canonical form: what is no number is on the left, columns in order."""
    if isinstance(left, Number) or (not isinstance(right, Number) and _value(left) > _value(right)):
        return Comparison(MIRRORED[operator], right, left)
    return Comparison(operator, left, right)


def one_of(column: str, texts: Iterable[str]) -> Predicate:
    """A text among others, in canonical form."""
    distinct = tuple(sorted(set(texts)))
    return SameText(column, distinct[0]) if len(distinct) == 1 else OneOf(column, distinct)


def digest(tree: Predicate) -> str:
    """Identity of a rule: sixteen hexadecimal digits over its canonical form."""
    return hashlib.sha256(text(tree).encode()).hexdigest()[:16]


def text(node: Predicate) -> str:
    """A predicate as it is written, in canonical form; reading it gives the same tree."""
    match node:
        case And(parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts):
            return " OR ".join(_inner(part) for part in parts)
        case Not(part):
            return _not(part)
        case Comparison(operator, left, right):
            return f"{_value(left)} {operator} {_value(right)}"
        case _:
            return _text_condition(node, "")


def _inner(part: Predicate) -> str:
    return f"({text(part)})" if isinstance(part, And | Or) else text(part)


def _not(part: Predicate) -> str:
    match part:
        case SameText(column, value):
            return f"{column} <> {quoted(value)}"
        case SameColumn(left, right):
            return f"{left} <> {right}"
        case IsNull(column):
            return f"{column} IS NOT NULL"
        case OneOf() | OneOfList() | Begins():
            return _text_condition(part, "NOT ")
        case _:
            return f"NOT {_inner(part)}"


def _text_condition(node: Condition, negation: str) -> str:
    match node:
        case SameText(column, value):
            return f"{column} = {quoted(value)}"
        case SameColumn(left, right):
            return f"{left} = {right}"
        case OneOf(column, texts):
            return f"{column} {negation}IN ({', '.join(map(quoted, texts))})"
        case OneOfList(column, name):
            return f"{column} {negation}IN LIST {name}"
        case Begins(column, value):
            return f"{column} {negation}LIKE {quoted(value + '%')}"
        case Contains(column, phrases):
            return f"{column} CONTAINS ANY ({', '.join(map(quoted, phrases))})"
        case ContainsList(column, name):
            return f"{column} CONTAINS ANY LIST {name}"
        case Flag(column):
            return column
        case IsNull(column):
            return f"{column} IS NULL"
        case Comparison():
            return text(node)
        case _:
            assert_never(node)


def _value(node: Value) -> str:
    match node:
        case Column(name):
            return name
        case Number(value):
            return number(value)
        case Negative(value):
            return f"-{_operand(value)}"
        case Arithmetic(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Counted(part):
            return f"({text(part)})"
        case _:
            assert_never(node)


def _operand(node: Value) -> str:
    return f"({_value(node)})" if isinstance(node, Arithmetic | Negative) else _value(node)


def number(value: float) -> str:
    """A number as it is written: whole ones without a fraction."""
    return str(int(value)) if value.is_integer() else repr(value)


def quoted(value: str) -> str:
    """A text as it is written."""
    return "'" + value.replace("'", "''") + "'"


def children(node: Predicate | Value) -> tuple[Predicate | Value, ...]:
    """Nodes directly below a node; those of a column are none."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | Counted(part):
            return (part,)
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            return left, right
        case Negative(value):
            return (value,)
        case _:
            return ()


def nodes(root: Predicate | Value) -> Iterator[Predicate | Value]:
    """Return a node and all below it."""
    waiting: list[Predicate | Value] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)


def depth(root: Predicate | Value) -> int:
    """Nodes on the longest way down."""
    deepest, level = 0, [root]
    while level:
        deepest, level = deepest + 1, [child for node in level for child in children(node)]
    return deepest


def columns_of(root: Predicate | Value) -> tuple[str, ...]:
    """Names of the columns that a tree reads, in alphabetical order."""
    return tuple(sorted({name for node in nodes(root) for name in columns_at(node)}))


def columns_at(node: Predicate | Value) -> tuple[str, ...]:
    """Columns that a node itself names."""
    match node:
        case Column(name):
            return (name,)
        case SameColumn(left, right):
            return left, right
        case And() | Or() | Not() | Comparison() | Number() | Arithmetic() | Negative() | Counted():
            return ()
        case _:
            return (node.column,)


def lists_of(root: Predicate) -> tuple[str, ...]:
    """Names of the lists that a tree reads, in alphabetical order."""
    return tuple(sorted({node.list for node in nodes(root) if isinstance(node, OneOfList | ContainsList)}))
