"""Lists, rules, model, officer's pick and chance: what each finds alone, what all find together, and what is unique.

Each is simulated as a strategy over one period with one capacity. Together each has a part of the capacity and
selects for itself; chance draws by the root of the score, as the policy does, and the score fills what is left. A
parcel counts as unique to a source where no other source selected it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features.declared.declare import Floats
from policy import LinePolicy
from policy.chance import weights
from training.backtest.period import SimulationPeriod
from training.backtest.simulate import LoopOptions, Simulated, run_simulation
from training.backtest.strategies import Choice, Strategy, Week, at_random, by_score, exploiting
from training.backtest.yields import Yield
from training.data.datasets import Flags

OFFICERS_LIFT = 4.0
"""How much likelier an officer picks a parcel in which something would be found than another one. [ours]: no figure of
it is public; it stands for what a trained eye sees that no manifest says."""
PARTS: Mapping[str, float] = {"lists": 0.2, "rules": 0.1, "model": 0.55, "pick": 0.05, "draws": 0.1}
"""Part of the capacity of each source when all work together; what others leave, the model gets."""
_OWN = ("lists", "rules", "pick")
"""Sources that select for themselves before the score fills what is left."""
_LEAST = 1e-12
"""Probabilities and draws below it count as it, so that they can be divided by and have a logarithm."""
Pick = Callable[[Week, float], Flags]


def by_lists(week: Week, share: float) -> Flags:
    """What is on the watch-list of own findings."""
    return _most(week.is_watched.astype(np.float64), share, week.draw) & week.is_watched


def by_rules(week: Week, share: float) -> Flags:
    """Hits of historic rules, the heaviest first."""
    return _most(week.rule_weight, share, week.draw) & (week.rule_weight > 0)


def by_model(week: Week, share: float) -> Flags:
    """The highest scores; of rules, before there is a model."""
    if week.rank_log_odds is None:
        return by_rules(week, share)
    return _most(week.rank_log_odds, share, week.draw)


def by_pick(week: Week, share: float) -> Flags:
    """What a simulated officer picks of all that passes, see ``OFFICERS_LIFT``."""
    return _picked(week, share, np.ones(week.draw.size))


def _picked(week: Week, share: float, plausible: Floats) -> Flags:
    """What an officer picks to whom parcels seem so plausible, and more so where something would be found."""
    weight = plausible * np.where(week.utility > 0, OFFICERS_LIFT, 1.0)
    # The largest of log(u) / w are a sample with weights w (Efraimidis and Spirakis 2006).
    return _most(np.log(np.maximum(week.second_draw, _LEAST)) / weight, share, week.draw)


def by_draws(week: Week, share: float) -> Flags:
    """Drawn, see `chances`."""
    return week.draw < chances(week, share, np.zeros(week.draw.size, dtype=np.bool_))


def chances(week: Week, share: float, is_selected: Flags) -> Floats:
    """Probability of being drawn: by the root of the score as the policy draws, all alike before there is a model.

    As there, what is selected anyway is not drawn.
    """
    rest = ~is_selected
    if week.probability is None or not rest.any():
        return np.where(rest, share, 0.0)
    root = float(np.sqrt(week.probability[rest]).mean())
    return np.where(rest, np.minimum(1.0, share * weights(_FLOOR, week.probability, root)), 0.0)


def _of_its_own(name: str, week: Week, share: float) -> Flags:
    """What a source selects next to others: of what lists and rules hit, the highest scores.

    An officer, whom the card shows the score, picks by both: the more often, the higher it is.
    """
    if name == "pick" and week.probability is not None:
        return _picked(week, share, np.maximum(week.probability, _LEAST))
    hits = {"lists": week.is_watched, "rules": week.rule_weight > 0}.get(name)
    if hits is None or week.rank_log_odds is None:
        return SOURCES[name](week, share)
    return _most(np.where(hits, week.rank_log_odds, -np.inf), share, week.draw) & hits


SOURCES: Mapping[str, Pick] = {
    "lists": by_lists,
    "rules": by_rules,
    "model": by_model,
    "pick": by_pick,
    "draws": by_draws,
}


def _most(key: Floats, share: float, tie: Floats) -> Flags:
    """The highest `share` of all, ties in the order of `tie`."""
    chosen = np.zeros(key.size, dtype=np.bool_)
    chosen[np.lexsort((tie, -key))[: round(share * key.size)]] = True
    return chosen


@dataclass
class Together:
    """All sources at once; remembers week by week which of them selected what.

    Attributes
    ----------
    chosen:
        For each week, flags of each source.
    """

    chosen: list[dict[str, Flags]] = field(default_factory=list)

    def __call__(self, policy: LinePolicy, week: Week) -> Choice:
        """Let each source select its part of the capacity; the score fills what is left, and of the rest is drawn."""
        made = {name: _of_its_own(name, week, PARTS[name] * policy.capacity_share) for name in _OWN}
        taken = np.logical_or.reduce(list(made.values()))
        places = round((1.0 - PARTS["draws"]) * policy.capacity_share * week.draw.size)
        made["model"] = by_model_beyond(week, taken, places - int(taken.sum()))
        by_chance = chances(week, PARTS["draws"] * policy.capacity_share, taken | made["model"])
        made["draws"] = week.draw < by_chance
        self.chosen.append({name: made[name] for name in SOURCES})
        return _choice(taken | made["model"], by_chance, made["draws"])


def by_model_beyond(week: Week, taken: Flags, places: int) -> Flags:
    """The highest scores, of which `places` are not taken by others; ties in the order of the draw."""
    key = week.rank_log_odds if week.rank_log_odds is not None else week.rule_weight
    order = np.lexsort((week.draw, -key))
    chosen = np.zeros(key.size, dtype=np.bool_)
    chosen[order[np.cumsum(~taken[order]) <= places]] = True
    return chosen if week.rank_log_odds is not None else chosen & (week.rule_weight > 0)


def alone(pick: Pick) -> Callable[[LinePolicy, Week], Choice]:
    """Strategy of one source alone, with the whole capacity."""

    def choose(policy: LinePolicy, week: Week) -> Choice:
        nobody = np.zeros(week.draw.size)
        return _choice(pick(week, policy.capacity_share), nobody, nobody > 0)

    return choose


def _choice(selected: Flags, by_chance: Floats, drawn: Flags) -> Choice:
    """What is selected for sure, and what is drawn of the rest with the probability `by_chance`."""
    cause = np.where(selected, "score", np.where(drawn, "random", "none"))
    return Choice(selected=selected | drawn, cause=cause.tolist(), propensity=np.where(selected, 1.0, by_chance))


def _alone(name: str) -> Strategy:
    return Strategy(name=name, says=name, choose=alone(SOURCES[name]))


_FLOOR = LinePolicy().floor
RUNS: Mapping[str, Strategy] = {
    "draws only": Strategy(name="draws", says="draws", choose=at_random),
    "model only": Strategy(name="model", says="model", choose=exploiting, learns=True),
    "model and draws": Strategy(name="model and draws", says="model and draws", choose=by_score, learns=True),
    "lists only": _alone("lists"),
    "rules only": _alone("rules"),
    "pick only": _alone("pick"),
}
"""What each source of selection, or the model with draws, does with the whole line."""
TOGETHER = "all together"


def yields(period: SimulationPeriod, options: LoopOptions, name: str, *, seed: int) -> list[Yield]:
    """What one of `RUNS` or `TOGETHER` finds after the warm-up; of `TOGETHER` also what is unique."""
    if name in RUNS:
        return [_after(name, run_simulation(period, RUNS[name], options, seed=seed), options)]
    choose = Together()
    strategy = Strategy(name=name, says="all", choose=choose, learns=True)
    found = [_after(name, run_simulation(period, strategy, options, seed=seed), options)]
    return [*found, *_unique(period, choose, options)]


def _after(name: str, simulated: Simulated, options: LoopOptions) -> Yield:
    """Sums of the weeks after the warm-up."""
    weeks = simulated.weeks.filter(pl.col("week") >= options.warm_up_weeks)
    n_inspected, n_found, value = (float(weeks[column].sum()) for column in ("n_inspected", "n_found", "value"))
    return Yield(name=name, n_inspected=int(n_inspected), n_found=int(n_found), value=value)


def _unique(period: SimulationPeriod, together: Together, options: LoopOptions) -> list[Yield]:
    """What each source alone selected, when all worked together."""
    week = period.week
    first = int(week[-1]) + 1 - len(together.chosen)
    counts = {name: np.zeros(3) for name in SOURCES}
    for number, made in enumerate(together.chosen, start=first):
        rows = np.flatnonzero(week == number)
        n_sources = np.add.reduce([flags.astype(np.int64) for flags in made.values()])
        for name, flags in made.items():
            mine = rows[flags & (n_sources == 1)]
            seen = mine[period.is_presented[mine]]
            counts[name] += (seen.size, period.would_be_found[seen].sum(), period.severity[seen].sum())
    return [
        Yield(name=f"{name}, unique", n_inspected=int(n), n_found=int(n_found), value=float(value))
        for name, (n, n_found, value) in counts.items()
    ]
