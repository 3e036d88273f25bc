"""When vendors post: campaigns of days, parcels posted together, and the mass in each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.calendar import DAY_S, Calendar
from data.synthetic.drawing import Floats, Ints, lognormal
from data.synthetic.settings import Scenario
from data.synthetic.vendors import Vendors

SESSION_DAYS = 3
"""A vendor that posts several parcels together does so at most once in so many days; our assumption."""
PACK_STEPS = (0.5, 1.0, 1.0, 1.0, 2.0)
"""Sizes in which a vendor sells, as multiples of its usual one; our assumption."""


@dataclass(frozen=True, kw_only=True)
class Shipments:
    """Parcels of all vendors, before habits: whose, when, in which order, with what mass."""

    vendor: Ints
    number: Ints
    at_s: Ints
    mass_g: Floats

    @classmethod
    def draw(cls, scenario: Scenario, rng: np.random.Generator, calendar: Calendar, vendors: Vendors) -> Shipments:
        """Draw the parcels of all vendors, each vendor's in the order of posting."""
        vendor = np.repeat(np.arange(vendors.n), vendors.volume)
        at_s = np.zeros(vendor.size, dtype=np.int64)
        names = list(scenario.active_vendors)
        for index, name in enumerate(names):
            of_kind = vendors.kind[vendor] == index
            drifts = [drift for drift in scenario.drifts.values() if drift.vendor == name]
            at_s[of_kind] = _posted(rng, calendar.drifted(drifts), vendors, vendor[of_kind])
        order = np.lexsort((at_s, vendor))
        first = np.concatenate([[0], np.cumsum(vendors.volume)[:-1]]) if vendors.n else np.zeros(0, dtype=np.int64)
        pack = (
            lognormal(rng, vendors.of("mass_median_g"), vendors.of("mass_sigma"), vendors.n)
            if vendors.n
            else np.zeros(0)
        )
        steps = np.array(PACK_STEPS)[rng.integers(0, len(PACK_STEPS), vendor.size)]
        return cls(
            vendor=vendor, number=np.arange(vendor.size) - first[vendor], at_s=at_s[order], mass_g=pack[vendor] * steps
        )


def _posted(rng: np.random.Generator, calendar: Calendar, vendors: Vendors, vendor: Ints) -> Ints:
    """Days on which the parcels of campaigns are posted, several at a time where the vendor batches."""
    middle = calendar.times_between(rng, np.zeros(vendors.n), np.full(vendors.n, float(calendar.n_days)))
    start_day = calendar.day_of(middle) + rng.random(vendors.n)
    length = lognormal(rng, vendors.of("campaign_days"), 0.4, vendors.n)
    campaign = (rng.random(vendor.size) * np.maximum(1, np.round(vendors.of("n_campaigns")))[vendor]).astype(np.int64)
    first = start_day[vendor] - 0.5 * length[vendor] + campaign * 1.8 * length[vendor]
    last = first + length[vendor]
    outside = (last <= 0) | (first >= calendar.n_days)
    first = np.where(outside, 0.0, np.maximum(first, 0.0))
    last = np.where(outside, calendar.n_days, np.minimum(last, calendar.n_days))
    at_s = calendar.times_between(rng, first, last)
    batched = rng.random(vendor.size) < vendors.of("batch_share")[vendor]
    session = SESSION_DAYS * DAY_S
    together = (
        calendar.start_s
        + (at_s - calendar.start_s) // session * session
        + 3600 * (7 + vendor % 11)
        + 300 * (vendor % 12)
    )
    return np.where(batched, together, at_s)
