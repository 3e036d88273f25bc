"""Rules of an office before scores: conditions over the columns of a parcel, each with a weight."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl

from policy.chance import Floats
from policy.rules import Predicate, Program, RuleError, Vocabulary, columns_of, of_table, read, words_of_table


@dataclass(frozen=True, kw_only=True)
class HistoricRule:
    """A historic rule.

    Attributes
    ----------
    name:
        How reports call it.
    when:
        Condition over the columns of a parcel, see docs/decision-rules.md; the record of a synthetic office, which has
        no secrets, has personal columns as well.
    weight:
        How strongly a hit draws the budget, relative to other rules.
    """

    name: str
    when: str
    weight: float


def historic_rules() -> list[HistoricRule]:
    """Rules of an office before scores, as shipped: conditions over the columns of the event log."""
    document = tomllib.loads(files("policy.historic").joinpath("rules.toml").read_text("utf-8"))
    return [
        HistoricRule(name=name, when=rule["when"], weight=rule["weight"]) for name, rule in document["rules"].items()
    ]


def rule_weights(facts: pl.DataFrame, rules: Iterable[HistoricRule]) -> Floats:
    """Weight of the strongest rule that each row of `facts` hits; 0 where it hits none.

    Raises
    ------
    RuleError
        When a condition cannot be read, or names a column that `facts` lacks.
    """
    given, known = list(rules), words_of_table(facts)
    program = Program([_read(rule, known) for rule in given], known)
    weights = np.zeros(facts.height)
    for rule, hits in zip(given, program.hits(of_table(facts)), strict=True):
        weights = np.maximum(weights, np.where(hits, rule.weight, 0.0))
    return weights


def columns_read(facts: pl.DataFrame, rules: Iterable[HistoricRule]) -> set[str]:
    """Columns of `facts` that conditions name.

    Raises
    ------
    RuleError
        As `rule_weights`.
    """
    known = words_of_table(facts)
    return {name for rule in rules for name in columns_of(_read(rule, known))}


def _read(rule: HistoricRule, known: Vocabulary) -> Predicate:
    try:
        return read(rule.when, known)
    except RuleError as error:
        raise RuleError(f"rule {rule.name}: {error}") from error
