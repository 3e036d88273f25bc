"""How it is packed: weight, size, density, and what a scale at the border says."""

from __future__ import annotations

from features.declared.declare import Kind, feature, yes_no
from features.declared.limits import limit
from features.declared.scalar import (
    both,
    either,
    first_known,
    given,
    is_above,
    is_multiple,
    is_same,
    larger,
    listed,
    no,
    ratio,
    smaller,
)
from features.facts.codes import PACKAGINGS, code_in
from features.parcel.fields import STREAMS

SOURCE = "manifest: weight and size (CN 23); scales at the border"
"""Where these features come from, for the docs."""

LETTER = code_in(STREAMS, "letter")
_N_PACKAGINGS = float(len(PACKAGINGS))
_LETTER_G = float(limit("letter_post", "weight_g"))
_LETTER_SIDES_MM = float(limit("letter_post", "sides_sum_mm"))


def millilitres(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Volume of three sides; NaN where one is missing, and never a negative zero."""
    return (length_mm * width_mm * height_mm + 0.0) * 0.001


@feature(unit="g", says="the parcel weighs {value:.0f} g", says_missing="no weight is declared")
def gross_weight_g(gross_weight_g: float) -> float:
    """Declared gross weight. Missing when not declared."""
    return gross_weight_g


@feature(
    unit="g/ml",
    says="a millilitre of the parcel weighs {value:.2f} g",
    says_missing="weight or dimensions are not declared",
)
def density_g_per_ml(gross_weight_g: float, length_mm: float, width_mm: float, height_mm: float) -> float:
    """Gross weight divided by the volume of the three declared sides. Missing when a side is missing."""
    return ratio(gross_weight_g, millilitres(length_mm, width_mm, height_mm))


@feature(unit="l", says="the parcel has a volume of {value:.1f} litres", says_missing="the dimensions are not declared")
def volume_l(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Volume of the three declared sides. Missing when a side is missing."""
    return millilitres(length_mm, width_mm, height_mm) * 0.001


@feature(unit="mm", says="the longest side is {value:.0f} mm", says_missing="no dimensions are declared")
def longest_side_mm(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Longest declared side. Missing when no side is declared."""
    return larger(larger(length_mm, width_mm), height_mm)


@feature(unit="mm", says="the shortest side is {value:.0f} mm", says_missing="no dimensions are declared")
def shortest_side_mm(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Shortest declared side. Missing when no side is declared."""
    return smaller(smaller(length_mm, width_mm), height_mm)


@feature(unit="mm", says="length and girth are {value:.0f} mm together", says_missing="the dimensions are not declared")
def girth_mm(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Length plus twice width and height. Missing when a side is missing."""
    return length_mm + 2.0 * (width_mm + height_mm)


@feature(
    unit="share", says="the shortest side is {value:.0%} of the longest", says_missing="no dimensions are declared"
)
def flatness_share(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Shortest declared side over the longest: near 0 for a flat parcel. Missing when no side is declared."""
    shortest = smaller(smaller(length_mm, width_mm), height_mm)
    return ratio(shortest, larger(larger(length_mm, width_mm), height_mm))


@yes_no("the dimensions are round numbers", "the dimensions are not round numbers", "the dimensions are not declared")
def sides_are_round(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Whether all three sides are multiples of 50 mm: guessed rather than measured. Missing when a side is missing."""
    two = both(is_multiple(length_mm, 50.0), is_multiple(width_mm, 50.0))
    return both(two, is_multiple(height_mm, 50.0))


@yes_no("the weight is a round number", "the weight is not a round number", "no weight is declared")
def weight_is_round(gross_weight_g: float) -> float:
    """Whether the weight is a multiple of 100 g: from habit rather than from a scale. Missing without one."""
    return is_multiple(gross_weight_g, 100.0)


@yes_no("the weight is given to the gram", "the weight is given in steps of five grams", "no weight is declared")
def weight_is_exact(gross_weight_g: float) -> float:
    """Whether the weight is no multiple of 5 g: read from a scale. Missing without one."""
    return no(is_multiple(gross_weight_g, 5.0))


@feature(
    unit="share",
    says="the packing is {value:.0%} of the weight",
    says_missing="the weight of the contents is not declared",
)
def packing_share(net_weight_g: float, gross_weight_g: float) -> float:
    """Share of the gross weight that no piece accounts for; negative when the pieces weigh more than the parcel."""
    return 1.0 - ratio(net_weight_g, gross_weight_g)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel is packed in a {value}",
    says_missing="the packing is not declared",
    labels=PACKAGINGS,
)
def packaging(packaging: float) -> float:
    """Kind of packing. Missing when not declared or another one."""
    return listed(packaging, _N_PACKAGINGS)


@yes_no(
    "the parcel is too large or too heavy for a letter",
    "the parcel is not too large for a letter",
    "stream or size is not given",
)
def letter_is_too_large(
    stream: float, gross_weight_g: float, length_mm: float, width_mm: float, height_mm: float
) -> float:
    """Whether it travels as a letter above 2 kg or above 900 mm of three sides together.

    Missing when the stream is missing, or both weight and size are; limits and source in ``limits.toml``.
    """
    heavy = is_above(gross_weight_g, _LETTER_G)
    large = is_above(length_mm + width_mm + height_mm, _LETTER_SIDES_MM)
    return both(is_same(stream, LETTER), either(first_known(heavy, large), first_known(large, heavy)))


@yes_no("the parcel was weighed at the border or by the operator", "the parcel is not weighed yet")
def weight_is_measured(measured_weight_g: float) -> float:
    """Whether a measured weight is known."""
    return given(measured_weight_g)


@feature(
    unit="share",
    says="the measured weight differs by {value:+.0%} from the declared one",
    says_missing="the parcel is not weighed yet",
)
def measured_weight_excess(measured_weight_g: float, gross_weight_g: float) -> float:
    """Measured weight over declared weight, minus one. Missing until the parcel has been weighed."""
    return ratio(measured_weight_g, gross_weight_g) - 1.0


@feature(
    unit="share",
    says="the measured volume differs by {value:+.0%} from the declared one",
    says_missing="the parcel is not measured yet",
)
def measured_volume_excess(
    length_mm: float,
    width_mm: float,
    height_mm: float,
    measured_length_mm: float,
    measured_width_mm: float,
    measured_height_mm: float,
) -> float:
    """Measured volume over declared volume, minus one. Missing until the parcel has been measured."""
    measured = millilitres(measured_length_mm, measured_width_mm, measured_height_mm)
    return ratio(measured, millilitres(length_mm, width_mm, height_mm)) - 1.0
