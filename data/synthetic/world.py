"""Invent parcels, the few of them that hide contraband, and the outcomes of those that were opened.

Honest senders recur, sell goods of one kind and write proper manifests most of the time. Vendors have habits: one cover
story, one packing weight, one lane, changing names over the same kind of parcel. Only opened parcels have an
outcome, and
the office learns it days later. What a parcel really held is kept apart in ``truth``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
import polars as pl

from data.synthetic.names import CITIES, FAMILY, FIRM, GIVEN, GOODS, STREETS
from features.parcel.s10 import check_digit
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, conform

_DAY_S = 86_400
_HONEST_PER_SENDER = 12
_VENDOR_SHARE = 0.02
_ALIAS_CHANGE = 0.15
_OPENED_SHARE = 0.08
_RANDOM_SHARE = 0.3
_PRESENTED = 0.9


Column = np.ndarray | pl.Series


@dataclass(frozen=True, kw_only=True)
class World:
    """Manifests, outcomes of opened parcels, and the truth that nobody but an evaluation may read."""

    parcels: pl.DataFrame
    outcomes: pl.DataFrame
    truth: pl.DataFrame


def generate(*, n_parcels: int, n_days: int, seed: int, end_on: date) -> World:
    """Generate `n_parcels` lodged in the `n_days` before `end_on`; same arguments, same world."""
    rng = np.random.default_rng(seed)
    hidden = rng.random(n_parcels) < _VENDOR_SHARE
    start = int(datetime.combine(end_on, time(), tzinfo=UTC).timestamp()) - n_days * _DAY_S
    lodged = np.sort(rng.integers(0, n_days * _DAY_S, n_parcels)) + start
    sender = _senders(rng, hidden)
    columns: dict[str, Column] = {
        **_parties(rng, sender, hidden),
        **_route(rng, sender, hidden, lodged),
        **_goods(rng, sender, hidden),
    }
    columns["parcel_id"] = _parcel_ids(np.asarray(columns["dispatch_country"]))
    frame = pl.DataFrame(columns).with_columns(_pieces())
    flat = frame.drop([name for name in frame.columns if name.startswith("piece_")])
    parcels = conform(flat, PARCEL_SCHEMA).drop(LINE)
    truth = pl.DataFrame({"parcel_id": columns["parcel_id"], "vendor": np.where(hidden, sender, -1), "hidden": hidden})
    return World(parcels=parcels, outcomes=_outcomes(rng, parcels, hidden), truth=truth)


def _senders(rng: np.random.Generator, hidden: np.ndarray) -> np.ndarray:
    """Sender number of each parcel; a few are far busier than the rest. Vendors have numbers of their own."""
    n = hidden.size
    honest = (rng.pareto(1.2, n) * n / _HONEST_PER_SENDER / 20).astype(np.int64) % (n // _HONEST_PER_SENDER + 1)
    vendors = rng.integers(0, max(8, n // 800), n)
    return np.where(hidden, 10_000_000 + vendors, honest)


def _pick(pool: tuple[str, ...], number: np.ndarray) -> np.ndarray:
    return np.asarray(np.array(pool, dtype=object)[number % len(pool)])


def _kept(values: np.ndarray, keep: np.ndarray) -> pl.Series:
    """Null where `keep` is false."""
    return pl.Series(values).set(pl.Series(~keep), None)


def _hash(number: np.ndarray, salt: int) -> np.ndarray:
    """Spread numbers: the same entity always draws the same habit."""
    mixed = (number.astype(np.uint64) + np.uint64(salt)) * np.uint64(0x9E3779B97F4A7C15)
    spread: np.ndarray = np.array((mixed >> np.uint64(33)) % np.uint64(1_000_003), dtype=np.int64)
    return spread


def _parties(rng: np.random.Generator, sender: np.ndarray, hidden: np.ndarray) -> dict[str, Column]:
    n = sender.size
    # A vendor changes its name every few parcels, an honest sender hardly ever.
    alias = sender * 1000 + np.where(hidden, rng.integers(0, 40, n), 0)
    private = (_hash(sender, 1) % 10 < 3) | hidden & (rng.random(n) < 0.6)
    name = np.where(
        private,
        _pick(GIVEN, _hash(alias, 2)) + " " + _pick(FAMILY, _hash(alias, 3)),
        _pick(FAMILY, _hash(alias, 3)) + " " + _pick(FIRM, _hash(alias, 4)),
    )
    recipient = rng.integers(0, n // 3 + 1, n)
    city = _hash(recipient, 5)
    phone = rng.random(n) < np.where(hidden, 0.4, 0.6)
    numbers = ("+4915" + pl.Series(_hash(recipient, 6)).cast(pl.String)).to_numpy()
    return {
        "sender_name": name,
        "sender_street": _pick(STREETS, _hash(alias, 7)),
        "sender_postcode": pl.Series(_hash(sender, 8) % 90_000 + 10_000).cast(pl.String).to_numpy(),
        "recipient_name": _pick(GIVEN, _hash(recipient, 9)) + " " + _pick(FAMILY, _hash(recipient, 10)),
        "recipient_street": _pick(STREETS, _hash(recipient, 11)),
        "recipient_number": pl.Series(_hash(recipient, 12) % 120 + 1).cast(pl.String).to_numpy(),
        "recipient_postcode": pl.Series(_hash(recipient, 5) % 9 * 10_000 + 10_115).cast(pl.String).to_numpy(),
        "recipient_city": _pick(CITIES, city),
        "recipient_country": np.full(n, "DE", dtype=object),
        "recipient_phone": _kept(numbers, phone),
        "order_reference": _kept("PO" + numbers, rng.random(n) < np.where(private, 0.1, 0.7)),
    }


def _route(rng: np.random.Generator, sender: np.ndarray, hidden: np.ndarray, lodged: np.ndarray) -> dict[str, Column]:
    n = sender.size
    home = _pick(("CN", "CN", "CN", "US", "GB", "IN", "TR", "TH", "NL", "SG"), _hash(sender, 20))
    masked = hidden & (rng.random(n) < 0.3)
    dispatch = np.where(masked, _pick(("SG", "PL", "NL"), _hash(sender, 21)), home)
    stream = _pick(("letter", "letter", "parcel", "ems", "express"), _hash(sender, 22) + (rng.random(n) < 0.1))
    late = rng.exponential(6 * 3600, n).astype(np.int64)
    posted = lodged - late
    return {
        "operator": np.where(stream == "express", "courier-a", "post-a"),
        "stream": stream,
        "sender_country": home,
        "dispatch_country": dispatch,
        "origin_office": dispatch + "AAA1",
        "destination_office": np.full(n, "DEFRAA", dtype=object),
        "lodged_at": (lodged * 1_000_000).astype("datetime64[us]"),
        "posted_at": (posted * 1_000_000).astype("datetime64[us]"),
        "due_at": ((posted + 3 * _DAY_S) * 1_000_000).astype("datetime64[us]"),
    }


def _goods(rng: np.random.Generator, sender: np.ndarray, hidden: np.ndarray) -> dict[str, Column]:
    n = sender.size
    # A vendor's cover story is ordinary goods; so honest senders declare the same.
    line = (_hash(sender, 30) + np.where(rng.random(n) < 0.2, rng.integers(0, 9, n), 0)) % len(GOODS)
    usual_g = np.exp(rng.normal(0, np.where(hidden, 0.08, 0.5), n)) * (60 + _hash(sender, 31) % 900)
    vague = rng.random(n) < np.where(hidden, 0.3, 0.12)
    words = np.where(vague, _pick(("gift", "sample", "accessories", "health product"), _hash(sender, 32)),
                     np.array([goods[0] for goods in GOODS], dtype=object)[line])  # fmt: skip
    hs = np.array([goods[1] for goods in GOODS], dtype=object)[line]
    weight = np.maximum(usual_g, 8).astype(np.int64)
    units = rng.integers(1, 5, n)
    per_kg = np.exp(rng.normal(np.where(hidden, 2.6, 3.2), 0.9, n))
    has_box = rng.random(n) < 0.5
    sides = [np.maximum((weight ** (1 / 3) * factor * rng.uniform(0.8, 1.3, n)).astype(np.int64) * 10, 10) for factor
    in (3, 2, 1)]  # fmt: skip
    return {
        "category": np.where(rng.random(n) < np.where(hidden, 0.35, 0.15), "gift", "sale"),
        "gross_weight_g": weight,
        **{
            name: _kept(side, has_box) for name, side in zip(("length_mm", "width_mm", "height_mm"), sides, strict=True)
        },
        "postage_cents": (weight * rng.uniform(0.6, 1.4, n) * np.where(hidden, 1.6, 1.0)).astype(np.int64) + 200,
        "piece_description": words,
        "piece_quantity": units,
        "piece_value_cents": (per_kg * weight / 10).astype(np.int64) + 100,
        "piece_hs_code": _kept(hs, rng.random(n) < np.where(hidden, 0.6, 0.75)),
        "piece_origin_country": _pick(("CN", "IN", "TH", "TR"), _hash(sender, 33)),
        "piece_net_weight_g": (weight * 0.9).astype(np.int64),
    }


def _pieces() -> pl.Expr:
    names = ("description", "quantity", "net_weight_g", "value_cents", "hs_code", "origin_country")
    fields = [pl.col(f"piece_{name}").alias(name) for name in names]
    struct = pl.struct(*fields[:4], pl.lit("EUR").alias("currency"), *fields[4:])
    return struct.reshape((-1, 1)).arr.to_list().alias("pieces")


def _parcel_ids(country: np.ndarray) -> np.ndarray:
    serials = [f"{10_000_000 + 7 * place:08d}" for place in range(country.size)]
    return np.array(
        [f"LX{serial}{check_digit(serial)}{code}" for serial, code in zip(serials, country, strict=True)], dtype=object
    )


def _outcomes(rng: np.random.Generator, parcels: pl.DataFrame, hidden: np.ndarray) -> pl.DataFrame:
    """Officers open what looks dear to send, and a random share; they miss some, and some never comes to the table."""
    n = parcels.height
    postage = parcels["postage_cents"].to_numpy() / np.maximum(parcels["gross_weight_g"].to_numpy(), 1)
    suspicion = postage + rng.normal(0, 0.15, n)
    rate = _OPENED_SHARE * (1 - _RANDOM_SHARE)
    by_rule = suspicion > np.quantile(suspicion, 1 - rate)
    by_chance = ~by_rule & (rng.random(n) < _OPENED_SHARE * _RANDOM_SHARE)
    chosen = by_rule | by_chance
    presented = rng.random(n) < _PRESENTED
    found = hidden & (rng.random(n) < 0.9)
    delay = rng.gamma(2.0, 3.0 * _DAY_S, n).astype(np.int64)
    result = np.where(~presented, "not_presented", np.where(found, "found", "nothing_found"))
    rows = parcels.select(
        "parcel_id",
        "operator",
        pl.Series("result", result),
        (pl.col("lodged_at") + pl.duration(days=2)).alias("inspected_at"),
        (pl.col("lodged_at") + pl.duration(days=2) + pl.duration(seconds=pl.lit(pl.Series(delay)))).alias("known_at"),
        pl.lit("opened").alias("method"),
        pl.Series("cause", np.where(by_rule, "rule", "random")),
        pl.Series("propensity", np.where(by_rule, 1.0, _OPENED_SHARE * _RANDOM_SHARE)),
    ).filter(pl.Series(chosen))
    return conform(rows, OUTCOME_SCHEMA).drop(LINE)
