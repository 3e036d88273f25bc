"""Contraband vendors: what they send, how they hide it, and how they change their habits after losses.

A vendor has `N_PHASES` sets of habits. It starts with the first and moves on when it has learned of enough losses; which
phase a parcel is sent in is only known while the days of the world pass (`data.synthetic.office`), so every parcel of a
vendor is drafted once for each phase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.calendar import Calendar
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, weight_matrix, weighted_rows
from data.synthetic.goods import Goods
from data.synthetic.honest import (
    CATEGORY_WEIGHTS, FIRM, HOBBY, HS_FACTOR, PRIVATE, Senders, coded, described, made_in, rounded,
)  # fmt: skip
from data.synthetic.parties import VACANT, Parties, Places
from data.synthetic.pools import goods_groups, known_countries
from data.synthetic.receiving import Receiving
from data.synthetic.scenario import Scenario, Vendor
from features.parcel.fields import FINDING_CLASSES, STREAMS

N_PHASES = 5
CHANGES_SHARE = 0.6
"""Share of its habits that a vendor changes when it adapts; our assumption."""
HIDES_SHARE = 0.2
"""Careful vendors who post among the parcels of an honest firm; our assumption."""
DROPS_PER_VENDOR = 3


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


@dataclass(frozen=True, kw_only=True)
class Underworld:
    """Vendors, their drafts, and the parties and places that exist only for them."""

    vendors: Vendors
    drafts: Drafts
    aliases: Parties
    mules: Parties
    drops: Places


def make_underworld(
    scenario: Scenario, rng: np.random.Generator, calendar: Calendar, goods: Goods, senders: Senders, receiving: Receiving, n_parcels: int,
) -> Underworld:  # fmt: skip
    """Draw the vendors and draft their parcels, once for each phase."""
    vendors = _make_vendors(scenario, rng, n_parcels, senders.kind.size)
    aliases = _aliases(scenario, rng, vendors)
    drops = Places(
        country=rng.choice(np.unique(receiving.parties.country), vendors.n * DROPS_PER_VENDOR),
        kind=np.full(vendors.n * DROPS_PER_VENDOR, VACANT),
    )
    shipments = _Shipments.draw(scenario, rng, calendar, vendors)
    drafts, mules = _drafts(scenario, rng, goods, senders, receiving, vendors, shipments, aliases, drops)
    return Underworld(vendors=vendors, drafts=drafts, aliases=aliases, mules=mules, drops=drops)


def _make_vendors(scenario: Scenario, rng: np.random.Generator, n_parcels: int, first_alias: int) -> Vendors:
    settings = tuple(scenario.active_vendors.values())
    shares = np.array([vendor.share for vendor in settings])
    total = n_parcels * scenario.contraband.prevalence_share
    counts = np.diff(np.round(np.concatenate([[0.0], np.cumsum(shares) / max(shares.sum(), 1e-9)]) * total)).astype(
        np.int64
    )
    kinds, volumes = [], []
    for place, (vendor, count) in enumerate(zip(settings, counts, strict=True)):
        size = max(1, round(count / vendor.parcels_per_vendor)) if count else 0
        weights = lognormal(rng, 1.0, 0.7, size)
        volumes.append(rng.multinomial(count, weights / weights.sum()) if size else np.zeros(0, dtype=np.int64))
        kinds.append(np.full(size, place, dtype=np.int64))
    kind, volume = _joined(kinds), _joined(volumes)
    codes = known_countries()
    country = weighted_rows(rng, weight_matrix([v.origins for v in settings], codes), kind) if kind.size else kind
    careful = rng.random(kind.size) < np.array([v.careful_share for v in settings])[kind] if kind.size else kind > 0
    per_alias = np.array([v.parcels_per_alias for v in settings] or [1.0])[kind] * np.where(careful, 1.0, 4.0)
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


def _aliases(scenario: Scenario, rng: np.random.Generator, vendors: Vendors) -> Parties:
    """Names under which vendors post: mostly in their own country, some in the country they send through."""
    owner = np.repeat(np.arange(vendors.n), vendors.n_aliases)
    if not owner.size:
        return Parties(country=owner, is_firm=owner > 0)
    abroad = rng.random(owner.size) < 0.5 * vendors.of("masked_share")[owner]
    country = np.where(abroad, _transit(rng, vendors, owner), vendors.country[owner])
    return Parties(country=country, is_firm=rng.random(owner.size) < vendors.of("firm_alias_share")[owner])


def _transit(rng: np.random.Generator, vendors: Vendors, owner: Ints) -> Ints:
    codes = known_countries()
    tables = [v.transit or v.origins for v in vendors.settings]
    return weighted_rows(rng, weight_matrix(tables, codes), vendors.kind[owner])


@dataclass(frozen=True, kw_only=True)
class _Shipments:
    """Parcels of all vendors, before habits: whose, when, in which order, with what mass."""

    vendor: Ints
    number: Ints
    at_s: Ints
    mass_g: Floats

    @classmethod
    def draw(cls, scenario: Scenario, rng: np.random.Generator, calendar: Calendar, vendors: Vendors) -> _Shipments:
        vendor = np.repeat(np.arange(vendors.n), vendors.volume)
        at_s = np.zeros(vendor.size, dtype=np.int64)
        names = list(scenario.active_vendors)
        for place, name in enumerate(names):
            of_kind = vendors.kind[vendor] == place
            drifts = [drift for drift in scenario.drifts.values() if drift.vendor == name]
            at_s[of_kind] = _posted(rng, calendar.drifted(drifts), vendors, vendor[of_kind])
        order = np.lexsort((at_s, vendor))
        first = np.concatenate([[0], np.cumsum(vendors.volume)[:-1]]) if vendors.n else np.zeros(0, dtype=np.int64)
        pack = (
            lognormal(rng, vendors.of("mass_median_g"), vendors.of("mass_sigma"), vendors.n)
            if vendors.n
            else np.zeros(0)
        )
        steps = np.array([0.5, 1.0, 1.0, 1.0, 2.0])[rng.integers(0, 5, vendor.size)]
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
    session = 3 * 86_400
    together = (
        calendar.start_s
        + (at_s - calendar.start_s) // session * session
        + 3600 * (7 + vendor % 11)
        + 300 * (vendor % 12)
    )
    return np.where(batched, together, at_s)


def _habit(rng: np.random.Generator, draw: Ints | Floats | Flags) -> Ints | Floats | Flags:
    """Let each habit, shape ``(vendors, phases)``, stay as it was in the phase before unless it changes."""
    kept = rng.random(draw.shape) >= CHANGES_SHARE
    for phase in range(1, N_PHASES):
        draw[:, phase] = np.where(kept[:, phase], draw[:, phase - 1], draw[:, phase])
    return draw


def _drafts(
    scenario: Scenario, rng: np.random.Generator, goods: Goods, senders: Senders, receiving: Receiving, vendors: Vendors, shipments: _Shipments, aliases: Parties, drops: Places,
) -> tuple[Drafts, Parties]:  # fmt: skip
    n_shipments = shipments.vendor.size
    shipment = np.repeat(np.arange(n_shipments), N_PHASES)
    phase = np.tile(np.arange(N_PHASES), n_shipments)
    vendor, number = shipments.vendor[shipment], shipments.number[shipment]
    n = shipment.size
    shape = (vendors.n, N_PHASES)
    careful = vendors.careful[vendor]
    codes = known_countries()

    def habit(share: Floats) -> Flags:
        flags = rng.random(shape) < share[:, None]
        return np.asarray(_habit(rng, flags))[vendor, phase]

    alias = (number // np.maximum(1, vendors.volume // vendors.n_aliases)[vendor] + 3 * phase) % vendors.n_aliases[
        vendor
    ]
    sender = vendors.first_alias[vendor] + alias
    as_firm = aliases.is_firm[sender - vendors.first_alias[0]] if n else careful
    host = _hosts(rng, senders, vendors)
    hides = careful & (host[vendor] >= 0) & (phase == 0)
    sender = np.where(hides, host[vendor], sender)
    masked = habit(vendors.of("masked_share"))
    dispatch = np.where(masked, _transit(rng, vendors, vendor) if n else vendor, vendors.country[vendor])
    dispatch = np.where(hides, senders.via[np.maximum(host[vendor], 0)], dispatch)

    stream_table = weight_matrix([v.streams for v in vendors.settings], STREAMS) if vendors.n else np.ones((1, 4))
    stream = np.asarray(
        _habit(rng, weighted_rows(rng, stream_table, np.repeat(vendors.kind, N_PHASES)).reshape(shape))
    )[vendor, phase]
    template = np.asarray(_habit(rng, _covers(rng, goods, vendors, np.repeat(vendors.kind, N_PHASES)).reshape(shape)))
    product = np.where(
        rng.random(n) < vendors.of("template_reuse_share")[vendor], template[vendor, phase], _covers(rng, goods, vendors, vendors.kind[vendor])
    )  # fmt: skip
    packing = np.asarray(
        _habit(
            rng, lognormal(rng, np.repeat(vendors.of("packing_g"), N_PHASES), 0.4, vendors.n * N_PHASES).reshape(shape)
        )
    )[vendor, phase]
    weight = np.maximum(
        8, np.round((shipments.mass_g[shipment] + packing) * (1.0 + 0.002 * rng.standard_normal(n)))
    ).astype(np.int64)
    letter = STREAMS.index("letter")
    stream = np.where(
        (stream == letter) & (weight > scenario.streams["letter"].weight_cap_g), STREAMS.index("parcel"), stream
    )
    weight = np.minimum(weight, 29_500)
    kind = np.where(
        hides | (as_firm & careful), FIRM, np.where(rng.random(n) < np.where(careful, 0.75, 0.15), HOBBY, PRIVATE)
    )
    rounds = rng.random(n) < np.where(careful, 0.2, 0.6)
    generic = habit(vendors.of("generic_share") * np.where(vendors.careful, 0.5, 3.0)) & (rng.random(n) < 0.8)
    undervalued = habit(vendors.of("undervalued_share") * np.where(vendors.careful, 0.5, 1.5))
    units = np.clip(np.round(weight / goods.unit_g[product]), 1, 300).astype(np.int64)
    price = lognormal(rng, 1.0, 0.3, vendors.n)[vendor]
    value = goods.unit_eur[product] * units**0.6 * price * np.where(undervalued, 0.35, 1.0)
    voice = vendor * N_PHASES + phase + 10_000_000
    shares = np.array([scenario.senders[name].share for name in scenario.senders])
    hs_share = np.minimum(1.0, HS_FACTOR / np.average(HS_FACTOR, weights=shares) * scenario.quality.hs_given_share)
    declares = habit(np.where(vendors.careful, hs_share[HOBBY], 0.2 * hs_share[HOBBY]))
    recipient, place, mules = _recipients(rng, scenario, receiving, vendors, vendor, number, phase, drops)
    second = np.where(rng.random(n) < 0.1, _covers(rng, goods, vendors, vendors.kind[vendor]), -1)
    order_share = np.where(careful, np.where(kind == FIRM, 0.5, 0.4), 0.05)
    origin = np.where(rng.random(n) < 0.3, np.array([codes.index("CN")]), vendors.country[vendor])
    drafts = Drafts(
        lodged_s=shipments.at_s[shipment],
        sender=sender,
        recipient=recipient,
        place=place,
        sender_kind=kind,
        stream=stream,
        dispatch=dispatch,
        goods_origin=np.where(
            careful,
            made_in(rng, np.where(masked, dispatch, vendors.country[vendor])),
            np.where(rng.random(n) < 0.15, -1, origin),
        ),
        text=np.where(generic, goods.generic(rng, n), described(scenario, rng, voice, product)),
        hs=coded(scenario, rng, goods, voice, product, declares, generic),
        second_text=np.where(second >= 0, described(scenario, rng, voice, np.maximum(second, 0)), -1),
        second_hs=np.where(
            second >= 0, coded(scenario, rng, goods, voice, np.maximum(second, 0), declares, generic), -1
        ),
        units=units,
        weight_g=np.where(rounds, rounded(weight), weight),
        value_eur=np.where(rng.random(n) < 0.4, np.maximum(1.0, np.round(value)), value),
        category=weighted_rows(rng, CATEGORY_WEIGHTS, kind),
        has_contents=rng.random(n) >= scenario.quality.contents_missing_share,
        has_order=rng.random(n) < order_share,
        has_sender_contact=habit(np.where(vendors.careful, 1.0, 0.2) * scenario.quality.sender_contact_share),
        has_recipient_contact=rng.random(n) < scenario.quality.recipient_phone_share * np.where(careful, 1.0, 0.85),
        mass_g=np.maximum(1, np.round(shipments.mass_g[shipment])).astype(np.int64),
        vendor=vendor,
        shipment=shipment,
        phase=phase,
    )
    return drafts, mules


def _hosts(rng: np.random.Generator, senders: Senders, vendors: Vendors) -> Ints:
    """Honest firm in the vendor's country among whose parcels it hides; -1 for most vendors."""
    firms = np.flatnonzero(senders.kind == FIRM)
    if not firms.size:
        return np.full(vendors.n, -1)
    pick = firms[rng.integers(0, firms.size, (vendors.n, 12))]
    fits = senders.parties.country[pick] == vendors.country[:, None]
    found = pick[np.arange(vendors.n), fits.argmax(axis=1)]
    return np.where(fits.any(axis=1) & (rng.random(vendors.n) < HIDES_SHARE), found, -1)


