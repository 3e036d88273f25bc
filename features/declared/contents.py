"""What is said to be inside: value, quantity, pieces."""

from __future__ import annotations

import polars as pl

from features.declared.declare import feature, yes_no
from features.declared.expressions import eur, kilograms, positive
from features.declared.limits import limit

SOURCE = "manifest: contents (CN 22/23); limits by the law named in limits.toml"
"""Where these features come from, for the docs."""

_VALUE = pl.col("declared_value_eur_cents")
_WEIGHT = pl.col("gross_weight_g")
_PIECES = pl.col("n_pieces")
_BELOW_LIMIT = 0.9
"""A value from this share of a limit up to the limit counts as just below it; ours."""


@feature(unit="EUR", says="the parcel is declared at {value:.2f} EUR", says_missing="no value declared")
def declared_value_eur() -> pl.Expr:
    """Declared value of all pieces. Missing when no piece gives a value in a known currency."""
    return eur(_VALUE)


@feature(
    unit="EUR/kg",
    says="the parcel is declared at {value:.0f} EUR per kilogram",
    says_missing="value or weight not declared",
)
def declared_value_per_kg() -> pl.Expr:
    """Declared value divided by gross weight.

    Goods of low value per kilogram that travel by a premium service are a mismatch; the model reads this next to the
    commodity. Missing when value or weight is missing.
    """
    return eur(_VALUE) / positive(kilograms(_WEIGHT))


@feature(
    unit="EUR", says="the parcel is declared at {value:.2f} EUR per unit", says_missing="value or quantity not declared"
)
def declared_value_per_unit() -> pl.Expr:
    """Declared value divided by the number of units. Missing when either is missing."""
    return eur(_VALUE) / positive(pl.col("n_units"))


@feature(
    unit="EUR", says="the parcel is declared at {value:.2f} EUR per kind of goods", says_missing="no value declared"
)
def declared_value_per_piece() -> pl.Expr:
    """Declared value divided by the number of pieces. Missing when no value or no piece is declared."""
    return eur(_VALUE) / positive(_PIECES)


@feature(unit="share", says="one piece makes up {value:.0%} of the value", says_missing="no value declared")
def main_piece_value_share() -> pl.Expr:
    """Value of the most valuable piece over the declared value. Missing when no value is declared, or it is 0."""
    return pl.col("main_piece_value_eur_cents") / positive(_VALUE)


@yes_no("the parcel is declared at a round value", "the parcel is not declared at a round value", "no value declared")
def value_is_round() -> pl.Expr:
    """Whether the declared value is a multiple of 5 EUR: made up rather than paid. Missing without a value."""
    return _VALUE % 500 == 0


@feature(
    unit="share", says="the parcel is declared at {value:.0%} of the duty-free value", says_missing="no value declared"
)
def value_against_duty_limit() -> pl.Expr:
    """Declared value over 150 EUR, up to which consignments were free of duty in the EU. Missing without a value."""
    return _VALUE * (1.0 / limit("duty_free_value", "eur_cents"))


@yes_no(
    "the parcel is declared just below the duty-free value",
    "the parcel is not declared just below the duty-free value",
    "no value declared",
)
def value_just_below_duty_limit() -> pl.Expr:
    """Whether the value lies within the last tenth below 150 EUR. Missing without a value."""
    top = limit("duty_free_value", "eur_cents")
    return _VALUE.is_between(_BELOW_LIMIT * top, top)


@yes_no(
    "a gift declared above the allowance for gifts", "no gift above the allowance", "category or value not declared"
)
def gift_above_allowance() -> pl.Expr:
    """Whether a gift is declared above 45 EUR. Missing when category or value is missing, unless the other says no."""
    return (pl.col("category") == "gift") & _VALUE.gt(limit("gift_allowance", "eur_cents"))


@feature(unit="g", says="{value:.0f} g per declared unit", says_missing="weight or quantity not declared")
def weight_per_unit_g() -> pl.Expr:
    """Gross weight divided by the number of units. Missing when either is missing."""
    return _WEIGHT / positive(pl.col("n_units"))


@feature(unit="g", says="contents of {value:.0f} g per unit", says_missing="net weight or quantity not declared")
def net_weight_per_unit_g() -> pl.Expr:
    """Net weight of all pieces divided by the number of units. Missing when either is missing."""
    return pl.col("net_weight_g") / positive(pl.col("n_units"))


@feature(unit="units", says="{value:.0f} units declared", says_missing="quantity not declared")
def n_units() -> pl.Expr:
    """Number of units in all pieces. Missing when no piece gives its quantity."""
    return pl.col("n_units")


@feature(unit="pieces", says="{value:.0f} kinds of goods declared", says_missing="contents not declared")
def n_pieces() -> pl.Expr:
    """Number of pieces declared; 0 when the contents are not declared."""
    return _PIECES


@feature(unit="share", says="{value:.0%} of the pieces repeat another one", says_missing="contents not described")
def pieces_alike_share() -> pl.Expr:
    """Share of the pieces whose description is that of another one. Missing when no piece is described."""
    return 1.0 - positive(pl.col("n_descriptions")) / positive(_PIECES)
