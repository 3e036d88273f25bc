"""How vendors dress their parcels up: names, routes, covers, wording, and habits that change after losses.

Every parcel of a vendor is drafted once for each phase of its habits, see `data.synthetic.vendors`. A habit is drawn
for each vendor and phase and stays as it was unless the vendor changes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.buying import Drops, buyers, make_drops
from data.synthetic.calendar import Calendar
from data.synthetic.campaigns import Shipments
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, weight_matrix, weighted_rows
from data.synthetic.goods import Goods
from data.synthetic.habits import Habits
from data.synthetic.honest import (
    CATEGORY_WEIGHTS,
    FIRM,
    HOBBY,
    HS_FACTOR,
    PRIVATE,
    Senders,
    coded,
    described,
    made_in,
    rounded,
)
from data.synthetic.parties import Parties
from data.synthetic.pools import goods_groups, known_countries
from data.synthetic.receiving import Receiving
from data.synthetic.settings import SENDER_KINDS, Scenario
from data.synthetic.vendors import N_PHASES, Vendors, make_aliases, make_vendors, transit
from features.parcel.fields import STREAMS

HIDES_SHARE = 0.2
"""Careful vendors who begin among the parcels of an honest firm; our assumption."""
FIRST_VOICE = 10_000_000
"""Vendors word and misspell by habit like honest senders, whose numbers are below this."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The honest world among which vendors hide."""

    scenario: Scenario
    calendar: Calendar
    goods: Goods
    senders: Senders
    receiving: Receiving


@dataclass(frozen=True, kw_only=True)
class Underworld:
    """Vendors, their drafts, and the parties and places that exist only for them."""

    vendors: Vendors
    drafts: Drafts
    aliases: Parties
    drops: Drops


def make_underworld(scene: Scene, rng: np.random.Generator, n_parcels: int) -> Underworld:
    """Draw the vendors and draft their parcels, once for each phase."""
    vendors = make_vendors(scene.scenario, rng, n_parcels, scene.senders.kind.size)
    aliases = make_aliases(rng, vendors)
    drops = make_drops(rng, scene.receiving, vendors.n)
    shipments = Shipments.draw(scene.scenario, rng, scene.calendar, vendors)
    disguise = _Disguise(scene, rng, vendors, shipments)
    return Underworld(vendors=vendors, drafts=disguise.drafts(aliases), aliases=aliases, drops=drops)


