"""Honest traffic: marketplaces with catalogues, small firms, hobby sellers, private people, returned goods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.calendar import Calendar
from data.synthetic.drafts import Drafts, sealed
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, trait, weight_matrix, weighted, weighted_rows
from data.synthetic.goods import MISSPELT, N_VARIANTS, Goods
from data.synthetic.parties import Parties
from data.synthetic.pools import known_countries
from data.synthetic.receiving import Receiving
from data.synthetic.settings import SENDER_KINDS, Scenario
from features.parcel.fields import CATEGORIES, STREAMS

MARKETPLACE, FIRM, HOBBY, PRIVATE, RETURNS = range(5)
IS_FIRM_SHARE = np.array([0.62, 0.85, 0.12, 0.02, 0.03])
"""Senders of each kind whose name is a firm's; our assumption."""
HS_FACTOR = np.array([1.2, 1.1, 0.7, 0.4, 0.75])
"""How much likelier than average each kind declares an HS code; our assumption, people rarely know one."""
# Weights of the categories (sale, gift, sample, documents, returned, other) by kind of sender; our assumption.
CATEGORY_WEIGHTS = np.array(
    [[88, 5, 2, 0, 0, 5], [76, 4, 9, 3, 0, 8], [60, 28, 2, 0, 0, 10], [8, 60, 1, 12, 2, 17], [2, 1, 0, 0, 95, 2]],
    dtype=np.float64,
)
SECOND_PIECE_SHARE = 0.14
SLIPS_SHARE = 0.04
"""Parcels on which a sender departs from its habit of giving HS codes, or of leaving them out; our assumption."""
STAYS_SHARE = 0.85
"""Share of a sender's parcels in its usual stream; our assumption."""


@dataclass(frozen=True, kw_only=True)
class Senders:
    """Honest senders and their habits."""

    kind: Ints
    parties: Parties
    via: Ints
    first_day: Floats
    last_day: Floats
    stream: Ints
    first_product: Ints
    n_products: Ints
    price_factor: Floats
    declares_hs: Flags
    gives_contact: Flags


def make_senders(
    scenario: Scenario, rng: np.random.Generator, n_parcels: int, n_days: int, goods: Goods
) -> tuple[Senders, Ints]:
    """Draw the honest senders and decide how many parcels each of them sends."""
    kinds = [scenario.senders[name] for name in SENDER_KINDS]
    shares = np.array([kind.share for kind in kinds])
    counts = np.diff(np.round(np.concatenate([[0], np.cumsum(shares)]) / shares.sum() * n_parcels)).astype(np.int64)
    sizes = [max(1, round(count / kind.parcels_per_sender)) for count, kind in zip(counts, kinds, strict=True)]
    kind = np.repeat(np.arange(len(kinds)), sizes)
    volumes = []
    for count, size, settings in zip(counts, sizes, kinds, strict=True):
        drawn = weighted(rng, lognormal(rng, 1.0, settings.spread_sigma, size), int(count))
        volumes.append(np.bincount(drawn, minlength=size))
    volume = np.concatenate(volumes)
    return _senders(scenario, rng, kind, n_days, goods, volume), volume


def _senders(
    scenario: Scenario, rng: np.random.Generator, kind: Ints, n_days: int, goods: Goods, volume: Ints
) -> Senders:
    settings = [scenario.senders[name] for name in SENDER_KINDS]
    n = kind.size
    country = _countries(scenario, rng, kind)
    life = lognormal(rng, np.array([s.lifetime_days for s in settings])[kind], 0.5, n)
    short = rng.random(n) < np.array([s.short_lived_share for s in settings])[kind]
    first = rng.random(n) * (n_days + life) - life
    quality = np.array(
        [scenario.origins[code].data_quality if code in scenario.origins else 1.0 for code in known_countries()]
    )
    return Senders(
        kind=kind,
        parties=Parties(country=country, is_firm=rng.random(n) < IS_FIRM_SHARE[kind]),
        via=_via(scenario, rng, country),
        first_day=np.where(short, np.maximum(first, 0.0), 0.0),
        last_day=np.where(short, np.minimum(first + life, n_days), n_days),
        stream=weighted(rng, [scenario.streams[name].share for name in STREAMS], n),
        first_product=rng.integers(0, goods.n_products, n),
        n_products=1
        + (rng.random(n) ** 1.5 * np.array([2 * s.catalogue_size for s in settings])[kind]).astype(np.int64),
        price_factor=lognormal(rng, 1.0, 0.3, n),
        declares_hs=rng.random(n) < _declares_hs(scenario, HS_FACTOR[kind] * quality[country], volume),
        gives_contact=rng.random(n) < scenario.quality.sender_contact_share,
    )


