"""How well the manifest is filled in."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.parcel.flags import QUALITY_FLAGS

SOURCE = "validation of the manifest"
"""Where these features come from, for the docs."""


@feature(unit="flags", says="{value:.0f} doubts about the manifest's data")
def n_quality_flags() -> pl.Expr:
    """Number of data-quality flags raised by validation."""
    return pl.col(QUALITY_FLAGS).list.len().fill_null(0)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender or recipient is incomplete",
    says_not="sender and recipient are complete",
)
def party_is_incomplete() -> pl.Expr:
    """Whether sender or recipient has neither a number (account, tax) nor a name with an address."""
    flags = pl.col(QUALITY_FLAGS).fill_null([])
    return flags.list.contains("sender_incomplete") | flags.list.contains("recipient_incomplete")


_EXPECTED = (
    "stream",
    "category",
    "origin_office",
    "destination_office",
    "dispatch_country",
    "sender_country",
    "recipient_country",
    "posted_at",
    "due_at",
    "gross_weight_g",
    "length_mm",
    "postage_eur_cents",
    "declared_value_eur_cents",
    "n_units",
    "hs_code",
    "goods_origin_country",
    "description",
)


@feature(unit="share", says="{value:.0%} of the usual fields are filled in")
def fields_given_share() -> pl.Expr:
    """Share of 17 fields that a good manifest fills in, of those that are not personal."""
    return pl.sum_horizontal(pl.col(name).is_not_null() for name in _EXPECTED) * (1.0 / len(_EXPECTED))


def _flagged(code: str) -> pl.Expr:
    return pl.col(QUALITY_FLAGS).fill_null([]).list.contains(code)


@yes_no("no contents declared", "contents declared")
def contents_are_missing() -> pl.Expr:
    """Whether no piece is declared."""
    return _flagged("contents_missing")


@yes_no("a piece has no value", "every piece has a value")
def value_is_missing() -> pl.Expr:
    """Whether a piece lacks its value."""
    return _flagged("value_missing")


@yes_no("a value is given without its currency", "every value has its currency")
def currency_is_assumed() -> pl.Expr:
    """Whether a value came without currency and was taken as euro."""
    return _flagged("currency_assumed")


@yes_no("no weight declared", "a weight is declared")
def weight_is_missing() -> pl.Expr:
    """Whether the gross weight is missing."""
    return _flagged("weight_missing")


@yes_no("the pieces weigh more than the parcel", "the pieces do not weigh more than the parcel")
def net_weight_exceeds_gross() -> pl.Expr:
    """Whether the declared net weights add up to more than the gross weight."""
    return _flagged("net_above_gross")


@yes_no("the check digit of the item number is wrong", "the check digit of the item number is not wrong")
def check_digit_is_wrong() -> pl.Expr:
    """Whether the identifier has the form of S10 and a wrong check digit."""
    return _flagged("s10_check_digit")
