"""Sum up the pieces of a parcel in flat columns, with values in euro.

The *main piece* is the one declared at the highest value (the first of equals): its HS code and country of origin
stand for the parcel, since most parcels hold one kind of goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import polars as pl

from features.parcel.reference import Reference

GOODS_SCHEMA = pl.Schema(
    {
        "n_pieces": pl.Int64(),
        "n_units": pl.Int64(),
        "net_weight_g": pl.Int64(),
        "declared_value_eur_cents": pl.Int64(),
        "postage_eur_cents": pl.Int64(),
        "insured_value_eur_cents": pl.Int64(),
        "hs_code": pl.String(),
        "goods_origin_country": pl.String(),
        "description": pl.String(),
        "n_pieces_with_hs": pl.Int64(),
        "n_hs_chapters": pl.Int64(),
        "n_goods_origins": pl.Int64(),
        "n_descriptions": pl.Int64(),
        "main_piece_value_eur_cents": pl.Int64(),
    }
)


def in_euro(cents: pl.Expr, currency: pl.Expr, at: pl.Expr | None = None, *, reference: Reference) -> pl.Expr:
    """Hundredths of `currency` as euro cents, rounded; null where the currency has no rate.

    The rates are those in force at the time `at`: the newest that are not younger, the oldest where all are. Without a
    time they are the newest.
    """
    tables = reference.rates
    units = _units(currency, tables[-1].units_per_euro)
    if at is not None and len(tables) > 1:
        for older, newer in reversed(list(pairwise(tables))):
            before = at.dt.date() < pl.lit(newer.as_of)
            units = pl.when(before).then(_units(currency, older.units_per_euro)).otherwise(units)
    return (cents / units).round(0).cast(pl.Int64)


def _units(currency: pl.Expr, rates: Mapping[str, float]) -> pl.Expr:
    return currency.fill_null("EUR").replace_strict(dict(rates), default=None, return_dtype=pl.Float64)


def goods(parcels: pl.DataFrame, *, reference: Reference) -> pl.DataFrame:
    """Columns of ``GOODS_SCHEMA`` for each row of a parcel table, in the same order, at the rates of `reference`.

    Sums are null, not 0, where no piece gives the figure.
    """
    row = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    pieces = (
        parcels.select(row, "lodged_at", "pieces")
        .explode("pieces", empty_as_null=False, keep_nulls=False)
        .unnest("pieces")
        .with_columns(
            in_euro(pl.col("value_cents"), pl.col("currency"), pl.col("lodged_at"), reference=reference).alias("eur")
        )
    )
    lodged = pl.col("lodged_at")
    main = pl.col("eur").fill_null(-1).arg_max()
    summed = pieces.group_by("row").agg(
        pl.len().cast(pl.Int64).alias("n_pieces"),
        _sum("quantity", "n_units"),
        _sum("net_weight_g", "net_weight_g"),
        _sum("eur", "declared_value_eur_cents"),
        pl.col("hs_code").get(main).alias("hs_code"),
        pl.col("origin_country").get(main).alias("goods_origin_country"),
        pl.col("description").drop_nulls().str.join(" / ").alias("description"),
        pl.col("hs_code").count().cast(pl.Int64).alias("n_pieces_with_hs"),
        pl.col("hs_code").str.slice(0, 2).drop_nulls().n_unique().cast(pl.Int64).alias("n_hs_chapters"),
        pl.col("origin_country").drop_nulls().n_unique().cast(pl.Int64).alias("n_goods_origins"),
        pl.col("description").drop_nulls().n_unique().cast(pl.Int64).alias("n_descriptions"),
        pl.col("eur").max().alias("main_piece_value_eur_cents"),
    )
    joined = parcels.select(
        row,
        in_euro(pl.col("postage_cents"), pl.col("postage_currency"), lodged, reference=reference).alias(
            "postage_eur_cents"
        ),
        in_euro(pl.col("insured_value_cents"), pl.col("insured_currency"), lodged, reference=reference).alias(
            "insured_value_eur_cents"
        ),
    ).join(summed, on="row", how="left", maintain_order="left")
    described = pl.when(pl.col("description") != "").then("description")
    return joined.with_columns(described, pl.col("n_pieces").fill_null(0)).select(GOODS_SCHEMA.names())


def _sum(name: str, alias: str) -> pl.Expr:
    given = pl.col(name).is_not_null().any()
    return pl.when(given).then(pl.col(name).sum()).otherwise(None).alias(alias)
