"""Generate a world: parcels, the outcomes of the historic inspections, the policy that chose them, and the truth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from data.synthetic.accounts import outcomes_of, parcels_of, postings
from data.synthetic.calendar import DAY_S, Calendar
from data.synthetic.disguise import Scene, Underworld, make_underworld
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, masked, picked
from data.synthetic.goods import make_goods
from data.synthetic.handling import as_observed, in_transit, presented_shares, undeclared_drafts
from data.synthetic.honest import honest_drafts, make_senders
from data.synthetic.identifiers import numbered
from data.synthetic.inspections import CAUSES, Chances, Inspections
from data.synthetic.office import Office
from data.synthetic.parties import Parties, Places
from data.synthetic.receiving import make_receiving
from data.synthetic.rendering import Cast, rendered
from data.synthetic.rewriting import rewritten
from data.synthetic.second_ways import with_second_ways
from data.synthetic.settings import Accounts, Scenario
from features.parcel.fields import FINDING_CLASSES, METHODS, STREAMS
from features.parcel.goods import goods as summed_goods
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, TIME, conform
from policy.historic import HistoricRule, rule_weights

END_ON = dt.date(2026, 9, 30)
"""Last day of a world unless another is asked for: fixed, so that the same command gives the same bytes any day."""

TRUTH_SCHEMA = pl.Schema(
    {
        "parcel_id": pl.String(),
        "operator": pl.String(),
        "contains": pl.String(),
        "vendor_id": pl.String(),
        "mass_g": pl.Int64(),
    }
)
POLICY_SCHEMA = pl.Schema(
    {
        "parcel_id": pl.String(),
        "operator": pl.String(),
        "cause": pl.String(),
        "propensity": pl.Float64(),
        "rule_weight": pl.Float64(),
        "rule_probability": pl.Float64(),
        "random_probability": pl.Float64(),
    }
)


@dataclass(frozen=True, kw_only=True)
class World:
    """A generated world. Every person and parcel in it is invented.

    Attributes
    ----------
    parcels:
        Rows of ``PARCEL_SCHEMA`` sorted by ``lodged_at``, personal fields in clear. Letters that nobody declared are
        among them, under the operator ``undeclared``, with what their label shows.
    outcomes:
        Rows of ``OUTCOME_SCHEMA`` sorted by ``known_at``, for selected parcels only.
    truth:
        What every parcel holds (null: nothing) and whose it is; rows as in `parcels`. For evaluation only.
    policy:
        Cause (``list``, ``rule``, ``random``, ``none``) and propensity of every parcel under the historic policy, with
        the weight of the strongest rule that it met and the probabilities of the two independent draws (the one by
        rules and watch-list, and the one at random); rows as in `parcels`.
    second:
        Which of the parcels are second ways of others under their number, and how: ``operator, parcel_id, how``; empty
        where there are none.
    """

    scenario: Scenario
    seed: int
    parcels: pl.DataFrame
    outcomes: pl.DataFrame
    truth: pl.DataFrame
    policy: pl.DataFrame
    second: pl.DataFrame = field(default_factory=pl.DataFrame)


def generate(
    scenario: Scenario,
    *,
    n_parcels: int,
    n_days: int,
    seed: int,
    end_on: dt.date = END_ON,
    progress: Callable[[float], None] | None = None,
) -> World:
    """Generate a world.

    Parameters
    ----------
    scenario:
        Parameters, see `load_scenario`.
    n_parcels:
        Parcels in the world, at least 1; contraband is part of them.
    n_days:
        Days over which they are lodged.
    seed:
        The same scenario, size, days, end and seed give the same world on every run.
    end_on:
        Last day of the window.
    progress:
        Called with the share of the work that is done, 0..1.

    Raises
    ------
    ValueError
        When a size is not positive.
    RuleError
        When a rule of the scenario is not a predicate over the record.
    """
    if n_parcels < 1 or n_days < 1:
        raise ValueError(f"n_parcels is {n_parcels} and n_days is {n_days}; both must be at least 1")
    report = progress or (lambda _: None)
    if scenario.accounts is not None:
        return _of_accounts(scenario, scenario.accounts, n_parcels=n_parcels, n_days=n_days, seed=seed, end_on=end_on)
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)]
    calendar = Calendar.of(scenario.season, n_days, end_on)
    goods = make_goods(rngs[0], n_parcels)
    receiving = make_receiving(scenario, rngs[1], n_parcels)
    n_contraband = round(n_parcels * scenario.contraband.prevalence_share) if scenario.active_vendors else 0
    senders, volumes = make_senders(scenario, rngs[2], n_parcels - n_contraband, n_days, goods)
    honest = honest_drafts(scenario, rngs[3], calendar, goods, senders, volumes, receiving)
    report(0.1)
    scene = Scene(scenario=scenario, calendar=calendar, goods=goods, senders=senders, receiving=receiving)
    underworld = make_underworld(scene, rngs[4], n_parcels)
    drafts = Drafts.together(honest, underworld.drafts)
    travel = np.array([scenario.streams[name].travel_days for name in STREAMS])
    chances = Chances.of(scenario.inspection, rngs[5], drafts, travel, presented_shares(scenario, drafts.dispatch))
    undeclared = undeclared_drafts(scenario, drafts, np.random.default_rng([seed, 16]))
    cast = Cast(
        senders=Parties.together(senders.parties, underworld.aliases),
        recipients=Parties.together(receiving.parties, underworld.drops.names),
        places=Places.together(receiving.places, underworld.drops.places),
    )
    report(0.15)
    parcels = rendered(scenario, rngs[6], drafts, goods, cast, chances.arrives_s)
    report(0.6)
    rules = [HistoricRule(name=name, when=rule.when, weight=rule.weight) for name, rule in scenario.rules.items()]
    goods_of = summed_goods(parcels, reference=shipped_reference())
    facts = parcels.hstack(goods_of.select(pl.exclude(*PARCEL_SCHEMA.names())))
    weights = np.where(undeclared, 0.0, rule_weights(facts, rules))
    report(0.75)
    office = Office(scenario.inspection, calendar, drafts, underworld.vendors, chances, weights, goods.first_generic)
    inspections = office.run(lambda share: report(0.75 + 0.15 * share))
    end_s = calendar.start_s + n_days * DAY_S
    made = (parcels, drafts, inspections, chances, underworld, weights, undeclared)
    world = _assembled(scenario, seed, rngs[7], *made, end_s)
    if scenario.quality.rewritten_share:
        world = replace(world, parcels=rewritten(world.parcels, scenario.quality.rewritten_share, rngs[8]))
    if scenario.handling is not None:
        world = with_second_ways(world, scenario.handling, end_s, np.random.default_rng([seed, 18]))
    report(1.0)
    return world


def _of_accounts(
    scenario: Scenario, accounts: Accounts, *, n_parcels: int, n_days: int, seed: int, end_on: dt.date
) -> World:
    """Return a world of known accounts; its parcels are all drawn, with certainty."""
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)]
    calendar = Calendar.of(scenario.season, n_days, end_on)
    posted = postings(accounts, calendar, rngs[0], n_parcels)
    written = parcels_of(scenario, accounts, posted, rngs[1])
    parcels = numbered(written, rngs[2], sender=posted.sender, foreign_share=0.0, wrong_share=0.0)
    who = parcels.select("parcel_id", "operator")
    one, none = pl.lit(1.0), pl.lit(0.0)
    return World(
        scenario=scenario,
        seed=seed,
        parcels=parcels,
        outcomes=outcomes_of(accounts, posted, parcels, until_s=calendar.start_s + n_days * DAY_S),
        truth=_truth_of(who, posted.holds),
        policy=who.with_columns(
            pl.lit("random").alias("cause"),
            one.alias("propensity"),
            none.alias("rule_weight"),
            none.alias("rule_probability"),
            one.alias("random_probability"),
        ),
    )


def _truth_of(who: pl.DataFrame, holds: Flags) -> pl.DataFrame:
    contains = masked(np.full(holds.size, "other"), holds)
    return conform(who.with_columns(contains.alias("contains")), TRUTH_SCHEMA).drop(LINE)


def _assembled(
    scenario: Scenario,
    seed: int,
    rng: np.random.Generator,
    parcels: pl.DataFrame,
    drafts: Drafts,
    inspections: Inspections,
    chances: Chances,
    underworld: Underworld,
    weights: Floats,
    undeclared: Flags,
    end_s: int,
) -> World:
    known_s = np.where(undeclared, chances.arrives_s, drafts.lodged_s)
    # What nobody declared is unknown until it arrives, perhaps after the window.
    chosen = np.flatnonzero(inspections.chosen & ~(undeclared & (known_s >= end_s)))
    rows = chosen[np.argsort(known_s[chosen], kind="stable")]
    quality = scenario.quality
    table = numbered(
        parcels[rows],
        rng,
        sender=drafts.sender[rows],
        foreign_share=quality.foreign_office_share,
        wrong_share=quality.wrong_check_digit_share,
    )
    table = in_transit(scenario, table, undeclared[rows], np.random.default_rng([seed, 17]))
    table = as_observed(table, undeclared[rows], known_s[rows])
    who = table.select("parcel_id", "operator")
    return World(
        scenario=scenario,
        seed=seed,
        parcels=table,
        outcomes=_outcomes(drafts, inspections, chances, underworld, who, rows),
        truth=_truth(drafts, underworld, who, rows),
        policy=who.with_columns(
            picked(CAUSES, inspections.cause[rows]).alias("cause"),
            pl.Series("propensity", inspections.propensity[rows]),
            pl.Series("rule_weight", weights[rows]),
            pl.Series("rule_probability", inspections.rule_probability[rows]),
            pl.Series("random_probability", inspections.random_probability[rows]),
        ).select(pl.col(name).cast(dtype) for name, dtype in POLICY_SCHEMA.items()),
    )


def _classes(drafts: Drafts, underworld: Underworld, rows: Ints, given: Flags) -> pl.Series:
    if not underworld.vendors.n:
        return pl.Series([None], dtype=pl.String).new_from_index(0, rows.size)
    return picked(FINDING_CLASSES, underworld.vendors.goods[np.maximum(drafts.vendor[rows], 0)], given)


def _truth(drafts: Drafts, underworld: Underworld, who: pl.DataFrame, rows: Ints) -> pl.DataFrame:
    holds = drafts.vendor[rows] >= 0
    vendor = masked(drafts.vendor[rows], holds).cast(pl.String)
    return who.with_columns(
        _classes(drafts, underworld, rows, holds).alias("contains"),
        ("V" + vendor).alias("vendor_id"),
        masked(drafts.mass_g[rows], holds).alias("mass_g"),
    ).select(pl.col(name).cast(dtype) for name, dtype in TRUTH_SCHEMA.items())


def _outcomes(
    drafts: Drafts, inspections: Inspections, chances: Chances, underworld: Underworld, who: pl.DataFrame, rows: Ints
) -> pl.DataFrame:
    """Outcomes of the selected parcels; some were never recorded and are missing."""
    selected = (inspections.cause[rows] > 0) & ~chances.is_lost[rows]
    at = rows[selected]
    found, opened, presented = inspections.is_found[at], inspections.is_opened[at], chances.is_presented[at]
    method = np.where(opened, METHODS.index("opened"), chances.method[at])
    frame = who.filter(pl.Series(selected)).with_columns(
        picked(("nothing_found", "found", "not_presented"), np.where(presented, found.astype(np.int64), 2)).alias(
            "result"
        ),
        masked(inspections.inspected_s[at] * 1_000_000, presented).cast(TIME).alias("inspected_at"),
        pl.Series("known_at", inspections.known_s[at] * 1_000_000).cast(TIME),
        _classes(drafts, underworld, at, found).alias("finding_class"),
        masked(drafts.mass_g[at], found).alias("finding_mass_g"),
        picked(METHODS, method, presented).alias("method"),
        picked([f"station-{number}" for number in range(1, 5)], chances.officer[at] % 4, presented).alias("station"),
        picked([f"S{1000 + 7 * number}" for number in range(1000)], chances.officer[at] % 1000, presented).alias(
            "officer"
        ),
        picked(CAUSES, inspections.cause[at]).alias("cause"),
        pl.Series("propensity", inspections.propensity[at]),
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in OUTCOME_SCHEMA.items()).sort(
        "known_at", "parcel_id", maintain_order=True
    )
