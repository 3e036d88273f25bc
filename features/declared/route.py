"""Where it comes from and how: countries that contradict each other, transit, service."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature
from features.declared.expressions import COUNTRIES, code_of, country_code, differs
from features.parcel.fields import STREAMS
from features.parcel.s10 import s10_country

_DISPATCH = pl.col("dispatch_country")


@feature(unit="code", kind=Kind.CATEGORY, says="sent as {value}", says_missing="mail stream not given", labels=STREAMS)
def stream() -> pl.Expr:
    """Mail stream. Missing when not given."""
    return code_of(pl.col("stream"), STREAMS)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="dispatched from {value}",
    says_missing="country of dispatch not given",
    labels=COUNTRIES,
)
def dispatch_country() -> pl.Expr:
    """Country of dispatch; origin alone must not drive a score. Missing when not given."""
    return country_code(_DISPATCH)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the item number was issued in another country than that of dispatch",
    says_not="the item number was issued in the country of dispatch",
    says_missing="the item number names no country, or dispatch is not given",
)
def s10_country_differs() -> pl.Expr:
    """Whether the country in the S10 identifier is not the country of dispatch. Missing for other identifiers."""
    return differs(s10_country(pl.col("parcel_id")), _DISPATCH)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the sender's country is not the country of dispatch",
    says_not="the sender's country is the country of dispatch",
    says_missing="country of the sender or of dispatch not given",
)
def sender_country_differs() -> pl.Expr:
    """Whether the sender gives another country than that of dispatch. Missing when either is missing."""
    return differs(pl.col("sender_country"), _DISPATCH)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the goods were made in another country than that of dispatch",
    says_not="the goods were made in the country of dispatch",
    says_missing="origin of the goods or country of dispatch not given",
)
def goods_origin_differs() -> pl.Expr:
    """Whether the goods come from another country than that of dispatch. Missing when either is missing."""
    return differs(pl.col("goods_origin_country"), _DISPATCH)


@feature(unit="offices", says="passed {value:.0f} transit offices")
def n_transit_offices() -> pl.Expr:
    """Number of transit offices declared; 0 when none."""
    return pl.col("transit_offices").str.count_matches(r"\S+").fill_null(0)
