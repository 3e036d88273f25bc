"""What was paid for the transport, and whether the service fits the goods."""

from __future__ import annotations

import polars as pl

from features.declared.declare import feature, yes_no
from features.declared.expressions import eur, kilograms, positive

SOURCE = "manifest: postage, insurance and stream (CN 23)"
"""Where these features come from, for the docs."""

_VALUE = pl.col("declared_value_eur_cents")
_WEIGHT = pl.col("gross_weight_g")
_POSTAGE = pl.col("postage_eur_cents")
_INSURED = pl.col("insured_value_eur_cents")
_CHEAP_EUR_CENTS = 2_000
"""Goods below this value hardly pay for an express service; ours."""


@feature(
    unit="EUR/EUR",
    says="the postage is {value:.1f} times the declared value",
    says_missing="postage or value not declared",
)
def postage_per_value() -> pl.Expr:
    """Postage over declared value: premium service for cheap goods. Missing when either is, or the value is 0."""
    return _POSTAGE / positive(_VALUE)


@feature(
    unit="EUR/kg", says="the postage is {value:.0f} EUR per kilogram", says_missing="postage or weight not declared"
)
def postage_per_kg() -> pl.Expr:
    """Postage divided by gross weight. Missing when either is missing."""
    return eur(_POSTAGE) / positive(kilograms(_WEIGHT))


@feature(unit="EUR", says="the postage is {value:.2f} EUR", says_missing="postage not declared")
def postage_eur() -> pl.Expr:
    """Postage paid. Missing when not declared."""
    return eur(_POSTAGE)


@yes_no("a premium service for cheap goods", "the service fits the value of the goods", "stream or value not declared")
def dear_service_for_cheap_goods() -> pl.Expr:
    """Whether goods below 20 EUR travel by EMS or express. Missing when stream or value is missing."""
    return pl.col("stream").is_in(["ems", "express"]) & (_VALUE < _CHEAP_EUR_CENTS)


@yes_no(
    "the postage was paid in cash or stamps", "the postage was paid by account or card", "way of payment not declared"
)
def postage_is_anonymous() -> pl.Expr:
    """Whether postage was paid in a way that leaves no name: cash or stamps. Missing when not declared."""
    return pl.col("postage_paid_by").str.to_lowercase().is_in(["cash", "stamps"])


@yes_no("the parcel is insured", "the parcel is not insured")
def is_insured() -> pl.Expr:
    """Whether an insured value is declared."""
    return _INSURED.is_not_null()


@feature(
    unit="EUR/EUR",
    says="the parcel is insured for {value:.1f} times the declared value",
    says_missing="not insured, or no value",
)
def insured_per_value() -> pl.Expr:
    """Insured value over declared value. Missing when either is missing or the value is 0."""
    return _INSURED / positive(_VALUE)
