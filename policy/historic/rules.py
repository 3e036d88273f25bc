"""Rules of an office before scores: SQL predicates over the columns of a parcel, each with a weight."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import ParcelRiskError
from policy.chance import Floats


class RuleError(ParcelRiskError):
    """A rule is not a predicate over the columns that it is evaluated on."""


@dataclass(frozen=True, kw_only=True)
class HistoricRule:
    """A historic rule.

    Attributes
    ----------
    name:
        How reports call it.
    when:
        SQL predicate over the columns of a parcel.
    weight:
        How strongly a hit draws the budget, relative to other rules.
    """

    name: str
    when: str
    weight: float


def historic_rules() -> list[HistoricRule]:
    """Rules of an office before scores, as shipped: predicates over the columns of the event log."""
    document = tomllib.loads(files("policy.historic").joinpath("rules.toml").read_text("utf-8"))
    return [
        HistoricRule(name=name, when=rule["when"], weight=rule["weight"]) for name, rule in document["rules"].items()
    ]


def rule_weights(facts: pl.DataFrame, rules: Iterable[HistoricRule]) -> Floats:
    """Weight of the strongest rule that each row of `facts` hits; 0 where it hits none.

    Raises
    ------
    RuleError
        When a predicate is not SQL, or names a column that `facts` lacks.
    """
    weights = np.zeros(facts.height)
    for rule in rules:
        try:
            hit = facts.select(pl.sql_expr(rule.when).fill_null(value=False).alias("hit"))["hit"]
            hits = hit.cast(pl.Boolean).to_numpy()
        except (PolarsError, TypeError) as error:
            raise RuleError(
                f"rule {rule.name}: {rule.when!r} cannot be evaluated ({str(error).splitlines()[0]}). "
                "Write an SQL condition over the fields of a parcel, see docs/fields.md."
            ) from error
        weights = np.maximum(weights, np.where(hits, rule.weight, 0.0))
    return weights
