"""How it is packed: weight, size, density, and what a scale at the border says."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.declared.expressions import code_of, positive
from features.declared.limits import limit

SOURCE = "manifest: weight and size (CN 23); scales at the border"
"""Where these features come from, for the docs."""

_WEIGHT = pl.col("gross_weight_g")
_SIDES = ("length_mm", "width_mm", "height_mm")
_VOLUME_ML = pl.col("length_mm") * pl.col("width_mm") * pl.col("height_mm") * 0.001
_MEASURED_ML = pl.col("measured_length_mm") * pl.col("measured_width_mm") * pl.col("measured_height_mm") * 0.001
_LONGEST, _SHORTEST = pl.max_horizontal(_SIDES), pl.min_horizontal(_SIDES)
_IS_LETTER = pl.col("stream") == "letter"
PACKAGINGS = ("envelope", "bag", "box", "tube")


@feature(unit="g", says="the parcel weighs {value:.0f} g", says_missing="no weight declared")
def gross_weight_g() -> pl.Expr:
    """Declared gross weight. Missing when not declared."""
    return _WEIGHT


@feature(unit="g/ml", says="{value:.2f} g per millilitre", says_missing="weight or dimensions not declared")
def density_g_per_ml() -> pl.Expr:
    """Gross weight divided by the volume of the three declared sides. Missing when a side is missing."""
    return _WEIGHT / positive(_VOLUME_ML)


@feature(unit="l", says="the parcel has a volume of {value:.1f} litres", says_missing="dimensions not declared")
def volume_l() -> pl.Expr:
    """Volume of the three declared sides. Missing when a side is missing."""
    return _VOLUME_ML * 0.001


@feature(unit="mm", says="the longest side is {value:.0f} mm", says_missing="no dimensions declared")
def longest_side_mm() -> pl.Expr:
    """Longest declared side. Missing when no side is declared."""
    return _LONGEST


@feature(unit="mm", says="the shortest side is {value:.0f} mm", says_missing="no dimensions declared")
def shortest_side_mm() -> pl.Expr:
    """Shortest declared side. Missing when no side is declared."""
    return _SHORTEST


@feature(unit="mm", says="length and girth of {value:.0f} mm together", says_missing="dimensions not declared")
def girth_mm() -> pl.Expr:
    """Length plus twice width and height. Missing when a side is missing."""
    return pl.col("length_mm") + 2 * (pl.col("width_mm") + pl.col("height_mm"))


@feature(unit="share", says="the shortest side is {value:.0%} of the longest", says_missing="no dimensions declared")
def flatness_share() -> pl.Expr:
    """Shortest declared side over the longest: near 0 for a flat parcel. Missing when no side is declared."""
    return _SHORTEST / positive(_LONGEST)


@yes_no("the dimensions are round numbers", "the dimensions are not round numbers", "dimensions not declared")
def sides_are_round() -> pl.Expr:
    """Whether all three sides are multiples of 50 mm: guessed rather than measured. Missing when a side is missing."""
    return pl.all_horizontal(pl.col(side) % 50 == 0 for side in _SIDES)


@yes_no("the weight is a round number", "the weight is not a round number", "no weight declared")
def weight_is_round() -> pl.Expr:
    """Whether the weight is a multiple of 100 g: from habit rather than from a scale. Missing without one."""
    return _WEIGHT % 100 == 0


@yes_no("the weight is given to the gram", "the weight is given in steps of five grams", "no weight declared")
def weight_is_exact() -> pl.Expr:
    """Whether the weight is no multiple of 5 g: read from a scale. Missing without one."""
    return _WEIGHT % 5 != 0


@feature(
    unit="share", says="the packing is {value:.0%} of the weight", says_missing="weight of the contents not declared"
)
def packing_share() -> pl.Expr:
    """Share of the gross weight that no piece accounts for; negative when the pieces weigh more than the parcel."""
    return 1.0 - pl.col("net_weight_g") / positive(_WEIGHT)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel is packed in a {value}",
    says_missing="packing not declared",
    labels=PACKAGINGS,
)
def packaging() -> pl.Expr:
    """Kind of packing. Missing when not declared or another one."""
    return code_of(pl.col("packaging").str.to_lowercase(), PACKAGINGS)


@yes_no(
    "the parcel is too large or too heavy for a letter",
    "the parcel is not too large for a letter",
    "stream or size not given",
)
def letter_is_too_large() -> pl.Expr:
    """Whether it travels as a letter above 2 kg or above 900 mm of three sides together.

    Missing when the stream is missing, or both weight and size are; limits and source in ``limits.toml``.
    """
    heavy = _WEIGHT.gt(limit("letter_post", "weight_g"))
    large = (pl.col("length_mm") + pl.col("width_mm") + pl.col("height_mm")).gt(limit("letter_post", "sides_sum_mm"))
    return _IS_LETTER & (heavy.fill_null(large) | large.fill_null(heavy))


@yes_no("the parcel was weighed at the border or by the operator", "not weighed yet")
def weight_is_measured() -> pl.Expr:
    """Whether a measured weight is known."""
    return pl.col("measured_weight_g").is_not_null()


@feature(
    unit="share",
    says="the measured weight differs by {value:+.0%} from the declared one",
    says_missing="not weighed yet",
)
def measured_weight_excess() -> pl.Expr:
    """Measured weight over declared weight, minus one. Missing until the parcel has been weighed."""
    return pl.col("measured_weight_g") / positive(_WEIGHT) - 1.0


@feature(
    unit="share",
    says="the measured volume differs by {value:+.0%} from the declared one",
    says_missing="not measured yet",
)
def measured_volume_excess() -> pl.Expr:
    """Measured volume over declared volume, minus one. Missing until the parcel has been measured."""
    return _MEASURED_ML / positive(_VOLUME_ML) - 1.0
