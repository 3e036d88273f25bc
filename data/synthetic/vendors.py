"""Contraband vendors: who they are, where they sit and under which names they post.

A vendor has `N_PHASES` sets of habits. It starts with the first and moves on when it has learned of enough losses.
Which phase a parcel is sent in is only known while the days of the world pass (`data.synthetic.office`), so every
parcel of a vendor is drafted once for each phase (`data.synthetic.disguise`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.drawing import Flags, Floats, Ints, lognormal, weight_matrix, weighted_rows
from data.synthetic.parties import Parties
from data.synthetic.pools import known_countries
from data.synthetic.settings import Scenario, Vendor
from features.parcel.fields import FINDING_CLASSES

N_PHASES = 5
CARELESS_FACTOR = 4.0
"""How much longer a careless vendor keeps to a name; our assumption."""


@dataclass(frozen=True, kw_only=True)
class Vendors:
    """The vendors of a world, one row each.

    Attributes
    ----------
    kind:
        Place of the vendor's table in ``scenario.active_vendors``.
    careful:
        Whether it declares like the honest sender it imitates.
    goods:
        Place in ``FINDING_CLASSES``.
    first_alias, n_aliases:
        Its names in the table of senders.
    """

    kind: Ints
    settings: tuple[Vendor, ...]
    volume: Ints
    country: Ints
    careful: Flags
    goods: Ints
    first_alias: Ints
    n_aliases: Ints

    @property
    def n(self) -> int:
        """How many vendors there are."""
        return self.kind.size

    def of(self, setting: str) -> Floats:
        """A number from the scenario for each vendor."""
        return np.array([getattr(vendor, setting) for vendor in self.settings], dtype=np.float64)[self.kind]


def make_vendors(scenario: Scenario, rng: np.random.Generator, n_parcels: int, first_alias: int) -> Vendors:
    """Draw the vendors of a world; their names follow `first_alias` others in the table of senders."""
    settings = tuple(scenario.active_vendors.values())
    shares = np.array([vendor.share for vendor in settings])
    total = n_parcels * scenario.contraband.prevalence_share
    counts = np.diff(np.round(np.concatenate([[0.0], np.cumsum(shares) / max(shares.sum(), 1e-9)]) * total)).astype(
        np.int64
    )
    kinds, volumes = [], []
    for index, (vendor, count) in enumerate(zip(settings, counts, strict=True)):
        size = max(1, round(count / vendor.parcels_per_vendor)) if count else 0
        weights = lognormal(rng, 1.0, 0.7, size)
        volumes.append(rng.multinomial(count, weights / weights.sum()) if size else np.zeros(0, dtype=np.int64))
        kinds.append(np.full(size, index, dtype=np.int64))
    kind, volume = _joined(kinds), _joined(volumes)
    codes = known_countries()
    country = weighted_rows(rng, weight_matrix([v.origins for v in settings], codes), kind) if kind.size else kind
    careful = rng.random(kind.size) < np.array([v.careful_share for v in settings])[kind] if kind.size else kind > 0
    per_alias = np.array([v.parcels_per_alias for v in settings] or [1.0])[kind] * np.where(
        careful, 1.0, CARELESS_FACTOR
    )
    n_aliases = 1 + np.ceil(volume / per_alias).astype(np.int64)
    return Vendors(
        kind=kind,
        settings=settings,
        volume=volume,
        country=country,
        careful=careful,
        goods=np.array([FINDING_CLASSES.index(v.goods) for v in settings] or [0])[kind],
        first_alias=first_alias + np.cumsum(n_aliases) - n_aliases,
        n_aliases=n_aliases,
    )


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def make_aliases(rng: np.random.Generator, vendors: Vendors) -> Parties:
    """Names under which vendors post: mostly in their own country, some in the country they send through."""
    owner = np.repeat(np.arange(vendors.n), vendors.n_aliases)
    if not owner.size:
        return Parties(country=owner, is_firm=owner > 0)
    abroad = rng.random(owner.size) < 0.5 * vendors.of("masked_share")[owner]
    country = np.where(abroad, transit(rng, vendors, owner), vendors.country[owner])
    return Parties(country=country, is_firm=rng.random(owner.size) < vendors.of("firm_alias_share")[owner])


def transit(rng: np.random.Generator, vendors: Vendors, owner: Ints) -> Ints:
    """Draw a transit country for each vendor in `owner`; vendors without any take one of their origins."""
    codes = known_countries()
    tables = [v.transit or v.origins for v in vendors.settings]
    return weighted_rows(rng, weight_matrix(tables, codes), vendors.kind[owner])
