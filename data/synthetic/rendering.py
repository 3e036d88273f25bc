"""Write drafts out as parcels of the canonical record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.synthetic.calendar import DAY_S
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, masked, picked, weighted
from data.synthetic.goods import Goods
from data.synthetic.parties import Parties, Places, written_parties, written_places
from data.synthetic.pools import countries
from data.synthetic.settings import SENDER_KINDS, Scenario
from features.parcel.fields import CATEGORIES, STREAMS
from features.parcel.reference import shipped_reference
from features.parcel.schema import PARCEL_SCHEMA, PIECE_SCHEMA, TIME

_MARKETPLACES = ("market-one", "bazaar-24", "handelsplatz", "collectors-corner")
_ADDRESS = ("street", "number", "postcode", "city", "country")
_PACKAGING = ("envelope", "bag", "box", "tube")
_PACKAGING_WEIGHTS = ((60, 35, 4, 1), (2, 18, 77, 3), (15, 20, 62, 3), (12, 33, 52, 3))
_PAID_BY = ("account", "card", "cash", "stamps")
_PAID_WEIGHTS = ((90, 8, 1, 1), (55, 32, 11, 2), (15, 45, 28, 12), (3, 32, 48, 17), (70, 20, 8, 2))


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody and every place that drafts refer to."""

    senders: Parties
    recipients: Parties
    places: Places


def rendered(
    scenario: Scenario, rng: np.random.Generator, drafts: Drafts, goods: Goods, cast: Cast, arrives_s: Ints
) -> pl.DataFrame:
    """Return drafts as rows of ``PARCEL_SCHEMA``, in the same order; ``parcel_id`` is still empty."""
    columns: dict[str, pl.Series] = {
        **_times(scenario, rng, drafts, arrives_s),
        **_sender(rng, drafts, cast),
        **_recipient(scenario, rng, drafts, cast),
        **_route(scenario, rng, drafts, cast),
        **_service(scenario, rng, drafts),
        "pieces": _pieces(scenario, rng, drafts, goods, cast),
    }
    frame = pl.DataFrame(columns)
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in PARCEL_SCHEMA.items() if name not in columns]
    return frame.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in PARCEL_SCHEMA.items())


def _time(seconds: Ints) -> pl.Series:
    return pl.Series(seconds * 1_000_000).cast(TIME)


def _times(scenario: Scenario, rng: np.random.Generator, drafts: Drafts, arrives_s: Ints) -> dict[str, pl.Series]:
    """Lodging is the fixed point; posting comes before it, arrival after it unless the manifest is late."""
    n = drafts.n
    posted = drafts.lodged_s - (lognormal(rng, 14.0, 0.8, n) * 3600).astype(np.int64)
    posted = np.where(rng.random(n) < 0.12, drafts.lodged_s + rng.integers(0, 12 * 3600, n), posted)
    late = rng.random(n) >= scenario.quality.on_time_share
    due = np.where(late, drafts.lodged_s - rng.integers(1800, 30 * 3600, n), arrives_s)
    posted = np.where(late, np.minimum(posted, due - 2 * DAY_S), posted)
    return {"lodged_at": _time(drafts.lodged_s), "posted_at": _time(posted), "due_at": _time(due)}


def _sender(rng: np.random.Generator, drafts: Drafts, cast: Cast) -> dict[str, pl.Series]:
    written = written_parties(cast.senders, rng)
    n, who = drafts.n, drafts.sender
    has_account = cast.senders.is_firm[who] & (drafts.stream == STREAMS.index("express")) & (who % 10 < 7)
    by_phone = drafts.has_sender_contact & (who % 3 > 0)
    shouts = rng.random(n) < 0.04
    name = picked(written["name"], who)
    return {
        "sender_name": pl.DataFrame({"n": name, "s": shouts})
        .select(pl.when("s").then(pl.col("n").str.to_uppercase()).otherwise("n"))
        .to_series(),
        **{f"sender_{part}": picked(written[part], who) for part in _ADDRESS},
        "sender_phone": picked(written["phone"], who, by_phone),
        "sender_email": picked(written["email"], who, drafts.has_sender_contact & (who % 3 == 0)),
        "sender_account": picked(written["account"], who, has_account),
    }


