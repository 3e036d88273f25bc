"""What is said to be inside: value, quantity, pieces."""

from __future__ import annotations

import math

from features.declared.declare import feature, yes_no
from features.declared.limits import limit
from features.declared.scalar import NAN, both, euros, is_above, is_multiple, is_same, kilograms, ratio, yes
from features.facts.codes import code_in
from features.parcel.fields import CATEGORIES

SOURCE = "manifest: contents (CN 22/23); limits by the law named in limits.toml"
"""Where these features come from, for the docs."""

GIFT = code_in(CATEGORIES, "gift")
_DUTY_FREE_CENTS = float(limit("duty_free_value", "eur_cents"))
_GIFT_ALLOWANCE_CENTS = float(limit("gift_allowance", "eur_cents"))
_BELOW_LIMIT = 0.9
"""A value from this share of a limit up to the limit counts as just below it; ours."""


@feature(unit="EUR", says="the parcel is declared at {value:.2f} EUR", says_missing="no value is declared")
def declared_value_eur(declared_value_eur_cents: float) -> float:
    """Declared value of all pieces. Missing when no piece gives a value in a known currency."""
    return euros(declared_value_eur_cents)


@feature(
    unit="EUR/kg",
    says="the parcel is declared at {value:.0f} EUR per kilogram",
    says_missing="value or weight is not declared",
)
def declared_value_per_kg(declared_value_eur_cents: float, gross_weight_g: float) -> float:
    """Declared value divided by gross weight.

    Goods of low value per kilogram that travel by a premium service are a mismatch; the model reads this next to the
    commodity. Missing when value or weight is missing.
    """
    return ratio(euros(declared_value_eur_cents), kilograms(gross_weight_g))


@feature(
    unit="EUR",
    says="the parcel is declared at {value:.2f} EUR per unit",
    says_missing="value or quantity is not declared",
)
def declared_value_per_unit(declared_value_eur_cents: float, n_units: float) -> float:
    """Declared value divided by the number of units. Missing when either is missing."""
    return ratio(euros(declared_value_eur_cents), n_units)


@feature(
    unit="EUR", says="the parcel is declared at {value:.2f} EUR per kind of goods", says_missing="no value is declared"
)
def declared_value_per_piece(declared_value_eur_cents: float, n_pieces: float) -> float:
    """Declared value divided by the number of pieces. Missing when no value or no piece is declared."""
    return ratio(euros(declared_value_eur_cents), n_pieces)


@feature(unit="share", says="one piece makes up {value:.0%} of the value", says_missing="no value is declared")
def main_piece_value_share(main_piece_value_eur_cents: float, declared_value_eur_cents: float) -> float:
    """Value of the most valuable piece over the declared value. Missing when no value is declared, or it is 0."""
    return ratio(main_piece_value_eur_cents, declared_value_eur_cents)


@yes_no(
    "the parcel is declared at a round value", "the parcel is not declared at a round value", "no value is declared"
)
def value_is_round(declared_value_eur_cents: float) -> float:
    """Whether the declared value is a multiple of 5 EUR: made up rather than paid. Missing without a value."""
    return is_multiple(declared_value_eur_cents, 500.0)


@feature(
    unit="share",
    says="the parcel is declared at {value:.0%} of the duty-free value",
    says_missing="no value is declared",
)
def value_against_duty_limit(declared_value_eur_cents: float) -> float:
    """Declared value over 150 EUR, up to which consignments were free of duty in the EU. Missing without a value."""
    return declared_value_eur_cents * (1.0 / _DUTY_FREE_CENTS)


@yes_no(
    "the parcel is declared just below the duty-free value",
    "the parcel is not declared just below the duty-free value",
    "no value is declared",
)
def value_just_below_duty_limit(declared_value_eur_cents: float) -> float:
    """Whether the value lies within the last tenth below 150 EUR. Missing without a value."""
    if math.isnan(declared_value_eur_cents):
        return NAN
    return yes(_BELOW_LIMIT * _DUTY_FREE_CENTS <= declared_value_eur_cents <= _DUTY_FREE_CENTS)


@yes_no(
    "the parcel is a gift declared above the allowance for gifts",
    "the parcel is no gift above the allowance",
    "category or value is not declared",
)
def gift_above_allowance(category: float, declared_value_eur_cents: float) -> float:
    """Whether a gift is declared above 45 EUR. Missing when category or value is missing, unless the other says no."""
    return both(is_same(category, GIFT), is_above(declared_value_eur_cents, _GIFT_ALLOWANCE_CENTS))


@feature(unit="g", says="each declared unit weighs {value:.0f} g", says_missing="weight or quantity is not declared")
def weight_per_unit_g(gross_weight_g: float, n_units: float) -> float:
    """Gross weight divided by the number of units. Missing when either is missing."""
    return ratio(gross_weight_g, n_units)


@feature(
    unit="g",
    says="the contents of each unit weigh {value:.0f} g",
    says_missing="net weight or quantity is not declared",
)
def net_weight_per_unit_g(net_weight_g: float, n_units: float) -> float:
    """Net weight of all pieces divided by the number of units. Missing when either is missing."""
    return ratio(net_weight_g, n_units)


@feature(unit="units", says="{value:.0f} units are declared", says_missing="the quantity is not declared")
def n_units(n_units: float) -> float:
    """Number of units in all pieces. Missing when no piece gives its quantity."""
    return n_units


@feature(unit="pieces", says="{value:.0f} kinds of goods are declared", says_missing="the contents are not declared")
def n_pieces(n_pieces: float) -> float:
    """Number of pieces declared; 0 when the contents are not declared."""
    return n_pieces


@feature(
    unit="share", says="{value:.0%} of the pieces repeat another one", says_missing="the contents are not described"
)
def pieces_alike_share(n_descriptions: float, n_pieces: float) -> float:
    """Share of the pieces whose description is that of another one. Missing when no piece is described."""
    return 1.0 - ratio(n_descriptions, n_pieces) if n_descriptions > 0.0 else NAN
