"""Who receives: a population with regular and rare recipients, lockers, shared places, and depots for returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.drawing import Floats, Ints, lognormal, weighted
from data.synthetic.parties import HOTEL, LOCKER, OFFICE, Parties, Places
from data.synthetic.pools import known_countries
from data.synthetic.settings import Scenario

FIRM_SHARE = 0.08
"""Recipients that are firms; our assumption."""
USES_OTHER_PLACE = 0.85
"""Share of parcels that a recipient with a locker or a shared place has sent there; our assumption."""


@dataclass(frozen=True, kw_only=True)
class Receiving:
    """The recipients of a world and the places they use.

    Attributes
    ----------
    parties:
        Recipients; the last ``n_depots`` of them receive returned goods.
    activity:
        Relative number of parcels of each recipient, cumulated.
    usual_place:
        Row in `places` that a recipient uses, or -1 for the own address.
    """

    parties: Parties
    places: Places
    activity: Floats
    usual_place: Ints
    n_depots: int

    def anybody(self, rng: np.random.Generator, size: int) -> Ints:
        """Draw recipients of ordinary parcels."""
        ordinary = self.activity[: self.parties.n - self.n_depots]
        rows = np.searchsorted(ordinary, rng.random(size) * ordinary[-1], side="right")
        return np.asarray(np.minimum(rows, ordinary.size - 1), dtype=np.int64)

    def depots(self, rng: np.random.Generator, size: int) -> Ints:
        """Draw depots of returned goods."""
        return np.asarray(self.parties.n - 1 - (rng.random(size) ** 2 * self.n_depots).astype(np.int64))

    def place_of(self, rng: np.random.Generator, recipient: Ints) -> Ints:
        """Where each parcel goes."""
        usual = self.usual_place[recipient]
        return np.where(rng.random(recipient.size) < USES_OTHER_PLACE, usual, -1)


def make_receiving(scenario: Scenario, rng: np.random.Generator, n_parcels: int) -> Receiving:
    """Draw the recipients of a world and the places that many of them share."""
    settings = scenario.recipients
    n_people = max(20, round(n_parcels / settings.parcels_per_recipient))
    n_depots = max(3, n_parcels // 5000)
    codes = known_countries()
    destinations = [codes.index(code) for code in scenario.destinations]

    def somewhere(size: int) -> Ints:
        return np.array(destinations)[weighted(rng, list(scenario.destinations.values()), size)]

    country = somewhere(n_people + n_depots)
    is_firm = rng.random(country.size) < FIRM_SHARE
    is_firm[n_people:] = True
    n_places = max(
        6, round(n_parcels / settings.parcels_per_shared_place * (settings.locker_share + settings.shared_place_share))
    )
    kind = np.where(rng.random(n_places) < 0.6, LOCKER, np.where(rng.random(n_places) < 0.5, HOTEL, OFFICE))
    shares = settings.locker_share + settings.shared_place_share
    uses = rng.random(country.size) < shares / USES_OTHER_PLACE
    uses[n_people:] = False
    return Receiving(
        parties=Parties(country=country, is_firm=is_firm),
        places=Places(country=somewhere(n_places), kind=kind),
        activity=np.cumsum(lognormal(rng, 1.0, settings.spread_sigma, country.size)),
        usual_place=np.where(uses, rng.integers(0, n_places, country.size), -1),
        n_depots=n_depots,
    )