def _recipient(scenario: Scenario, rng: np.random.Generator, drafts: Drafts, cast: Cast) -> dict[str, pl.Series]:
    people, places = written_parties(cast.recipients, rng), written_places(cast.places, rng)
    who, where = drafts.recipient, drafts.place
    elsewhere = where >= 0
    n = drafts.n
    po_box = ~elsewhere & (who % 1000 < 1000 * scenario.recipients.po_box_share)
    address = {
        part: pl.DataFrame(
            {"home": picked(people[part], who), "place": picked(places[part], where), "there": elsewhere}
        )
        .select(pl.when("there").then("place").otherwise("home"))
        .to_series()
        for part in _ADDRESS
    }
    care_of = picked(["c/o Familie", "bei Nachbar"], (rng.random(n) * 2).astype(np.int64), rng.random(n) < 0.01)
    additional = pl.DataFrame({"p": picked(places["additional"], where), "c": care_of}).select(pl.coalesce("p", "c"))
    boxed = pl.Series(po_box)
    frame = pl.DataFrame({**address, "boxed": boxed}).with_columns(
        pl.when("boxed").then(None).otherwise(pl.col(part)).alias(part) for part in ("street", "number")
    )
    return {
        "recipient_name": picked(people["name"], who),
        **{f"recipient_{part}": frame[part] for part in _ADDRESS},
        "recipient_additional": additional.to_series(),
        "recipient_po_box": masked(1000 + who % 9000, po_box).cast(pl.String),
        "recipient_phone": picked(people["phone"], who, drafts.has_recipient_contact),
    }