def _declares_hs(scenario: Scenario, inclination: Floats, volume: Ints) -> Floats:
    """Chance that each sender declares HS codes, such that the wanted share of the parcels carries one.

    Slips (see `coded`) make some declare that usually do not, and the other way round.
    """
    wanted = np.clip((scenario.quality.hs_given_share - SLIPS_SHARE) / (1.0 - 2.0 * SLIPS_SHARE), 0.0, 1.0)
    low, high = 0.0, 50.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        reached = np.average(np.minimum(1.0, middle * inclination), weights=volume)
        low, high = (middle, high) if reached < wanted else (low, middle)
    return np.minimum(1.0, high * inclination)


def _countries(scenario: Scenario, rng: np.random.Generator, kind: Ints) -> Ints:
    codes = known_countries()
    tables = [{code: getattr(origin, name) for code, origin in scenario.origins.items()} for name in SENDER_KINDS]
    return weighted_rows(rng, weight_matrix(tables, codes), kind)


def _via(scenario: Scenario, rng: np.random.Generator, country: Ints) -> Ints:
    """Country through whose office a sender's mail leaves: its own, or that of a consolidator."""
    codes = known_countries()
    tables = []
    for code in codes:
        via = scenario.origins[code].via if code in scenario.origins else {}
        tables.append({**via, code: max(0.0, 1.0 - sum(via.values()))})
    return weighted_rows(rng, weight_matrix(tables, codes), country)


def honest_drafts(
    scenario: Scenario,
    rng: np.random.Generator,
    calendar: Calendar,
    goods: Goods,
    senders: Senders,
    volumes: Ints,
    receiving: Receiving,
) -> Drafts:
    """Draft every honest parcel."""
    who = np.repeat(np.arange(volumes.size), volumes)
    n = who.size
    kind = senders.kind[who]
    settings = [scenario.senders[name] for name in SENDER_KINDS]
    stream = np.where(
        rng.random(n) < STAYS_SHARE,
        senders.stream[who],
        weighted(rng, [scenario.streams[name].share for name in STREAMS], n),
    )
    product = _product(rng, goods, senders, who, stream)
    units, weight, stream = weighed(scenario, rng, goods, who, product, stream)
    generic = rng.random(n) < np.array([s.generic_share for s in settings])[kind]
    rounds = rng.random(n) < np.array([s.round_weight_share for s in settings])[kind]
    undervalued = trait(who, 0, 3) < scenario.quality.undervalued_share
    value = goods.unit_eur[product] * units**0.6 * senders.price_factor[who] * np.where(undervalued, 0.35, 1.0)
    recipient = np.where(kind == RETURNS, receiving.depots(rng, n), receiving.anybody(rng, n))
    second = np.where(rng.random(n) < SECOND_PIECE_SHARE, _product(rng, goods, senders, who, stream), -1)
    category = weighted_rows(rng, CATEGORY_WEIGHTS, kind)
    category[generic & (rng.random(n) < 0.1)] = CATEGORIES.index("sample")
    return sealed(
        Drafts(
            lodged_s=calendar.times_between(rng, senders.first_day[who], senders.last_day[who]),
            sender=who,
            recipient=recipient,
            place=receiving.place_of(rng, recipient),
            sender_kind=kind,
            stream=stream,
            dispatch=senders.via[who],
            goods_origin=made_in(rng, senders.parties.country[who]),
            text=np.where(generic, goods.generic(rng, n), described(scenario, rng, who, product)),
            hs=coded(scenario, rng, goods, who, product, senders.declares_hs[who], generic),
            second_text=np.where(second >= 0, described(scenario, rng, who, np.maximum(second, 0)), -1),
            second_hs=np.where(
                second >= 0,
                coded(scenario, rng, goods, who, np.maximum(second, 0), senders.declares_hs[who], generic),
                -1,
            ),
            units=units,
            weight_g=np.where(rounds, rounded(weight), weight),
            value_eur=np.where(rng.random(n) < 0.35, np.maximum(1.0, np.round(value)), value),
            category=category,
            has_contents=rng.random(n) >= scenario.quality.contents_missing_share,
            has_order=rng.random(n) < np.array([s.order_reference_share for s in settings])[kind],
            has_sender_contact=senders.gives_contact[who],
            has_recipient_contact=rng.random(n) < scenario.quality.recipient_phone_share,
        )
    )


