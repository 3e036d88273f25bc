"""HS codes and countries of origin of the goods."""

from __future__ import annotations

import math

from features.declared.declare import Kind, feature, yes_no
from features.declared.limits import codes
from features.declared.scalar import NAN, given, listed, no, ratio
from features.facts.codes import COUNTRIES

SOURCE = "manifest: HS codes and countries of origin (WCO HS)"
"""Where these features come from, for the docs."""

_CONTROLLED = tuple(float(chapter) for chapter in codes("controlled_chapters", "hs"))
_N_COUNTRIES = float(len(COUNTRIES))


@feature(unit="code", says="the HS code is {value:.0f}", says_missing="no HS code is declared")
def hs6_number(hs_six_digits: float) -> float:
    """First six digits of the HS code of the main piece, as a number: neighbours are related. Missing without one."""
    return hs_six_digits


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel holds goods of HS chapter {value}",
    says_missing="no HS code is declared",
    labels=tuple(f"{chapter:02d}" for chapter in range(100)),
)
def hs_chapter(hs_chapter: float) -> float:
    """HS chapter (first two digits) of the main piece. Missing without an HS code."""
    return hs_chapter


@yes_no("no HS code is declared", "an HS code is declared")
def hs_is_missing(hs_n_digits: float) -> float:
    """Whether the main piece lacks an HS code."""
    return no(given(hs_n_digits))


@feature(unit="digits", says="the HS code has {value:.0f} digits", says_missing="no HS code is declared")
def hs_digits(hs_n_digits: float) -> float:
    """Digits of the HS code of the main piece, 4 to 10. Missing without one."""
    return hs_n_digits


@yes_no("the HS code is for other goods, not named", "the HS code names the goods", "no HS code is declared")
def hs_is_residual(hs_is_residual: float) -> float:
    """Whether the HS code of the main piece is a residual subheading, whose sixth digit is 9 or last two are 90."""
    return hs_is_residual


@yes_no(
    "the parcel holds goods of a chapter that is often controlled",
    "the parcel holds goods of an ordinary chapter",
    "no HS code is declared",
)
def hs_chapter_is_controlled(hs_n_digits: float, hs_chapter: float) -> float:
    """Whether the main piece is of a chapter with many controlled goods (plants, chemicals, medicines, tobacco, arms).

    The chapters are listed with their source in ``limits.toml``. Missing without an HS code.
    """
    if math.isnan(hs_n_digits):
        return NAN
    for chapter in _CONTROLLED:
        if hs_chapter == chapter:
            return 1.0
    return 0.0


@feature(unit="share", says="{value:.0%} of the pieces have an HS code", says_missing="the contents are not declared")
def pieces_with_hs_share(n_pieces_with_hs: float, n_pieces: float) -> float:
    """Share of the pieces that give an HS code. Missing when no piece is declared."""
    return ratio(n_pieces_with_hs, n_pieces)


@feature(
    unit="chapters",
    says="the parcel holds goods of {value:.0f} HS chapters",
    says_missing="the contents are not declared",
)
def n_hs_chapters(n_hs_chapters: float) -> float:
    """Number of different HS chapters among the pieces; 0 without codes. Missing when no piece is declared."""
    return n_hs_chapters


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the goods were made in {value}",
    says_missing="the origin of the goods is not declared",
    labels=COUNTRIES,
)
def goods_origin_country(goods_origin_country: float) -> float:
    """Country of origin of the main piece. Missing when not declared."""
    return listed(goods_origin_country, _N_COUNTRIES)


@feature(
    unit="countries", says="the goods were made in {value:.0f} countries", says_missing="the contents are not declared"
)
def n_goods_origins(n_goods_origins: float) -> float:
    """Number of different countries of origin among the pieces; 0 when none is given. Missing without any piece."""
    return n_goods_origins
