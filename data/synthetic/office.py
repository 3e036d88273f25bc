"""The historic office, day by day: who is selected, what is found, and what vendors learn from what they lose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from data.synthetic.calendar import DAY_S, Calendar
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Floats, Ints
from data.synthetic.inspections import AT_RANDOM, BY_LIST, BY_RULE, Chances, Inspections
from data.synthetic.pools import known_countries
from data.synthetic.settings import Inspection
from data.synthetic.vendors import N_PHASES, Vendors
from features.parcel.fields import METHODS
from policy.historic import budgeted, draw
from policy.lists import WatchList

LEARNS_AFTER_DAYS = 12.0
"""Days after arrival until a vendor counts a parcel as lost; our assumption."""
TIP_AFTER_DAYS = 8
"""Days after lodging until another office's finding is shared; our assumption."""
NEVER = np.iinfo(np.int64).max


def watched_columns(drafts: Drafts, first_generic_text: int) -> pl.DataFrame:
    """Senders, places and looks of drafts, as numbers; null where they tell no parcels apart.

    The looks of a parcel are its wording, its country of dispatch and its weight to two digits. Texts that name nothing
    are not watched for.
    """
    numbers = {"sender": drafts.sender, "place": drafts.place, "looks": _looks(drafts, first_generic_text)}
    return pl.DataFrame(numbers).select(pl.when(pl.all() >= 0).then(pl.all()))


def _looks(drafts: Drafts, first_generic_text: int) -> Ints:
    """Number the looks of parcels; -1 stands for texts that name nothing."""
    scale = 10 ** np.maximum(0, np.floor(np.log10(np.maximum(drafts.weight_g, 1))).astype(np.int64) - 1)
    route = drafts.text * len(known_countries()) + drafts.dispatch
    looks = route * 100_000 + drafts.weight_g // scale * scale
    looks[drafts.text >= first_generic_text] = -1
    return np.asarray(looks, dtype=np.int64)


class Vigilance:
    """What vendors have lost, and the phase of habits that each is in."""

    def __init__(self, vendors: Vendors) -> None:
        """Start every vendor in its first phase."""
        self.phase = np.zeros(vendors.n, dtype=np.int64)
        self._losses = np.zeros(vendors.n, dtype=np.int64)
        self._changes_on = np.full(vendors.n, NEVER)
        self._patience = vendors.of("losses_to_adapt")
        self._lag_days = vendors.of("adapt_lag_days")

    def lose(self, vendor: int, arrived_on: int) -> None:
        """Note a lost parcel, which would have arrived on day `arrived_on`."""
        self._losses[vendor] += 1
        if self._losses[vendor] >= self._patience[vendor]:
            self._losses[vendor] = 0
            change = int(arrived_on + LEARNS_AFTER_DAYS + self._lag_days[vendor])
            self._changes_on[vendor] = min(self._changes_on[vendor], change)

    def adapt(self, day: int) -> None:
        """Move on those vendors whose change is due."""
        due = self._changes_on <= day
        self.phase[due] = np.minimum(self.phase[due] + 1, N_PHASES - 1)
        self._changes_on[due] = NEVER


