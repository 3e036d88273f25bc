"""Sum up the pieces of a parcel in flat columns, with values in euro.

The *main piece* is the one declared at the highest value (the first of equals): its HS code and country of origin
stand for the parcel, since most parcels hold one kind of goods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import polars as pl

from features.parcel.reference import Reference
from features.parcel.schema import PIECE_SCHEMA


class Goods(NamedTuple):
    """What the pieces of a parcel come to. Sums are None, not 0, where no piece gives the figure.

    Those of values are None as well where a piece is in a currency without a rate: the rest is not the whole.
    """

    n_pieces: int
    n_units: int | None
    net_weight_g: int | None
    declared_value_eur_cents: int | None
    postage_eur_cents: int | None
    insured_value_eur_cents: int | None
    hs_code: str | None
    goods_origin_country: str | None
    description: str | None
    n_pieces_with_hs: int | None
    n_hs_chapters: int | None
    n_goods_origins: int | None
    n_descriptions: int | None
    main_piece_value_eur_cents: int | None


_TEXTS = ("hs_code", "goods_origin_country", "description")
GOODS_SCHEMA = pl.Schema({name: pl.String() if name in _TEXTS else pl.Int64() for name in Goods._fields})
SUMMED = ("lodged_at", "pieces", "postage_cents", "postage_currency", "insured_value_cents", "insured_currency")
"""Columns of a parcel that `goods_of` reads."""
_PIECE = tuple(PIECE_SCHEMA.to_schema())
_fields_of = itemgetter(*_PIECE)


def rates_at(reference: Reference, at: datetime | None) -> Mapping[str, float]:
    """Units of each currency for one euro that were in force at a time.

    They are the newest of its day or before, the oldest where there are none; without a time the newest.
    """
    tables = reference.rates
    if at is not None and len(tables) > 1:
        on = at.astimezone(UTC).date()
        for older, newer in pairwise(tables):
            if on < newer.as_of:
                return older.units_per_euro
    return tables[-1].units_per_euro


def euro_cents(cents: int | None, currency: str | None, rates: Mapping[str, float]) -> int | None:
    """Hundredths of `currency` as euro cents, rounded (halves to even); None where the currency has no rate."""
    units = rates.get("EUR" if currency is None else currency)
    return None if cents is None or units is None else round(cents / units)


def goods_of(row: Mapping[str, Any], reference: Reference) -> Goods:
    """Sum up the pieces of one parcel at the rates of `reference`."""
    rates = rates_at(reference, row["lodged_at"])
    postage = euro_cents(row["postage_cents"], row["postage_currency"], rates)
    insured = euro_cents(row["insured_value_cents"], row["insured_currency"], rates)
    pieces = row["pieces"]
    if not pieces:
        return Goods(0, None, None, None, postage, insured, None, None, None, None, None, None, None, None)
    texts, units, weights, cents, currencies, codes, origins = zip(*map(_fields_of, pieces), strict=True)
    values = [euro_cents(amount, currency, rates) for amount, currency in zip(cents, currencies, strict=True)]
    main = _first_highest(values)
    described, chaptered, worth = _given(texts), _given(codes), _given(values)
    worth = worth if len(worth) == len(_given(cents)) else ()
    return Goods(
        n_pieces=len(pieces),
        n_units=_sum(units),
        net_weight_g=_sum(weights),
        declared_value_eur_cents=sum(worth) if worth else None,
        postage_eur_cents=postage,
        insured_value_eur_cents=insured,
        hs_code=codes[main],
        goods_origin_country=origins[main],
        description=" / ".join(described) or None,
        n_pieces_with_hs=len(chaptered),
        n_hs_chapters=len({code[:2] for code in chaptered}),
        n_goods_origins=len(set(_given(origins))),
        n_descriptions=len(set(described)),
        main_piece_value_eur_cents=max(worth) if worth else None,
    )


def _given(values: Sequence[Any]) -> Sequence[Any]:
    return [value for value in values if value is not None] if None in values else values


def _sum(values: Sequence[int | None]) -> int | None:
    given = _given(values)
    return sum(given) if given else None


def _first_highest(values: Sequence[int | None]) -> int:
    """Index of the first of the highest values; a value of zero goes before none."""
    if len(values) == 1:
        return 0
    ranked = [-1 if value is None else value for value in values]
    return ranked.index(max(ranked))


def pieces_of(lists: pl.Series) -> list[list[dict[str, Any]] | None]:
    """Pieces of each parcel of a column as plain values; a quarter of the time of ``to_list``."""
    flat = lists.explode(keep_nulls=False, empty_as_null=False).struct.unnest()
    columns = (flat[name].to_list() for name in _PIECE)
    pieces = iter([dict(zip(_PIECE, values, strict=True)) for values in zip(*columns, strict=True)])
    return [None if n is None else list(islice(pieces, n)) for n in lists.list.len().to_list()]


def goods(parcels: pl.DataFrame, *, reference: Reference) -> pl.DataFrame:
    """Columns of ``GOODS_SCHEMA`` for each row of a parcel table, in the same order, at the rates of `reference`."""
    columns = [pieces_of(parcels["pieces"]) if name == "pieces" else parcels[name].to_list() for name in SUMMED]
    rows = (dict(zip(SUMMED, row, strict=True)) for row in zip(*columns, strict=True))
    return pl.DataFrame([goods_of(row, reference) for row in rows], schema=GOODS_SCHEMA, orient="row")
