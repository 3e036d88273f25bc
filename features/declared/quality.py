"""How well the manifest is filled in."""

from __future__ import annotations

from features.declared.declare import Kind, feature, yes_no
from features.declared.scalar import either, given

SOURCE = "validation of the manifest"
"""Where these features come from, for the docs."""


@feature(unit="flags", says="there are {value:.0f} doubts about the manifest's data")
def n_quality_flags(n_quality_flags: float) -> float:
    """Number of data-quality flags raised by validation."""
    return n_quality_flags


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender or recipient is incomplete",
    says_not="sender and recipient are complete",
)
def party_is_incomplete(flag_sender_incomplete: float, flag_recipient_incomplete: float) -> float:
    """Whether sender or recipient has neither a number (account, tax) nor a name with an address."""
    return either(flag_sender_incomplete, flag_recipient_incomplete)


@feature(unit="share", says="{value:.0%} of the usual fields are filled in")
def fields_given_share(
    stream: float,
    category: float,
    origin_office_country: float,
    destination_office_country: float,
    dispatch_country: float,
    sender_country: float,
    recipient_country: float,
    posted_at_us: float,
    due_at_us: float,
    gross_weight_g: float,
    length_mm: float,
    postage_eur_cents: float,
    declared_value_eur_cents: float,
    n_units: float,
    hs_n_digits: float,
    goods_origin_country: float,
    description_length: float,
) -> float:
    """Share of 17 fields that a good manifest fills in, of those that are not personal."""
    n = given(stream) + given(category) + given(origin_office_country) + given(destination_office_country)
    n += given(dispatch_country) + given(sender_country) + given(recipient_country) + given(posted_at_us)
    n += given(due_at_us) + given(gross_weight_g) + given(length_mm) + given(postage_eur_cents)
    n += given(declared_value_eur_cents) + given(n_units) + given(hs_n_digits)
    return (n + given(goods_origin_country) + given(description_length)) * (1.0 / 17.0)


@yes_no("no contents are declared", "the contents are declared")
def contents_are_missing(flag_contents_missing: float) -> float:
    """Whether no piece is declared."""
    return flag_contents_missing


@yes_no("a piece has no value", "every piece has a value")
def value_is_missing(flag_value_missing: float) -> float:
    """Whether a piece lacks its value."""
    return flag_value_missing


@yes_no("a value is given without its currency", "every value has its currency")
def currency_is_assumed(flag_currency_assumed: float) -> float:
    """Whether a value came without currency and was taken as euro."""
    return flag_currency_assumed


@yes_no("no weight is declared", "a weight is declared")
def weight_is_missing(flag_weight_missing: float) -> float:
    """Whether the gross weight is missing."""
    return flag_weight_missing


@yes_no("the pieces weigh more than the parcel", "the pieces do not weigh more than the parcel")
def net_weight_exceeds_gross(flag_net_above_gross: float) -> float:
    """Whether the declared net weights add up to more than the gross weight."""
    return flag_net_above_gross


@yes_no("the check digit of the item number is wrong", "the check digit of the item number is not wrong")
def check_digit_is_wrong(flag_s10_check_digit: float) -> float:
    """Whether the identifier has the form of S10 and a wrong check digit."""
    return flag_s10_check_digit


@feature(
    unit="contradictions",
    says="another declaration of this item says otherwise in {value:.0f} of value, weight, goods and parties",
)
def n_contradictions(
    flag_other_value: float, flag_other_weight: float, flag_other_goods: float, flag_other_parties: float
) -> float:
    """Number of value, weight, goods and parties in which another client's declaration of the item says otherwise."""
    return flag_other_value + flag_other_weight + flag_other_goods + flag_other_parties
