"""The historic office, day by day: who is selected, what is found, and what vendors learn from what they lose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from data.synthetic.calendar import DAY_S, Calendar
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, weighted
from data.synthetic.pools import known_countries
from data.synthetic.settings import Inspection
from data.synthetic.vendors import N_PHASES, Vendors
from features.parcel.fields import METHODS, STREAMS
from policy.historic import budgeted, draw, propensity

N_COUNTRIES = len(known_countries())
LEARNS_AFTER_DAYS = 12.0
"""Days after arrival until a vendor counts a parcel as lost; our assumption."""
TIP_AFTER_DAYS = 8
"""Days after lodging until another office's finding is shared; our assumption."""


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Everything random about inspections, drawn beforehand for every draft, so that days only look up."""

    rule_draw: Floats
    random_draw: Floats
    is_presented: Flags
    method: Ints
    alarm_draw: Floats
    officer: Ints
    recognise_draw: Floats
    arrives_s: Ints
    is_lost: Flags
    delay_days: Floats
    is_tip: Flags

    @classmethod
    def of(cls, settings: Inspection, rng: np.random.Generator, drafts: Drafts, travel_days: Floats) -> Chances:
        """Draw the chances of every draft."""
        n = drafts.n
        travel = lognormal(rng, travel_days[drafts.stream], 0.3, n)
        return cls(
            rule_draw=rng.random(n),
            random_draw=rng.random(n),
            is_presented=rng.random(n) < settings.presented_share,
            method=weighted(rng, [settings.methods.get(name, 0.0) for name in METHODS], n),
            alarm_draw=rng.random(n),
            officer=rng.integers(0, settings.n_officers, n),
            recognise_draw=rng.random(n),
            arrives_s=drafts.lodged_s + (travel * DAY_S).astype(np.int64),
            is_lost=rng.random(n) < settings.outcome_lost_share,
            delay_days=np.exp(settings.delay_sigma * rng.standard_normal(n)),
            is_tip=(drafts.vendor >= 0) & (rng.random(n) < settings.tip_share),
        )


@dataclass(kw_only=True)
class Inspections:
    """What the office did; rows are drafts, -1 or 0 where nothing was done.

    Attributes
    ----------
    chosen:
        Drafts that became parcels: all honest ones, and of a vendor's the one of the phase in force.
    cause:
        0 not selected, 1 rule, 2 random.
    is_opened, is_found:
        What happened at the table.
    known_s:
        When the office learned the result.
    """

    chosen: Flags
    rule_probability: Floats
    random_probability: Floats
    cause: Ints
    is_opened: Flags
    is_found: Flags
    inspected_s: Ints
    known_s: Ints

    @classmethod
    def none_yet(cls, drafts: Drafts) -> Inspections:
        """Start of the window: honest drafts will be parcels, nothing is inspected."""
        n = drafts.n
        return cls(
            chosen=drafts.vendor < 0,
            rule_probability=np.zeros(n),
            random_probability=np.zeros(n),
            cause=np.zeros(n, dtype=np.int64),
            is_opened=np.zeros(n, dtype=np.bool_),
            is_found=np.zeros(n, dtype=np.bool_),
            inspected_s=np.zeros(n, dtype=np.int64),
            known_s=np.zeros(n, dtype=np.int64),
        )

    @property
    def propensity(self) -> Floats:
        """Probability with which the policy in force would have selected each draft."""
        return propensity(self.rule_probability, self.random_probability)


@dataclass(kw_only=True)
class _Memory:
    """What the office watches for, and what vendors have lost."""

    sender_until: Ints
    place_until: Ints
    template_until: Ints
    template: Ints
    phase: Ints
    losses: Ints
    changes_on: Ints
    news: dict[int, list[Ints]] = field(default_factory=dict)


def run_office(
    settings: Inspection,
    calendar: Calendar,
    drafts: Drafts,
    weights: Floats,
    vendors: Vendors,
    chances: Chances,
    n_senders: int,
    n_places: int,
    generic_from: int,
    progress: Callable[[float], None],
) -> Inspections:
    """Let the days pass: select, inspect, learn.

    Parameters
    ----------
    weights:
        Weight of the strongest rule of each draft, without the watch-list.
    generic_from:
        First of the texts that name nothing; the office does not watch for those.
    """
    detection = np.linspace(settings.officer_detection_low, settings.officer_detection_high, settings.n_officers)
    result = Inspections.none_yet(drafts)
    template = _templates(drafts, generic_from)
    memory = _Memory(
        sender_until=np.full(n_senders, -1),
        place_until=np.full(n_places, -1),
        template_until=np.full(int(template.max(initial=0)) + 1, -1),
        template=template,
        phase=np.zeros(vendors.n, dtype=np.int64),
        losses=np.zeros(vendors.n, dtype=np.int64),
        changes_on=np.full(vendors.n, np.iinfo(np.int64).max),
    )
    day_of = calendar.day_of(drafts.lodged_s)
    order = np.argsort(day_of, kind="stable")
    edges = np.searchsorted(day_of[order], np.arange(calendar.n_days + 1))
    for day in range(calendar.n_days):
        rows = order[edges[day] : edges[day + 1]]
        _read_news(settings, memory, drafts, day)
        _adapt(memory, day)
        rows = _in_force(drafts, memory, rows)
        result.chosen[rows] = True
        _select(settings, memory, drafts, weights, chances, result, rows, day)
        taken = rows[result.cause[rows] > 0]
        _inspect(settings, drafts, chances, detection, result, taken)
        _pass_on(settings, calendar, drafts, vendors, chances, memory, result, taken, rows)
        progress((day + 1) / calendar.n_days)
    return result


def _in_force(drafts: Drafts, memory: _Memory, rows: Ints) -> Ints:
    """Of a vendor's drafts keep those of its present phase."""
    vendor = drafts.vendor[rows]
    if not memory.phase.size:
        return rows
    in_force = (vendor < 0) | (drafts.phase[rows] == memory.phase[np.maximum(vendor, 0)])
    return np.asarray(rows[in_force], dtype=np.int64)


