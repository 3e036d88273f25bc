"""Who buys contraband, and where it is delivered: regular buyers, anybody, invented names at vacant homes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.drawing import Ints
from data.synthetic.parties import VACANT, Parties, Places
from data.synthetic.receiving import Receiving
from data.synthetic.vendors import N_PHASES, Vendors

DROPS_PER_VENDOR = 3
NAMES_PER_DROP = 7
PARCELS_PER_DROP = 6
"""Vacant homes of a vendor, names used at each, parcels until the next one is used; our assumptions."""


@dataclass(frozen=True, kw_only=True)
class Drops:
    """Vacant homes and the invented names that receive there."""

    places: Places
    names: Parties


def make_drops(rng: np.random.Generator, receiving: Receiving, n_vendors: int) -> Drops:
    """Find vacant homes for every vendor."""
    country = rng.choice(np.unique(receiving.parties.country), n_vendors * DROPS_PER_VENDOR)
    n_names = country.size * NAMES_PER_DROP
    return Drops(
        places=Places(country=country, kind=np.full(country.size, VACANT)),
        names=Parties(country=np.repeat(country, NAMES_PER_DROP), is_firm=np.zeros(n_names, dtype=np.bool_)),
    )


def buyers(
    rng: np.random.Generator,
    regular_share: float,
    receiving: Receiving,
    vendors: Vendors,
    draft: tuple[Ints, Ints, Ints],
) -> tuple[Ints, Ints]:
    """Recipient and place of each draft.

    Parameters
    ----------
    draft:
        Vendor, number of the parcel among the vendor's, and phase.
    """
    vendor, number, phase = draft
    n = vendor.size
    regulars = receiving.anybody(rng, max(5, n // N_PHASES // 8))
    regular = rng.random(n) < regular_share
    buyer = np.where(regular, regulars[rng.integers(0, regulars.size, n)], receiving.anybody(rng, n))
    dropped = rng.random(n) < vendors.of("drop_share")[vendor] if n else regular
    drop = vendor * DROPS_PER_VENDOR + (number // PARCELS_PER_DROP + phase) % DROPS_PER_VENDOR
    name = drop * NAMES_PER_DROP + rng.integers(0, NAMES_PER_DROP, n)
    recipient = np.where(dropped, receiving.parties.n + name, buyer)
    return recipient, np.where(dropped, receiving.places.n + drop, receiving.place_of(rng, buyer))
