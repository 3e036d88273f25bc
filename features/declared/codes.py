"""HS codes and countries of origin of the goods."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.declared.expressions import COUNTRIES, country_code, positive
from features.declared.limits import codes

SOURCE = "manifest: HS codes and countries of origin (WCO HS)"
"""Where these features come from, for the docs."""

_HS = pl.col("hs_code")


@feature(unit="code", says="the HS code is {value:.0f}", says_missing="no HS code")
def hs6_number() -> pl.Expr:
    """First six digits of the HS code of the main piece, as a number: neighbours are related. Missing without one."""
    return _HS.str.slice(0, 6).cast(pl.Int64, strict=False)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel holds goods of HS chapter {value}",
    says_missing="no HS code",
    labels=tuple(f"{chapter:02d}" for chapter in range(100)),
)
def hs_chapter() -> pl.Expr:
    """HS chapter (first two digits) of the main piece. Missing without an HS code."""
    return _HS.str.slice(0, 2).cast(pl.Int64, strict=False)


@yes_no("no HS code declared", "an HS code is declared")
def hs_is_missing() -> pl.Expr:
    """Whether the main piece lacks an HS code."""
    return _HS.is_null()


@feature(unit="digits", says="the HS code has {value:.0f} digits", says_missing="no HS code")
def hs_digits() -> pl.Expr:
    """Digits of the HS code of the main piece, 6 to 10. Missing without one."""
    return _HS.str.len_bytes()


@yes_no("the HS code is for other goods, not named", "the HS code names the goods", "no HS code")
def hs_is_residual() -> pl.Expr:
    """Whether the HS code of the main piece is a residual subheading, whose sixth digit is 9 or last two are 90."""
    return _HS.str.contains(r"^[0-9]{4}(?:90|[0-9]9)")


@yes_no(
    "the parcel holds goods of a chapter that is often controlled",
    "the parcel holds goods of an ordinary chapter",
    "no HS code",
)
def hs_chapter_is_controlled() -> pl.Expr:
    """Whether the main piece is of a chapter with many controlled goods (plants, chemicals, medicines, tobacco, arms).

    The chapters are listed with their source in ``limits.toml``. Missing without an HS code.
    """
    return _HS.str.slice(0, 2).is_in(codes("controlled_chapters", "hs"))


@feature(unit="share", says="{value:.0%} of the pieces have an HS code", says_missing="contents not declared")
def pieces_with_hs_share() -> pl.Expr:
    """Share of the pieces that give an HS code. Missing when no piece is declared."""
    return pl.col("n_pieces_with_hs") / positive(pl.col("n_pieces"))


@feature(
    unit="chapters", says="the parcel holds goods of {value:.0f} HS chapters", says_missing="contents not declared"
)
def n_hs_chapters() -> pl.Expr:
    """Number of different HS chapters among the pieces; 0 without codes. Missing when no piece is declared."""
    return pl.col("n_hs_chapters")


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods were made in {value}",
    says_missing="origin of the goods not declared",
    labels=COUNTRIES,
)
def goods_origin_country() -> pl.Expr:
    """Country of origin of the main piece. Missing when not declared."""
    return country_code(pl.col("goods_origin_country"))


@feature(unit="countries", says="the goods were made in {value:.0f} countries", says_missing="contents not declared")
def n_goods_origins() -> pl.Expr:
    """Number of different countries of origin among the pieces; 0 when none is given. Missing without any piece."""
    return pl.col("n_goods_origins")