class Office:
    """One office over the days of a world.

    Parameters
    ----------
    weights:
        Weight of the strongest rule of each draft, without the watch-list.
    first_generic_text:
        First of the texts that name nothing.
    """

    def __init__(
        self,
        settings: Inspection,
        calendar: Calendar,
        drafts: Drafts,
        vendors: Vendors,
        chances: Chances,
        weights: Floats,
        first_generic_text: int,
    ) -> None:
        """Open the office with an empty watch-list."""
        self._settings, self._calendar, self._drafts, self._chances = settings, calendar, drafts, chances
        self._weights = weights
        self._detection = np.linspace(
            settings.officer_detection_low, settings.officer_detection_high, settings.n_officers
        )
        self._watched = watched_columns(drafts, first_generic_text)
        self._watch_list = WatchList(self._watched.columns, settings.watch_list_days)
        self._vigilance = Vigilance(vendors)
        self._news: dict[int, list[Ints]] = {}
        self._result = Inspections.none_yet(drafts)

    def run(self, progress: Callable[[float], None]) -> Inspections:
        """Let the days pass: select, inspect, learn."""
        day_of = self._calendar.day_of(self._drafts.lodged_s)
        order = np.argsort(day_of, kind="stable")
        edges = np.searchsorted(day_of[order], np.arange(self._calendar.n_days + 1))
        for day in range(self._calendar.n_days):
            for rows in self._news.pop(day, []):
                self._watch_list.add(self._watched[rows], day)
            self._vigilance.adapt(day)
            rows = self._in_force(order[edges[day] : edges[day + 1]])
            taken = self._select(rows, day)
            self._inspect(taken)
            self._pass_on(taken)
            self._receive_tips(rows, day)
            progress((day + 1) / self._calendar.n_days)
        return self._result

    def _in_force(self, rows: Ints) -> Ints:
        """Of a vendor's drafts keep those of its present phase."""
        phase, vendor = self._vigilance.phase, self._drafts.vendor[rows]
        if phase.size:
            rows = rows[(vendor < 0) | (self._drafts.phase[rows] == phase[np.maximum(vendor, 0)])]
        self._result.chosen[rows] = True
        return rows

    def _select(self, rows: Ints, day: int) -> Ints:
        """Share the day's budget, draw, and return the rows taken."""
        settings, result, chances = self._settings, self._result, self._chances
        listed = self._watch_list.hits(self._watched[rows], day)
        weight = self._weights[rows] + settings.watch_list_weight * listed
        budget = settings.share * (1.0 - settings.random_share) * rows.size
        result.rule_probability[rows] = budgeted(weight, budget, settings.max_rule_propensity)
        result.random_probability[rows] = settings.share * settings.random_share
        drawn = draw(
            result.rule_probability[rows],
            result.random_probability[rows],
            rule_draw=chances.rule_draw[rows],
            random_draw=chances.random_draw[rows],
        )
        by_rule = np.where(listed, BY_LIST, BY_RULE)
        result.cause[rows] = np.where(drawn.by_rule, by_rule, np.where(drawn.at_random, AT_RANDOM, 0))
        return np.asarray(rows[result.cause[rows] > 0], dtype=np.int64)

    def _inspect(self, rows: Ints) -> None:
        """Present, screen, open on an alarm, recognise."""
        settings, chances, result = self._settings, self._chances, self._result
        holds = self._drafts.vendor[rows] >= 0
        method, officer = chances.method[rows], chances.officer[rows]
        alarm = np.array([settings.alarm_share.get(name, 0.0) for name in METHODS])
        false_alarm = np.array([settings.false_alarm_share.get(name, 0.0) for name in METHODS])
        sounds = chances.alarm_draw[rows] < np.where(holds, alarm[method], false_alarm[method])
        opened = chances.is_presented[rows] & sounds
        found = opened & holds & (chances.recognise_draw[rows] < self._detection[officer])
        result.is_opened[rows], result.is_found[rows] = opened, found
        result.inspected_s[rows] = chances.arrives_s[rows] + 3600 * (1 + officer % 20)
        median = np.where(found, settings.finding_delay_median_days, settings.negative_delay_median_days)
        delay_s = (median * chances.delay_days[rows] * DAY_S).astype(np.int64)
        result.known_s[rows] = result.inspected_s[rows] + delay_s

    def _pass_on(self, rows: Ints) -> None:
        """Findings reach the watch-list when they become known, and the vendor when its parcel does not arrive."""
        found = rows[self._result.is_found[rows]]
        recorded = found[~self._chances.is_lost[found]]
        known_on = self._calendar.day_of(self._result.known_s[recorded])
        for day in np.unique(known_on):
            self._news.setdefault(int(day), []).append(recorded[known_on == day])
        arrived_on = self._calendar.day_of(self._chances.arrives_s[found])
        for vendor, day in zip(self._drafts.vendor[found].tolist(), arrived_on.tolist(), strict=True):
            self._vigilance.lose(vendor, day)

    def _receive_tips(self, rows: Ints, day: int) -> None:
        """Other offices share what they found of the same vendors."""
        tips = rows[self._chances.is_tip[rows]]
        if tips.size:
            self._news.setdefault(day + TIP_AFTER_DAYS, []).append(tips)