def _product(rng: np.random.Generator, goods: Goods, senders: Senders, who: Ints, stream: Ints) -> Ints:
    """Choose from the sender's catalogue: the lightest of six for a letter, the heavier of two as parcel or EMS."""
    draws = [
        (senders.first_product[who] + (rng.random(who.size) ** 1.7 * senders.n_products[who]).astype(np.int64))
        % goods.n_products
        for _ in range(6)
    ]
    lighter = np.where(goods.unit_g[draws[0]] <= goods.unit_g[draws[1]], draws[0], draws[1])
    heavier = draws[0] + draws[1] - lighter
    lightest = lighter
    for other in draws[2:]:
        lightest = np.where(goods.unit_g[lightest] <= goods.unit_g[other], lightest, other)
    of_stream = {"letter": lightest, "express": draws[0]}
    return np.choose(stream, [of_stream.get(name, heavier) for name in STREAMS])


def weighed(
    scenario: Scenario, rng: np.random.Generator, goods: Goods, who: Ints, product: Ints, stream: Ints
) -> tuple[Ints, Ints, Ints]:
    """Units, gross weight (g) and stream: what is too heavy for a letter goes as a parcel."""
    streams = [scenario.streams[name] for name in STREAMS]
    median, sigma = np.array([(s.weight_median_g, s.weight_sigma) for s in streams])[stream].T
    target = lognormal(rng, median, sigma, product.size)
    unit = goods.unit_g[product]
    units = np.clip(np.floor(target / unit), 1, 300).astype(np.int64)
    packing = (
        4.0
        + (0.02 + 0.06 * trait(who, 0, 8)) * unit * units
        + np.where(stream == STREAMS.index("letter"), 4.0, 60.0) * trait(product, who, 5)
    )
    scale = np.where(rng.random(product.size) < 0.5, 1.0 + 0.015 * rng.standard_normal(product.size), 1.0)
    weight = np.maximum(5, np.round((unit * units + packing) * scale)).astype(np.int64)
    letter, parcel = STREAMS.index("letter"), STREAMS.index("parcel")
    stream = np.where((stream == letter) & (weight > streams[letter].weight_cap_g), parcel, stream)
    return units, np.minimum(weight, np.array([s.weight_cap_g for s in streams])[stream]), stream


def made_in(rng: np.random.Generator, country: Ints) -> Ints:
    """Where the goods were made: mostly where they are sent from, often China, sometimes not said."""
    china = known_countries().index("CN")
    draw = rng.random(country.size)
    return np.where(draw < 0.62, country, np.where(draw < 0.85, china, -1))


def described(scenario: Scenario, rng: np.random.Generator, who: Ints, product: Ints) -> Ints:
    """Text of a product: a sender keeps to one wording, now and then takes another, and misspells some."""
    usual = (trait(who, product, 1) * MISSPELT).astype(np.int64)
    other = rng.integers(0, MISSPELT, who.size)
    variant = np.where(rng.random(who.size) < 0.9, usual, other)
    misspelt = trait(who, product, 2) < scenario.quality.typo_share
    return np.asarray(product * N_VARIANTS + np.where(misspelt, MISSPELT, variant))


def coded(
    scenario: Scenario,
    rng: np.random.Generator,
    goods: Goods,
    who: Ints,
    product: Ints,
    declares: Flags,
    generic: Flags,
) -> Ints:
    """HS code: the right one, or one that the sender always takes wrongly; -1 where none is given."""
    wrong = trait(who, product, 4) > scenario.quality.hs_plausible_share
    code = np.where(wrong, (trait(who, product, 6) * goods.n_hs).astype(np.int64), goods.hs[product])
    longer = trait(who, 0, 7) < 0.25
    slips = rng.random(who.size) < SLIPS_SHARE
    given = (declares ^ slips) & ~(generic & (rng.random(who.size) < 0.1))
    return np.where(given, code + np.where(longer, goods.n_hs, 0), -1)


def rounded(weight: Ints) -> Ints:
    """Weights as people write them: to 10 g, from 200 g to 50 g, from 1 kg to 100 g."""
    step = np.where(weight < 200, 10, np.where(weight < 1000, 50, 100))
    return np.maximum(step, np.round(weight / step).astype(np.int64) * step)
