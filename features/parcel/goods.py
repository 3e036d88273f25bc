"""Sum up the pieces of a parcel in flat columns, with values in euro.

The *main piece* is the one declared at the highest value (the first of equals): its HS code and country of origin
stand for the parcel, since most parcels hold one kind of goods.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

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


@cache
def units_per_euro(path: Path | None = None) -> dict[str, float]:
    """Read the rate table: ISO 4217 code to units of that currency for one euro."""
    text = path.read_text("utf-8") if path else files("features.parcel").joinpath("rates.toml").read_text("utf-8")
    return {code: float(units) for code, units in tomllib.loads(text)["units_per_euro"].items()}


def in_euro(cents: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Hundredths of `currency` as euro cents, rounded; null where the currency has no rate."""
    rates = units_per_euro()
    units = currency.fill_null("EUR").replace_strict(rates, default=None, return_dtype=pl.Float64)
    return (cents / units).round(0).cast(pl.Int64)


def goods(parcels: pl.DataFrame) -> pl.DataFrame:
    """Columns of ``GOODS_SCHEMA`` for each row of a parcel table, in the same order.

    Sums are null, not 0, where no piece gives the figure.
    """
    row = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    pieces = (
        parcels.select(row, "pieces")
        .explode("pieces", empty_as_null=False, keep_nulls=False)
        .unnest("pieces")
        .with_columns(in_euro(pl.col("value_cents"), pl.col("currency")).alias("eur"))
    )
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
        in_euro(pl.col("postage_cents"), pl.col("postage_currency")).alias("postage_eur_cents"),
        in_euro(pl.col("insured_value_cents"), pl.col("insured_currency")).alias("insured_value_eur_cents"),
    ).join(summed, on="row", how="left", maintain_order="left")
    described = pl.when(pl.col("description") != "").then("description")
    return joined.with_columns(described, pl.col("n_pieces").fill_null(0)).select(GOODS_SCHEMA.names())


def _sum(name: str, alias: str) -> pl.Expr:
    given = pl.col(name).is_not_null().any()
    return pl.when(given).then(pl.col(name).sum()).otherwise(None).alias(alias)
