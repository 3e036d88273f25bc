"""Where it comes from and how: countries that contradict each other, transit, service."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.declared.expressions import COUNTRIES, code_of, country_code, differs
from features.parcel.fields import STREAMS
from features.parcel.s10 import has_s10_form, s10_country

SOURCE = "manifest: countries and offices; item number (UPU S10, S34)"
"""Where these features come from, for the docs."""

_DISPATCH, _SENDER, _GOODS = pl.col("dispatch_country"), pl.col("sender_country"), pl.col("goods_origin_country")
_ID = pl.col("parcel_id")
_SERVICE = pl.when(has_s10_form(_ID)).then(_ID.str.slice(0, 1))
# First letter of an S10 identifier and the stream it belongs to (UPU S10; H, Q, U and others are left to the model).
SERVICES = ("E", "C", "R", "V", "L", "M", "Q", "U", "H")
_STREAM_OF_SERVICE = {"E": "ems", "C": "parcel", "R": "letter", "V": "letter", "U": "letter"}


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel is sent as {value}",
    says_missing="mail stream not given",
    labels=STREAMS,
)
def stream() -> pl.Expr:
    """Mail stream. Missing when not given."""
    return code_of(pl.col("stream"), STREAMS)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel was dispatched from {value}",
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
    return differs(s10_country(_ID), _DISPATCH)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the sender's country is not the country of dispatch",
    says_not="the sender's country is the country of dispatch",
    says_missing="country of the sender or of dispatch not given",
)
def sender_country_differs() -> pl.Expr:
    """Whether the sender gives another country than that of dispatch. Missing when either is missing."""
    return differs(_SENDER, _DISPATCH)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the goods were made in another country than that of dispatch",
    says_not="the goods were made in the country of dispatch",
    says_missing="origin of the goods or country of dispatch not given",
)
def goods_origin_differs() -> pl.Expr:
    """Whether the goods come from another country than that of dispatch. Missing when either is missing."""
    return differs(_GOODS, _DISPATCH)


@feature(unit="offices", says="the parcel passed {value:.0f} transit offices")
def n_transit_offices() -> pl.Expr:
    """Number of transit offices declared; 0 when none."""
    return pl.col("transit_offices").str.count_matches(r"\S+").fill_null(0)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the sender gives {value} as country",
    says_missing="country of the sender not given",
    labels=COUNTRIES,
)
def sender_country() -> pl.Expr:
    """Country of the sender; origin alone must not drive a score. Missing when not given."""
    return country_code(_SENDER)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel goes to {value}",
    says_missing="country of the recipient not given",
    labels=COUNTRIES,
)
def recipient_country() -> pl.Expr:
    """Country of the recipient. Missing when not given."""
    return country_code(pl.col("recipient_country"))


@yes_no(
    "the item number was issued in another country than the sender's",
    "the item number was issued in the sender's country",
    "the item number names no country, or the sender's is not given",
)
def s10_country_differs_from_sender() -> pl.Expr:
    """Whether the country in the S10 identifier is not the sender's. Missing for other identifiers."""
    return differs(s10_country(_ID), _SENDER)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the item number is of service {value}",
    says_missing="the item number names no postal service",
    labels=SERVICES,
)
def s10_service() -> pl.Expr:
    """First letter of the S10 identifier, which names the service. Missing for other identifiers and letters."""
    return code_of(_SERVICE, SERVICES)


@yes_no(
    "the item number belongs to another service than declared",
    "the item number fits the service declared",
    "the item number names no service, or the stream is not given",
)
def service_contradicts_stream() -> pl.Expr:
    """Whether an S10 identifier of EMS, parcel or registered mail travels in another stream. Missing elsewhere."""
    named = _SERVICE.replace_strict(_STREAM_OF_SERVICE, default=None, return_dtype=pl.String)
    return differs(named, pl.col("stream"))


@yes_no(
    "the office of origin is in another country than that of dispatch",
    "the office of origin is in the country of dispatch",
    "office of origin or country of dispatch not given",
)
def office_country_differs() -> pl.Expr:
    """Whether the first two letters of the office of origin name another country than that of dispatch."""
    return differs(pl.col("origin_office").str.slice(0, 2), _DISPATCH)


@yes_no(
    "the office of destination is in another country than the recipient's",
    "the office of destination is in the recipient's country",
    "office of destination or country of the recipient not given",
)
def destination_office_differs() -> pl.Expr:
    """Whether the first two letters of the office of destination name another country than the recipient's."""
    return differs(pl.col("destination_office").str.slice(0, 2), pl.col("recipient_country"))


@yes_no(
    "the goods were made in another country than the sender's",
    "the goods were made in the sender's country",
    "origin of the goods or country of the sender not given",
)
def goods_origin_differs_from_sender() -> pl.Expr:
    """Whether the goods come from another country than the sender. Missing when either is missing."""
    return differs(_GOODS, _SENDER)


@yes_no(
    "the parcel is sent through a country that is neither the sender's nor that of the goods",
    "the parcel was dispatched where the sender or the goods are from",
    "sender, goods or dispatch not given",
)
def transit_hides_origin() -> pl.Expr:
    """Whether the country of dispatch is neither the sender's nor that of the goods.

    Missing when a country is missing, unless another one already says no.
    """
    return differs(_SENDER, _DISPATCH) & differs(_GOODS, _DISPATCH)


@feature(unit="countries", says="{value:.0f} countries named before the destination")
def n_countries() -> pl.Expr:
    """Number of different countries among sender, dispatch, goods, item number and office of origin."""
    named = [_DISPATCH, _SENDER, _GOODS, s10_country(_ID), pl.col("origin_office").str.slice(0, 2)]
    is_new = [
        one.is_not_null() & ~pl.any_horizontal((one == earlier).fill_null(value=False) for earlier in named[:position])
        if position
        else one.is_not_null()
        for position, one in enumerate(named)
    ]
    return pl.sum_horizontal(is_new)


@yes_no("the parcel travels under a master bill with others", "no master bill")
def is_consolidated() -> pl.Expr:
    """Whether a master bill is given: a courier consignment among others."""
    return pl.col("master_bill").is_not_null()


@yes_no("the receptacle is known", "the receptacle is not known yet")
def receptacle_is_known() -> pl.Expr:
    """Whether the receptacle that carries the parcel is known."""
    return pl.col("receptacle_id").is_not_null()
