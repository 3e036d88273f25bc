"""Synthetic worlds as simulation periods: parcels, and what an inspection of each would show."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from data.synthetic import World, generate, load_scenario
from data.synthetic.event_log import event_log
from data.synthetic.handling import presented_by_country
from data.synthetic.pools import known_countries
from data.synthetic.settings import Inspection, Scenario
from data.synthetic.world import END_ON
from features.declared.declare import Floats
from features.identity import IdentityKey
from features.log import PARCEL
from features.parcel.fields import METHODS
from training.backtest.period import SimulationPeriod
from training.data.datasets import Flags, Ints
from training.data.severity import Severity

_KEY = IdentityKey(b"a synthetic season, nothing is kept")
_DAY_US = 86_400_000_000


def period_of(
    scenario: Scenario, *, n_parcels: int, n_days: int, seed: int, end_on: dt.date = END_ON
) -> SimulationPeriod:
    """Make a world and let every parcel be inspected once in thought.

    What an inspection would show is drawn with the scenario's own shares of methods, alarms and recognition, and the
    time until the result is known with its own delays; both are the same for every strategy. Vendors do not react to
    the strategies: they posted as they did under the historic office.
    """
    world = generate(scenario, n_parcels=n_parcels, n_days=n_days, seed=seed, end_on=end_on)
    events = event_log(world, _KEY).filter(pl.col("kind") == PARCEL)
    facts = _facts(world, events)
    rng = np.random.default_rng([seed, 6])
    holds = facts["contains"].is_not_null().to_numpy()
    chance = rng.random(holds.size)
    method = _methods(scenario, holds.size, np.random.default_rng([seed, 26]))
    sees = recognised_share(scenario.inspection) if method is None else seen_by(scenario.inspection)[method]
    found = holds & (chance < sees)
    return SimulationPeriod(
        name=f"{scenario.name}-{seed}",
        events=events,
        holds=holds,
        would_be_found=found,
        severity=Severity.read().of_classes(facts["contains"]) * found,
        finding_class=facts["contains"],
        is_presented=rng.random(holds.size) < _presented(scenario, events),
        delay_us=_delays(scenario, facts, found, rng),
        rule_weight=facts["rule_weight"].to_numpy(),
        draw=rng.random(holds.size),
        method=method,
    )


def seen_by(inspection: Inspection) -> Floats:
    """Share of the contraband that is found where each of ``METHODS`` looks first."""
    recognised = (inspection.officer_detection_low + inspection.officer_detection_high) / 2
    return np.array([inspection.alarm_share.get(name, 0.0) for name in METHODS]) * recognised


def _methods(scenario: Scenario, n: int, rng: np.random.Generator) -> Ints | None:
    """Draw the method of every parcel, in worlds that follow what happens to mail."""
    if scenario.handling is None:
        return None
    weights = np.array([scenario.inspection.methods.get(name, 0.0) for name in METHODS])
    return np.asarray(rng.choice(len(METHODS), size=n, p=weights / weights.sum()))


def _presented(scenario: Scenario, events: pl.DataFrame) -> Floats | float:
    if scenario.handling is None:
        return scenario.inspection.presented_share
    shares = dict(zip(known_countries(), presented_by_country(scenario.handling).tolist(), strict=True))
    return events["dispatch_country"].replace_strict(shares, return_dtype=pl.Float64).to_numpy()


def recognised_share(inspection: Inspection) -> float:
    """Probability that an inspection of a parcel with contraband finds it."""
    alarm = sum(weight * inspection.alarm_share.get(method, 0.0) for method, weight in inspection.methods.items())
    recognised = (inspection.officer_detection_low + inspection.officer_detection_high) / 2
    return alarm / sum(inspection.methods.values()) * recognised


def with_prevalence(name: str, prevalence_share: float | None) -> Scenario:
    """A scenario, with another share of contraband where one is given."""
    scenario = load_scenario(name)
    if prevalence_share is None:
        return scenario
    contraband = scenario.contraband.model_copy(update={"prevalence_share": prevalence_share})
    return scenario.model_copy(update={"contraband": contraband})


def _facts(world: World, events: pl.DataFrame) -> pl.DataFrame:
    who = ["parcel_id", "operator"]
    about = world.truth.select(*who, "contains").join(world.policy.select(*who, "rule_weight"), on=who)
    return events.select(*who, "stream").join(about, on=who, how="left", maintain_order="left")


def _delays(scenario: Scenario, facts: pl.DataFrame, found: Flags, rng: np.random.Generator) -> Ints:
    days = {name: stream.travel_days for name, stream in scenario.streams.items()}
    travel = facts["stream"].replace_strict(days, return_dtype=pl.Float64).to_numpy()
    inspection = scenario.inspection
    median = np.where(found, inspection.finding_delay_median_days, inspection.negative_delay_median_days)
    n = found.size
    delay = travel * np.exp(0.3 * rng.standard_normal(n)) + median * np.exp(
        inspection.delay_sigma * rng.standard_normal(n)
    )
    return np.asarray(delay * _DAY_US, dtype=np.int64)
