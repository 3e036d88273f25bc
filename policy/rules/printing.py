"""A rule as SQL of Polars and of DuckDB, for comparison with other engines and for use in an analyst's own queries.

The columns of their tables are numbers and texts with NULL where a value is not known, booleans for yes and no, and
descriptions that are normalised already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import assert_never

from policy.rules.operands import Lists
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
    quoted,
)
from policy.rules.word_lists import word_lists


class Engine(StrEnum):
    """Engine whose SQL is written."""

    POLARS = "polars"
    DUCKDB = "duckdb"


_MATCHES = {Engine.POLARS: "REGEXP_LIKE", Engine.DUCKDB: "regexp_matches"}


def printed(tree: Predicate, engine: Engine, lists: Lists | None = None) -> str:
    """SQL of a rule for one engine; `lists` are those that it names, by default the shipped ones."""
    known = word_lists() if lists is None else lists

    def write(node: Predicate) -> str:
        match node:
            case And(parts):
                return _chained(" AND ", parts, write)
            case Or(parts):
                return _chained(" OR ", parts, write)
            case Not(part):
                return f"(NOT {write(part)})"
            case Comparison(operator, left, right):
                return f"({_value(left, write)} {operator} {_value(right, write)})"
            case _:
                return _condition(node, engine, known)

    return write(tree)


def _chained(operator: str, parts: Iterable[Predicate], write: Callable[[Predicate], str]) -> str:
    return f"({operator.join(map(write, parts))})"


def _condition(node: Condition, engine: Engine, lists: Lists) -> str:
    match node:
        case SameText(column, text):
            return f"({column} = {quoted(text)})"
        case SameColumn(left, right):
            return f"({left} = {right})"
        case OneOf(column, texts):
            return _among(column, texts)
        case OneOfList(column, name):
            return _among(column, sorted(lists[name]))
        case Begins(column, text):
            return f"starts_with({column}, {quoted(text)})"
        case Contains(column, phrases):
            return _contains(column, phrases, engine)
        case ContainsList(column, name):
            return _contains(column, sorted(lists[name]), engine)
        case Flag(column):
            return column
        case IsNull(column):
            return f"({column} IS NULL)"
        case Comparison():
            return printed(node, engine, lists)
        case _:
            assert_never(node)


def _among(column: str, texts: Iterable[str]) -> str:
    return f"({column} IN ({', '.join(map(quoted, texts))}))"


def _contains(column: str, phrases: Iterable[str], engine: Engine) -> str:
    pattern = f"(^| )({'|'.join(map(re.escape, phrases))})( |$)"
    return f"{_MATCHES[engine]}({column}, {quoted(pattern)})"


def _value(node: Value, write: Callable[[Predicate], str]) -> str:
    match node:
        case Column(name):
            return name
        case Number(value):
            return f"({value!r})"
        case Negative(value):
            return f"(-{_value(value, write)})"
        case Arithmetic(operator, left, right):
            divisor = f"NULLIF({_value(right, write)}, 0)" if operator == "/" else _value(right, write)
            return f"({_value(left, write)} {operator} {divisor})"
        case Counted(part):
            return f"(CASE WHEN {write(part)} THEN 1.0 ELSE 0.0 END)"
        case _:
            assert_never(node)
