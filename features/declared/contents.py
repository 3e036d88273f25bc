"""What is said to be inside: value, quantity, HS code, words."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature
from features.declared.expressions import COUNTRIES, country_code, eur, kilograms, positive

_VALUE = pl.col("declared_value_eur_cents")
_WEIGHT = pl.col("gross_weight_g")

# Words that name nothing one could recognise on an x-ray image. Customs administrations publish such lists of
# unacceptable
# descriptions; these are their common core.
_VAGUE = (
    r"(?i)^\W*(gifts?|presents?|samples?|documents?|goods|items?|parts?|accessor(y|ies)|stuff|merchandise|various|other|"
    r"personal (effects|items|use)|misc\w*|products?|general|health products?|household( goods)?|"
    r"daily (use|necessities)|geschenk\w*|cadeaus?|regalos?|cadeaux?)\W*$"
)


@feature(unit="EUR", says="declared at {value:.2f} EUR", says_missing="no value declared")
def declared_value_eur() -> pl.Expr:
    """Declared value of all pieces. Missing when no piece gives a value in a known currency."""
    return eur(_VALUE)


@feature(unit="EUR/kg", says="declared at {value:.0f} EUR per kilogram", says_missing="value or weight not declared")
def declared_value_per_kg() -> pl.Expr:
    """Declared value divided by gross weight.

    Goods worth little per kilogram that travel by the dearest service are a mismatch; the model reads this beside the
    commodity. Missing when value or weight is missing.
    """
    return eur(_VALUE) / positive(kilograms(_WEIGHT))


@feature(unit="EUR", says="declared at {value:.2f} EUR per unit", says_missing="value or quantity not declared")
def declared_value_per_unit() -> pl.Expr:
    """Declared value divided by the number of units. Missing when either is missing."""
    return eur(_VALUE) / positive(pl.col("n_units"))


@feature(unit="g", says="{value:.0f} g per declared unit", says_missing="weight or quantity not declared")
def weight_per_unit_g() -> pl.Expr:
    """Gross weight divided by the number of units. Missing when either is missing."""
    return _WEIGHT / positive(pl.col("n_units"))


@feature(unit="pieces", says="{value:.0f} kinds of goods declared", says_missing="contents not declared")
def n_pieces() -> pl.Expr:
    """Number of pieces declared; 0 when the contents are not declared."""
    return pl.col("n_pieces")


@feature(unit="code", says="HS code {value:.0f}", says_missing="no HS code")
def hs6_number() -> pl.Expr:
    """First six digits of the HS code of the main piece, as a number: neighbours are related. Missing without one."""
    return pl.col("hs_code").str.slice(0, 6).cast(pl.Int64, strict=False)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="goods of HS chapter {value}",
    says_missing="no HS code",
    labels=tuple(f"{chapter:02d}" for chapter in range(100)),
)
def hs_chapter() -> pl.Expr:
    """HS chapter (first two digits) of the main piece. Missing without an HS code."""
    return pl.col("hs_code").str.slice(0, 2).cast(pl.Int64, strict=False)


@feature(unit="yes/no", kind=Kind.YES_NO, says="no HS code declared", says_not="an HS code is declared")
def hs_is_missing() -> pl.Expr:
    """Whether the main piece lacks an HS code."""
    return pl.col("hs_code").is_null()


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="goods made in {value}",
    says_missing="origin of the goods not declared",
    labels=COUNTRIES,
)
def goods_origin_country() -> pl.Expr:
    """Country of origin of the main piece. Missing when not declared."""
    return country_code(pl.col("goods_origin_country"))


@feature(unit="characters", says="description of {value:.0f} characters", says_missing="no description")
def description_length() -> pl.Expr:
    """Length of the description of all pieces. Missing without one."""
    return pl.col("description").str.len_chars()


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the description says nothing of the goods",
    says_not="the description names goods",
    says_missing="no description",
)
def description_is_vague() -> pl.Expr:
    """Whether the whole description is a word such as gift, sample or personal effects. Missing without one."""
    return pl.col("description").str.contains(_VAGUE)