def _select(
    settings: Inspection,
    memory: _Memory,
    drafts: Drafts,
    weights: Floats,
    chances: Chances,
    result: Inspections,
    rows: Ints,
    day: int,
) -> None:
    place = drafts.place[rows]
    watched = (
        (memory.sender_until[drafts.sender[rows]] >= day)
        | ((place >= 0) & (memory.place_until[place] >= day))
        | (memory.template_until[memory.template[rows]] >= day)
    )
    weight = weights[rows] + np.where(watched, settings.watch_list_weight, 0.0)
    budget = settings.share * (1.0 - settings.random_share) * rows.size
    result.rule_probability[rows] = budgeted(weight, budget, settings.max_rule_propensity)
    result.random_probability[rows] = settings.share * settings.random_share
    drawn = draw(
        result.rule_probability[rows],
        result.random_probability[rows],
        rule_draw=chances.rule_draw[rows],
        random_draw=chances.random_draw[rows],
    )
    result.cause[rows] = np.where(drawn.by_rule, 1, np.where(drawn.at_random, 2, 0))


def _inspect(
    settings: Inspection, drafts: Drafts, chances: Chances, detection: Floats, result: Inspections, rows: Ints
) -> None:
    """Present, screen, open on an alarm, recognise."""
    holds = drafts.vendor[rows] >= 0
    method = chances.method[rows]
    alarm = np.array([settings.alarm_share.get(name, 0.0) for name in METHODS])
    false_alarm = np.array([settings.false_alarm_share.get(name, 0.0) for name in METHODS])
    opened = chances.is_presented[rows] & (
        chances.alarm_draw[rows] < np.where(holds, alarm[method], false_alarm[method])
    )
    found = opened & holds & (chances.recognise_draw[rows] < detection[chances.officer[rows]])
    result.is_opened[rows], result.is_found[rows] = opened, found
    result.inspected_s[rows] = chances.arrives_s[rows] + 3600 * (1 + chances.officer[rows] % 20)
    median = np.where(found, settings.finding_delay_median_days, settings.negative_delay_median_days)
    result.known_s[rows] = result.inspected_s[rows] + (median * chances.delay_days[rows] * DAY_S).astype(np.int64)


def _pass_on(
    settings: Inspection,
    calendar: Calendar,
    drafts: Drafts,
    vendors: Vendors,
    chances: Chances,
    memory: _Memory,
    result: Inspections,
    rows: Ints,
    rows_today: Ints,
) -> None:
    """Findings reach the watch-list when they become known, and the vendor when its parcel does not arrive."""
    found = rows[result.is_found[rows]]
    recorded = found[~chances.is_lost[found]]
    for day in np.unique(calendar.day_of(result.known_s[recorded])):
        memory.news.setdefault(int(day), []).append(recorded[calendar.day_of(result.known_s[recorded]) == day])
    tips = rows_today[chances.is_tip[rows_today]]
    if tips.size:
        memory.news.setdefault(int(calendar.day_of(drafts.lodged_s[tips[:1]])[0] + TIP_AFTER_DAYS), []).append(tips)
    for row in found:
        vendor = drafts.vendor[row]
        memory.losses[vendor] += 1
        if memory.losses[vendor] >= vendors.settings[vendors.kind[vendor]].losses_to_adapt:
            memory.losses[vendor] = 0
            learned = calendar.day_of(chances.arrives_s[row]) + LEARNS_AFTER_DAYS
            lag = vendors.settings[vendors.kind[vendor]].adapt_lag_days
            memory.changes_on[vendor] = min(memory.changes_on[vendor], int(learned + lag))


def _templates(drafts: Drafts, generic_from: int) -> Ints:
    """Number what an office notes of a parcel's looks: wording, country of dispatch, weight to two digits.

    Number 0 stands for texts that name nothing, which nobody watches for.
    """
    scale = 10 ** np.maximum(0, np.floor(np.log10(np.maximum(drafts.weight_g, 1))).astype(np.int64) - 1)
    looks = (drafts.text * N_COUNTRIES + drafts.dispatch) * 100_000 + drafts.weight_g // scale * scale
    looks[drafts.text >= generic_from] = -1
    _, number = np.unique(np.append(looks, -1), return_inverse=True)
    return np.asarray(number[:-1], dtype=np.int64)


def _read_news(settings: Inspection, memory: _Memory, drafts: Drafts, day: int) -> None:
    for rows in memory.news.pop(day, []):
        memory.sender_until[drafts.sender[rows]] = day + settings.watch_list_days
        memory.template_until[memory.template[rows]] = day + settings.watch_list_days
        memory.template_until[0] = -1
        used = drafts.place[rows]
        memory.place_until[used[used >= 0]] = day + settings.watch_list_days


def _adapt(memory: _Memory, day: int) -> None:
    moving = memory.changes_on <= day
    memory.phase[moving] = np.minimum(memory.phase[moving] + 1, N_PHASES - 1)
    memory.changes_on[moving] = np.iinfo(np.int64).max


def travel_days_by_stream(days: dict[str, float]) -> Floats:
    """Travel times in the order of ``STREAMS``."""
    return np.array([days[name] for name in STREAMS])