def _covers(rng: np.random.Generator, goods: Goods, vendors: Vendors, kind: Ints) -> Ints:
    """Products that a kind of vendor declares instead of what it sends."""
    product = np.zeros(kind.size, dtype=np.int64)
    groups = goods_groups()
    for place, settings in enumerate(vendors.settings):
        fitting = np.flatnonzero(np.isin(goods.group, [groups.index(cover) for cover in settings.covers]))
        rows = kind == place
        product[rows] = fitting[rng.integers(0, fitting.size, int(rows.sum()))]
    return product


def _recipients(
    rng: np.random.Generator,
    scenario: Scenario,
    receiving: Receiving,
    vendors: Vendors,
    vendor: Ints,
    number: Ints,
    phase: Ints,
    drops: Places,
) -> tuple[Ints, Ints, Parties]:
    """Buyers: regular ones, anybody, or an invented name at a vacant home."""
    n = vendor.size
    n_shipments = n // N_PHASES
    regulars = receiving.anybody(rng, max(5, n_shipments // 8))
    regular = rng.random(n) < scenario.contraband.regular_buyers_share
    buyer = np.where(regular, regulars[rng.integers(0, regulars.size, n)], receiving.anybody(rng, n))
    dropped = rng.random(n) < vendors.of("drop_share")[vendor] if n else regular
    drop = vendor * DROPS_PER_VENDOR + (number // 6 + phase) % DROPS_PER_VENDOR
    mule = drop * 7 + rng.integers(0, 7, n)
    mules = Parties(
        country=np.repeat(drops.country, 7),
        is_firm=np.zeros(vendors.n * DROPS_PER_VENDOR * 7, dtype=np.bool_),
    )
    recipient = np.where(dropped, receiving.parties.n + mule, buyer)
    place = np.where(dropped, receiving.places.n + drop, receiving.place_of(rng, buyer))
    return recipient, place, mules
