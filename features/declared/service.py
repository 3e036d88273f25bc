"""What was paid for the transport, and whether the service fits the goods."""

from __future__ import annotations

from features.declared.declare import feature, yes_no
from features.declared.scalar import both, either, euros, given, is_above, is_same, kilograms, ratio
from features.facts.codes import ANONYMOUS_PAYMENTS, code_in
from features.parcel.fields import STREAMS

SOURCE = "manifest: postage, insurance and stream (CN 23)"
"""Where these features come from, for the docs."""

EMS, EXPRESS = code_in(STREAMS, "ems"), code_in(STREAMS, "express")
_N_ANONYMOUS = float(len(ANONYMOUS_PAYMENTS))
_CHEAP_EUR_CENTS = 2_000.0
"""Goods below this value hardly pay for an express service; ours."""


@feature(
    unit="EUR/EUR",
    says="the postage is {value:.1f} times the declared value",
    says_missing="postage or value is not declared",
)
def postage_per_value(postage_eur_cents: float, declared_value_eur_cents: float) -> float:
    """Postage over declared value: premium service for cheap goods. Missing when either is, or the value is 0."""
    return ratio(postage_eur_cents, declared_value_eur_cents)


@feature(
    unit="EUR/kg", says="the postage is {value:.0f} EUR per kilogram", says_missing="postage or weight is not declared"
)
def postage_per_kg(postage_eur_cents: float, gross_weight_g: float) -> float:
    """Postage divided by gross weight. Missing when either is missing."""
    return ratio(euros(postage_eur_cents), kilograms(gross_weight_g))


@feature(unit="EUR", says="the postage is {value:.2f} EUR", says_missing="the postage is not declared")
def postage_eur(postage_eur_cents: float) -> float:
    """Postage paid. Missing when not declared."""
    return euros(postage_eur_cents)


@yes_no(
    "cheap goods travel by a premium service",
    "the service fits the value of the goods",
    "stream or value is not declared",
)
def dear_service_for_cheap_goods(stream: float, declared_value_eur_cents: float) -> float:
    """Whether goods below 20 EUR travel by EMS or express. Missing when stream or value is missing."""
    is_dear = either(is_same(stream, EMS), is_same(stream, EXPRESS))
    return both(is_dear, is_above(_CHEAP_EUR_CENTS, declared_value_eur_cents))


@yes_no(
    "the postage was paid in cash or stamps",
    "the postage was paid by account or card",
    "the way of payment is not declared",
)
def postage_is_anonymous(postage_paid_by: float) -> float:
    """Whether postage was paid in a way that leaves no name: cash or stamps. Missing when not declared."""
    return is_above(_N_ANONYMOUS, postage_paid_by)


@yes_no("the parcel is insured", "the parcel is not insured")
def is_insured(insured_value_eur_cents: float) -> float:
    """Whether an insured value is declared."""
    return given(insured_value_eur_cents)


@feature(
    unit="EUR/EUR",
    says="the parcel is insured for {value:.1f} times the declared value",
    says_missing="the parcel is not insured, or has no value",
)
def insured_per_value(insured_value_eur_cents: float, declared_value_eur_cents: float) -> float:
    """Insured value over declared value. Missing when either is missing or the value is 0."""
    return ratio(insured_value_eur_cents, declared_value_eur_cents)