def _route(scenario: Scenario, rng: np.random.Generator, drafts: Drafts, cast: Cast) -> dict[str, pl.Series]:
    n = drafts.n
    codes = [country.code for country in countries()]
    offices = [country.offices for country in countries()]
    first = np.cumsum([0, *(len(names) for names in offices)])[:-1]
    count = np.array([len(names) for names in offices])
    flat = [name for names in offices for name in names]
    goal = cast.recipients.country[drafts.recipient]
    express = drafts.stream == STREAMS.index("express")
    couriers = list(scenario.couriers)
    courier = weighted(rng, list(scenario.couriers.values()), n)
    courier = np.where(rng.random(n) < 0.9, (drafts.sender * 7 + 3) % 10 * len(couriers) // 10, courier)
    post = np.array([f"post-{code.lower()}" for code in codes])
    transit = picked(["SGSINX", "HKHKGX", "TRISTX", "NLAMSX"], rng.integers(0, 4, n), rng.random(n) < 0.07)
    operator = pl.DataFrame(
        {"c": picked(couriers, courier), "p": picked(pl.Series(post), drafts.dispatch), "x": express}
    )
    return {
        "operator": operator.select(pl.when("x").then("c").otherwise("p")).to_series(),
        "stream": picked(STREAMS, drafts.stream),
        "dispatch_country": picked(codes, drafts.dispatch),
        "origin_office": picked(flat, first[drafts.dispatch] + drafts.sender % count[drafts.dispatch]),
        "transit_offices": transit,
        "destination_office": picked(flat, first[goal] + drafts.recipient % count[goal]),
    }


def _service(scenario: Scenario, rng: np.random.Generator, drafts: Drafts) -> dict[str, pl.Series]:
    n = drafts.n
    streams = [scenario.streams[name] for name in STREAMS]
    base = np.array([s.postage_eur for s in streams])[drafts.stream]
    median = np.array([s.weight_median_g for s in streams])[drafts.stream]
    postage = base * (0.5 + 0.5 * np.sqrt(drafts.weight_g / median)) * lognormal(rng, 1.0, 0.2, n)
    is_sale = (drafts.category == CATEGORIES.index("sale")) & (drafts.sender_kind <= SENDER_KINDS.index("hobby"))
    marketplace = is_sale & drafts.has_order
    insured = (rng.random(n) < 0.04) & (drafts.value_eur > 20)
    sides = np.cbrt(drafts.weight_g * 1000.0 / lognormal(rng, 0.35, 0.35, n))
    sized = rng.random(n) < scenario.quality.size_given_share
    serial = pl.Series(rng.integers(10**9, 10**10, n)).cast(pl.String)
    order = pl.DataFrame({"o": serial, "g": drafts.has_order}).select(
        pl.when("g").then(pl.concat_str(pl.lit("PO-"), "o"))
    )
    return {
        "mail_class": picked(["U", "C", "E"], np.where(drafts.stream < 3, drafts.stream, -1)),
        "category": picked(CATEGORIES, drafts.category),
        "postage_cents": masked(np.round(100 * postage).astype(np.int64), rng.random(n) < 0.85),
        "postage_currency": picked(["EUR"], np.zeros(n, dtype=np.int64)),
        "postage_paid_by": picked(_PAID_BY, _rowwise(rng, _PAID_WEIGHTS, drafts.sender_kind)),
        "insured_value_cents": masked(np.round(100 * drafts.value_eur).astype(np.int64), insured),
        "insured_currency": picked(["EUR"], np.where(insured, 0, -1)),
        "order_reference": order.to_series(),
        "marketplace": picked(_MARKETPLACES, np.where(marketplace, drafts.sender % len(_MARKETPLACES), -1)),
        "gross_weight_g": pl.Series(drafts.weight_g),
        "length_mm": masked(np.maximum(20, 1.5 * sides).astype(np.int64), sized),
        "width_mm": masked(np.maximum(15, 1.1 * sides).astype(np.int64), sized),
        "height_mm": masked(np.maximum(3, 0.6 * sides).astype(np.int64), sized),
        "packaging": picked(_PACKAGING, _rowwise(rng, _PACKAGING_WEIGHTS, drafts.stream)),
    }


def _rowwise(rng: np.random.Generator, weights: tuple[tuple[int, ...], ...], rows: Ints) -> Ints:
    total = np.cumsum(np.array(weights, dtype=np.float64), axis=1)
    return np.asarray((total[rows] <= (rng.random(rows.size) * total[rows, -1])[:, None]).sum(axis=1))


def _pieces(scenario: Scenario, rng: np.random.Generator, drafts: Drafts, goods: Goods, cast: Cast) -> pl.Series:
    """One or two pieces; the second takes a part of value, weight and units."""
    n = drafts.n
    rate = np.array([shipped_reference().units_per_euro[country.currency] for country in countries()])
    # Three senders in ten give values in their own currency rather than in euro; our assumption.
    in_own = drafts.sender % 10 < 3
    sender_country = cast.senders.country[drafts.sender]
    local = rate[sender_country]
    cents = drafts.value_eur * np.where(in_own, local, 1.0) * 100.0
    currency = np.where(in_own, sender_country, -1)
    has_second = drafts.second_text >= 0
    part = np.where(has_second, 0.3 + 0.5 * rng.random(n), 1.0)
    net = np.maximum(1.0, drafts.weight_g * (0.82 + 0.15 * rng.random(n)))
    shared = _Shared(
        currency=currency,
        no_value=rng.random(n) < scenario.quality.value_missing_share,
        no_currency=(rng.random(n) < scenario.quality.currency_missing_share) & ~in_own,
        has_net=rng.random(n) < 0.7,
    )
    main = _piece(drafts, goods, shared, drafts.text, drafts.hs, part, cents, net)
    second = _piece(drafts, goods, shared, drafts.second_text, drafts.second_hs, 1.0 - part, cents, net)
    rows = np.concatenate([np.flatnonzero(drafts.has_contents), np.flatnonzero(drafts.has_contents & has_second)])
    long = pl.concat(
        [main.filter(pl.Series(drafts.has_contents)), second.filter(pl.Series(drafts.has_contents & has_second))]
    )
    grouped = (
        long.select(pl.Series("row", rows), pl.struct(long.columns).alias("pieces"))
        .sort("row", maintain_order=True)
        .group_by("row", maintain_order=True)
        .agg("pieces")
    )
    return pl.DataFrame({"row": np.arange(n)}).join(grouped, on="row", how="left", maintain_order="left")["pieces"]


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """What the pieces of a parcel have in common."""

    currency: Ints
    no_value: Flags
    no_currency: Flags
    has_net: Flags


def _piece(
    drafts: Drafts, goods: Goods, shared: _Shared, text: Ints, hs: Ints, part: Floats, cents: Floats, net: Floats
) -> pl.DataFrame:
    codes = [country.currency for country in countries()]
    currency = picked(codes, shared.currency).fill_null("EUR")
    units = np.maximum(1, np.round(drafts.units * part)).astype(np.int64)
    return pl.DataFrame(
        {
            "description": picked(goods.texts, text),
            "quantity": units,
            "net_weight_g": masked(np.maximum(1, np.round(net * part)).astype(np.int64), shared.has_net),
            "value_cents": masked(np.round(cents * part).astype(np.int64), ~shared.no_value),
            "currency": pl.DataFrame({"c": currency, "n": shared.no_currency})
            .select(pl.when(~pl.col("n")).then("c"))
            .to_series(),
            "hs_code": picked(goods.hs_codes, hs),
            "origin_country": picked([country.code for country in countries()], drafts.goods_origin),
        },
        schema=PIECE_SCHEMA.to_schema(),
    )
