"""How it is packed and what that cost: weight, size, density, postage."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature
from features.declared.expressions import eur, kilograms, positive

_WEIGHT = pl.col("gross_weight_g")
_VOLUME_ML = pl.col("length_mm") * pl.col("width_mm") * pl.col("height_mm") * 0.001


@feature(unit="g", says="weighs {value:.0f} g", says_missing="no weight declared")
def gross_weight_g() -> pl.Expr:
    """Declared gross weight. Missing when not declared."""
    return _WEIGHT


@feature(unit="g/ml", says="{value:.2f} g per millilitre", says_missing="weight or dimensions not declared")
def density_g_per_ml() -> pl.Expr:
    """Gross weight divided by the volume of the three declared sides. Missing when a side is missing."""
    return _WEIGHT / positive(_VOLUME_ML)


@feature(unit="mm", says="longest side {value:.0f} mm", says_missing="no dimensions declared")
def longest_side_mm() -> pl.Expr:
    """Longest declared side. Missing when no side is declared."""
    return pl.max_horizontal("length_mm", "width_mm", "height_mm")


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="weight is a round number",
    says_not="weight is not a round number",
    says_missing="no weight declared",
)
def weight_is_round() -> pl.Expr:
    """Whether the weight is a multiple of 100 g: from habit rather than from a scale. Missing without one."""
    return _WEIGHT % 100 == 0


@feature(unit="share", says="packing is {value:.0%} of the weight", says_missing="weight of the contents not declared")
def packing_share() -> pl.Expr:
    """Share of the gross weight that no piece accounts for; negative when the pieces weigh more than the parcel."""
    return 1.0 - pl.col("net_weight_g") / positive(_WEIGHT)


@feature(
    unit="share", says="measured weight differs by {value:+.0%} from the declared one", says_missing="not weighed yet"
)
def measured_weight_excess() -> pl.Expr:
    """Measured weight over declared weight, minus one. Missing until the parcel has been weighed."""
    return pl.col("measured_weight_g") / positive(_WEIGHT) - 1.0


@feature(
    unit="EUR/EUR",
    says="postage is {value:.1f} times the declared value",
    says_missing="postage or value not declared",
)
def postage_per_value() -> pl.Expr:
    """Postage over declared value: dear service for cheap goods. Missing when either is missing or the value is 0."""
    return pl.col("postage_eur_cents") / positive(pl.col("declared_value_eur_cents"))


@feature(unit="EUR/kg", says="postage of {value:.0f} EUR per kilogram", says_missing="postage or weight not declared")
def postage_per_kg() -> pl.Expr:
    """Postage divided by gross weight. Missing when either is missing."""
    return eur(pl.col("postage_eur_cents")) / positive(kilograms(_WEIGHT))