class _Disguise(Habits):
    """Drafts of every shipment in every phase."""

    def __init__(self, scene: Scene, rng: np.random.Generator, vendors: Vendors, shipments: Shipments) -> None:
        super().__init__(rng, vendors, shipments)
        self.scene = scene

    def drafts(self, aliases: Parties) -> Drafts:
        """Draft every row."""
        scene, rng, vendors, careful, n = self.scene, self.rng, self.vendors, self.careful, self.n
        sender, host = self._sender()
        hides = host >= 0
        as_firm = aliases.is_firm[np.where(hides, 0, sender - scene.senders.kind.size)] if n else careful
        masked = self.yes_no(vendors.of("masked_share"))
        dispatch = self._dispatch(masked, host)
        stream, product, weight = self._contents()
        kind = self._passes_for(hides | (as_firm & careful))
        generic = self.yes_no(vendors.of("generic_share") * np.where(vendors.careful, 0.5, 3.0)) & (rng.random(n) < 0.8)
        units = np.clip(np.round(weight / scene.goods.unit_g[product]), 1, 300).astype(np.int64)
        voice = self.vendor * N_PHASES + self.phase + FIRST_VOICE
        declares = self._declares_hs()
        recipient, place = buyers(
            rng,
            scene.scenario.contraband.regular_buyers_share,
            scene.receiving,
            vendors,
            (self.vendor, self.number, self.phase),
        )
        second = np.where(rng.random(n) < 0.1, self._covers(vendors.kind[self.vendor]), -1)
        has_second, second_product = second >= 0, np.maximum(second, 0)
        quality = scene.scenario.quality
        return Drafts(
            lodged_s=self.shipments.at_s[self.shipment],
            sender=sender,
            recipient=recipient,
            place=place,
            sender_kind=kind,
            stream=stream,
            dispatch=dispatch,
            goods_origin=self._goods_origin(masked, dispatch),
            text=np.where(generic, scene.goods.generic(rng, n), described(scene.scenario, rng, voice, product)),
            hs=coded(scene.scenario, rng, scene.goods, voice, product, declares, generic),
            second_text=np.where(has_second, described(scene.scenario, rng, voice, second_product), -1),
            second_hs=np.where(
                has_second, coded(scene.scenario, rng, scene.goods, voice, second_product, declares, generic), -1
            ),
            units=units,
            weight_g=np.where(rng.random(n) < np.where(careful, 0.2, 0.6), rounded(weight), weight),
            value_eur=self._value(product, units),
            category=weighted_rows(rng, CATEGORY_WEIGHTS, kind),
            has_contents=rng.random(n) >= quality.contents_missing_share,
            has_order=rng.random(n) < np.where(careful, np.where(kind == FIRM, 0.5, 0.4), 0.05),
            has_sender_contact=self.yes_no(np.where(vendors.careful, 1.0, 0.2) * quality.sender_contact_share),
            has_recipient_contact=rng.random(n) < quality.recipient_phone_share * np.where(careful, 1.0, 0.85),
            mass_g=np.maximum(1, np.round(self.shipments.mass_g[self.shipment])).astype(np.int64),
            vendor=self.vendor,
            shipment=self.shipment,
            phase=self.phase,
        )

    def _sender(self) -> tuple[Ints, Ints]:
        """Alias in turn, or the honest firm among whose parcels the vendor begins; the firm, or -1."""
        vendors = self.vendors
        per_alias = np.maximum(1, vendors.volume // vendors.n_aliases)[self.vendor]
        alias = (self.number // per_alias + 3 * self.phase) % vendors.n_aliases[self.vendor]
        host = np.where(self.careful & (self.phase == 0), self._hosts()[self.vendor], -1)
        return np.where(host >= 0, host, vendors.first_alias[self.vendor] + alias), host

    def _hosts(self) -> Ints:
        """Honest firm in each vendor's country; -1 for most vendors."""
        senders, vendors, rng = self.scene.senders, self.vendors, self.rng
        firms = np.flatnonzero(senders.kind == FIRM)
        if not firms.size:
            return np.full(vendors.n, -1)
        pick = firms[rng.integers(0, firms.size, (vendors.n, 12))]
        fits = senders.parties.country[pick] == vendors.country[:, None]
        firm = pick[np.arange(vendors.n), fits.argmax(axis=1)]
        return np.where(fits.any(axis=1) & (rng.random(vendors.n) < HIDES_SHARE), firm, -1)

    def _dispatch(self, masked: Flags, host: Ints) -> Ints:
        """Country of dispatch: the vendor's, one in transit, or where the host's mail leaves."""
        own = self.vendors.country[self.vendor]
        through = np.where(masked, transit(self.rng, self.vendors, self.vendor), own) if self.n else own
        return np.where(host >= 0, self.scene.senders.via[np.maximum(host, 0)], through)

    def _contents(self) -> tuple[Ints, Ints, Ints]:
        """Stream, declared product and gross weight (g); too heavy letters go as parcels."""
        rng, vendors, n = self.rng, self.vendors, self.n
        table = weight_matrix([kind.streams for kind in vendors.settings], STREAMS) if vendors.n else np.ones((1, 4))
        stream = self.chosen(weighted_rows(rng, table, self.kinds))
        reuses = rng.random(n) < vendors.of("template_reuse_share")[self.vendor]
        product = np.where(reuses, self.chosen(self._covers(self.kinds)), self._covers(vendors.kind[self.vendor]))
        packing = self.measured(lognormal(rng, np.repeat(vendors.of("packing_g"), N_PHASES), 0.4, self.kinds.size))
        # A vendor weighs its packs to the gram; what varies is tape and paper.
        exact = (self.shipments.mass_g[self.shipment] + packing) * (1.0 + 0.002 * rng.standard_normal(n))
        weight = np.clip(np.round(exact), 8, 29_500).astype(np.int64)
        too_heavy = (stream == STREAMS.index("letter")) & (weight > self.scene.scenario.streams["letter"].weight_cap_g)
        return np.where(too_heavy, STREAMS.index("parcel"), stream), product, weight

    def _covers(self, kind: Ints) -> Ints:
        """Products that a kind of vendor declares instead of what it sends."""
        product = np.zeros(kind.size, dtype=np.int64)
        groups = goods_groups()
        for index, settings in enumerate(self.vendors.settings):
            fitting = np.flatnonzero(
                np.isin(self.scene.goods.group, [groups.index(cover) for cover in settings.covers])
            )
            rows = kind == index
            product[rows] = fitting[self.rng.integers(0, fitting.size, int(rows.sum()))]
        return product

    def _passes_for(self, as_firm: Flags) -> Ints:
        """Kind of honest sender that each parcel imitates."""
        hobby = self.rng.random(self.n) < np.where(self.careful, 0.75, 0.15)
        return np.where(as_firm, FIRM, np.where(hobby, HOBBY, PRIVATE))

    def _declares_hs(self) -> Flags:
        """Careful vendors give HS codes as often as hobby sellers do, careless ones hardly ever."""
        shares = [self.scene.scenario.senders[name].share for name in SENDER_KINDS]
        honest = HS_FACTOR[HOBBY] / np.average(HS_FACTOR, weights=shares) * self.scene.scenario.quality.hs_given_share
        return self.yes_no(min(1.0, honest) * np.where(self.vendors.careful, 1.0, 0.2))

    def _goods_origin(self, masked: Flags, dispatch: Ints) -> Ints:
        """Careful vendors name an origin that fits the route; careless ones China, the truth, or none."""
        own = self.vendors.country[self.vendor]
        plausible = made_in(self.rng, np.where(masked, dispatch, own))
        careless = np.where(self.rng.random(self.n) < 0.3, known_countries().index("CN"), own)
        return np.where(self.careful, plausible, np.where(self.rng.random(self.n) < 0.15, -1, careless))

    def _value(self, product: Ints, units: Ints) -> Floats:
        """Declared value (EUR): that of the cover, by some far too low, often round."""
        rng, vendors = self.rng, self.vendors
        undervalued = self.yes_no(vendors.of("undervalued_share") * np.where(vendors.careful, 0.5, 1.5))
        price = lognormal(rng, 1.0, 0.3, vendors.n)[self.vendor]
        value = self.scene.goods.unit_eur[product] * units**0.6 * price * np.where(undervalued, 0.35, 1.0)
        return np.where(rng.random(self.n) < 0.4, np.maximum(1.0, np.round(value)), value)
