"""Ways to spend a line's capacity, compared by the back-test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.declared.declare import Floats
from policy import Cause, Decisions, Inputs, LinePolicy, Scores, decide
from policy.historic import budgeted, draw, propensity
from training.data.datasets import Flags

RULE_CEILING = 0.9
WATCH_WEIGHT = 25.0
"""What a hit of the watch-list adds to the weight of a rule; as in the synthetic office."""


@dataclass(frozen=True, kw_only=True)
class Week:
    """What a strategy may look at when it selects, one row per parcel of the week.

    Attributes
    ----------
    standing, probability:
        Ranks of the scores of the strategy's own model among those of the week (log-odds, no two alike),
        and its calibrated probabilities, 0..1; None before it has one.
    rule_weight:
        Weight of the strongest historic rule.
    is_watched:
        Parcels whose sender, address or look is on the strategy's own watch-list.
    utility:
        The truth, for the oracle alone: severity-weighted value that an inspection would bring.
    draw, second_draw:
        Numbers in [0, 1).
    """

    rank_log_odds: Floats | None
    probability: Floats | None
    rule_weight: Floats
    is_watched: Flags
    utility: Floats
    draw: Floats
    second_draw: Floats


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which parcels of a week are inspected, why, and with what probability the strategy would have chosen each."""

    selected: Flags
    cause: list[str]
    propensity: Floats


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A way to choose.

    `learns` says whether it trains a model on what it found; with `as_published` that model is a plain one of inspected
    parcels alone.
    """

    name: str
    says: str
    choose: Callable[[LinePolicy, Week], Choice]
    learns: bool = False
    as_published: bool = False


def at_random(policy: LinePolicy, week: Week) -> Choice:
    """Everything is drawn, with the same probability."""
    return _choice(decide(Inputs(draw=week.draw), policy))


def by_rules(policy: LinePolicy, week: Week) -> Choice:
    """Historic rules share nine tenths of the capacity; the rest is drawn."""
    return _by_weights(policy, week, week.rule_weight)


def by_rules_and_list(policy: LinePolicy, week: Week) -> Choice:
    """Historic rules with a watch-list of what this strategy itself has found."""
    return _by_weights(policy, week, week.rule_weight + WATCH_WEIGHT * week.is_watched)


def _by_weights(policy: LinePolicy, week: Week, weight: Floats) -> Choice:
    by_rule = budgeted(weight, policy.score_budget * weight.size, RULE_CEILING)
    by_chance = np.full(weight.size, policy.random_budget)
    drawn = draw(by_rule, by_chance, rule_draw=week.draw, random_draw=week.second_draw)
    cause = np.where(drawn.by_rule, Cause.RULE, np.where(drawn.at_random, Cause.RANDOM, Cause.NONE))
    return Choice(
        selected=drawn.by_rule | drawn.at_random, cause=cause.tolist(), propensity=propensity(by_rule, by_chance)
    )


def by_score(policy: LinePolicy, week: Week) -> Choice:
    """The highest scores of the strategy's own model, and where the policy says so a share drawn at random."""
    if week.rank_log_odds is None or week.probability is None:
        return by_rules(policy, week)
    threshold = _reached(week.rank_log_odds, policy.score_budget)
    rest = week.probability[week.rank_log_odds < threshold]
    scores = Scores(
        raw=week.rank_log_odds,
        probability=week.probability,
        threshold=threshold,
        mean_root=float(np.sqrt(rest).mean()) if rest.size else 1.0,
    )
    return _choice(decide(Inputs(draw=week.draw, scores=scores), policy))


def exploiting(policy: LinePolicy, week: Week) -> Choice:
    """The highest scores only: nothing is drawn."""
    greedy = LinePolicy(capacity_share=policy.capacity_share, random_share=0.0, floor=policy.floor)
    return by_score(greedy, week)


def all_knowing(policy: LinePolicy, week: Week) -> Choice:
    """What no office can do: the parcels that bring most."""
    selected = week.utility >= max(_reached(week.utility, policy.capacity_share), 1e-9)
    return Choice(
        selected=selected,
        cause=np.where(selected, Cause.SCORE, Cause.NONE).tolist(),
        propensity=selected.astype(np.float64),
    )


def _reached(score: Floats, share: float) -> float:
    """Score that `share` of the parcels reaches."""
    n = min(score.size, max(1, round(share * score.size)))
    return float(np.partition(score, -n)[-n])


def _choice(made: Decisions) -> Choice:
    return Choice(
        selected=made.asks_inspection, cause=[cause.value for cause in made.cause], propensity=made.propensity
    )


def together(is_other: Flags, choice: Choice, other: Choice) -> Choice:
    """One choice of two: `other` is about the parcels that `is_other` marks, `choice` about the rest."""
    selected, propensity, cause = np.zeros(is_other.size, dtype=np.bool_), np.zeros(is_other.size), [""] * is_other.size
    for of_these, made in ((~is_other, choice), (is_other, other)):
        selected[of_these], propensity[of_these] = made.selected, made.propensity
        for row, why in zip(np.flatnonzero(of_these).tolist(), made.cause, strict=True):
            cause[row] = why
    return Choice(selected=selected, cause=cause, propensity=propensity)


STRATEGIES: tuple[Strategy, ...] = (
    Strategy(name="random", says="everything drawn at random", choose=at_random),
    Strategy(name="rules", says="historic rules, a tenth at random", choose=by_rules),
    Strategy(name="rules_and_list", says="historic rules with a watch-list of own findings", choose=by_rules_and_list),
    Strategy(
        name="exploitation",
        says="highest scores of a model of inspected parcels, as published",
        choose=exploiting,
        learns=True,
        as_published=True,
    ),
    Strategy(name="ours_without_draws", says="our model, the highest scores only", choose=exploiting, learns=True),
    Strategy(
        name="ours", says="nine tenths by score, a tenth drawn by the root of the score", choose=by_score, learns=True
    ),
    Strategy(name="oracle", says="knows the truth", choose=all_knowing),
)
