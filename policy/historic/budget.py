"""Two independent draws: weighted rules that share a day's budget, and independent of them a random share of every day.

Weights share the budget in proportion, up to a ceiling. The propensity is the probability that at least one of the two
draws takes the parcel, so it is exact whatever the weights are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policy.capacity import Flags
from policy.chance import Floats


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the two draws took, shape ``(n,)`` each; a parcel taken by both counts as taken by a rule."""

    by_rule: Flags
    at_random: Flags


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
