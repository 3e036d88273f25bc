"""Selection as offices did it before scores: weighted rules that share a day's budget, a watch-list, a random share.

Every parcel has two independent chances. The rules that it hits give it a weight, and weights share the day's budget in
proportion, up to a ceiling; beside that every parcel of the day may be drawn at random with one small probability. The
propensity is the probability that at least one of the two draws takes it, so it is exact whatever the weights are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import ParcelRiskError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class RuleError(ParcelRiskError):
    """A rule is not a predicate over the columns that it is evaluated on."""


@dataclass(frozen=True, kw_only=True)
class Rule:
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


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the two draws took, shape ``(n,)`` each; a parcel taken by both counts as taken by a rule."""

    by_rule: Flags
    at_random: Flags


def historic_rules() -> list[Rule]:
    """Rules of an office before scores, as shipped: predicates over the columns of the event log."""
    document = tomllib.loads(files("policy").joinpath("historic_rules.toml").read_text("utf-8"))
    return [Rule(name=name, when=rule["when"], weight=rule["weight"]) for name, rule in document["rules"].items()]


def rule_weights(facts: pl.DataFrame, rules: Iterable[Rule]) -> Floats:
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


def budgeted(weights: Floats, budget: float, ceiling: float) -> Floats:
    """Probabilities proportional to `weights`, none above `ceiling`, that add up to `budget` parcels.

    When too few parcels have a weight, all of them get the ceiling and the rest of the budget is left unspent.
    """
    hit = weights > 0.0
    if budget <= 0.0 or not hit.any():
        return np.zeros(weights.shape)
    if budget >= ceiling * hit.sum():
        return np.where(hit, ceiling, 0.0)
    # The k heaviest stand at the ceiling; the others share what is left. Take the smallest k that needs no further one.
    ordered = np.sort(weights[hit])[::-1]
    rest = np.concatenate([np.cumsum(ordered[::-1])[::-1], [0.0]])
    left = budget - ceiling * np.arange(ordered.size)
    factor = left / rest[:-1]
    fits = factor * ordered <= ceiling
    return np.where(hit, np.minimum(ceiling, factor[fits.argmax()] * weights), 0.0)


def propensity(rule_probability: Floats, random_probability: Floats) -> Floats:
    """Probability that at least one of the two independent draws takes the parcel."""
    return 1.0 - (1.0 - rule_probability) * (1.0 - random_probability)


def draw(rule_probability: Floats, random_probability: Floats, *, rule_draw: Floats, random_draw: Floats) -> Drawn:
    """Decide both draws from two numbers in [0, 1) for each parcel."""
    by_rule = rule_draw < rule_probability
    return Drawn(by_rule=by_rule, at_random=~by_rule & (random_draw < random_probability))
