"""Where it comes from and how: countries that contradict each other, transit, service."""

from __future__ import annotations

from features.declared.declare import Kind, feature, yes_no
from features.declared.scalar import NAN, both, differs, given, listed, yes
from features.facts.codes import COUNTRIES, SERVICES, code_in
from features.parcel.fields import STREAMS

SOURCE = "manifest: countries and offices; item number (UPU S10, S34)"
"""Where these features come from, for the docs."""

_N_COUNTRIES, _N_SERVICES, _N_STREAMS = float(len(COUNTRIES)), float(len(SERVICES)), float(len(STREAMS))
_NAMED = {"E": "ems", "C": "parcel", "R": "letter", "V": "letter", "U": "letter"}
_STREAM_OF_SERVICE = tuple(code_in(STREAMS, _NAMED[one]) if one in _NAMED else NAN for one in SERVICES)
"""Stream to which the first letter of an S10 identifier belongs (UPU S10); H, Q, M and others are left to the model."""


def is_new(country: float, first: float, second: float, third: float, fourth: float) -> float:
    """Whether a country is given and none of four others, which may be missing."""
    is_other = country != first and country != second and country != third and country != fourth
    return both(given(country), yes(is_other))


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel is sent as {value}",
    says_missing="the mail stream is not given",
    labels=STREAMS,
)
def stream(stream: float) -> float:
    """Mail stream. Missing when not given."""
    return listed(stream, _N_STREAMS)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel was dispatched from {value}",
    says_missing="the country of dispatch is not given",
    labels=COUNTRIES,
)
def dispatch_country(dispatch_country: float) -> float:
    """Country of dispatch; origin alone must not drive a score. Missing when not given."""
    return listed(dispatch_country, _N_COUNTRIES)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the item number was issued in another country than that of dispatch",
    says_not="the item number was issued in the country of dispatch",
    says_missing="the item number names no country, or dispatch is not given",
)
def s10_country_differs(s10_country: float, dispatch_country: float) -> float:
    """Whether the country in the S10 identifier is not the country of dispatch. Missing for other identifiers."""
    return differs(s10_country, dispatch_country)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the sender's country is not the country of dispatch",
    says_not="the sender's country is the country of dispatch",
    says_missing="country of the sender or of dispatch is not given",
)
def sender_country_differs(sender_country: float, dispatch_country: float) -> float:
    """Whether the sender gives another country than that of dispatch. Missing when either is missing."""
    return differs(sender_country, dispatch_country)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="the goods were made in another country than that of dispatch",
    says_not="the goods were made in the country of dispatch",
    says_missing="origin of the goods or country of dispatch is not given",
)
def goods_origin_differs(goods_origin_country: float, dispatch_country: float) -> float:
    """Whether the goods come from another country than that of dispatch. Missing when either is missing."""
    return differs(goods_origin_country, dispatch_country)


@feature(unit="offices", says="the parcel passed {value:.0f} transit offices")
def n_transit_offices(n_transit_offices: float) -> float:
    """Number of transit offices declared; 0 when none."""
    return n_transit_offices


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the sender gives {value} as country",
    says_missing="the country of the sender is not given",
    labels=COUNTRIES,
)
def sender_country(sender_country: float) -> float:
    """Country of the sender; origin alone must not drive a score. Missing when not given."""
    return listed(sender_country, _N_COUNTRIES)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel goes to {value}",
    says_missing="the country of the recipient is not given",
    labels=COUNTRIES,
)
def recipient_country(recipient_country: float) -> float:
    """Country of the recipient. Missing when not given."""
    return listed(recipient_country, _N_COUNTRIES)


@yes_no(
    "the item number was issued in another country than the sender's",
    "the item number was issued in the sender's country",
    "the item number names no country, or the sender's is not given",
)
def s10_country_differs_from_sender(s10_country: float, sender_country: float) -> float:
    """Whether the country in the S10 identifier is not the sender's. Missing for other identifiers."""
    return differs(s10_country, sender_country)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the item number is of service {value}",
    says_missing="the item number names no postal service",
    labels=SERVICES,
)
def s10_service(s10_service: float) -> float:
    """First letter of the S10 identifier, which names the service. Missing for other identifiers and letters."""
    return listed(s10_service, _N_SERVICES)


@yes_no(
    "the item number belongs to another service than declared",
    "the item number fits the service declared",
    "the item number names no service, or the stream is not given",
)
def service_contradicts_stream(s10_service: float, stream: float) -> float:
    """Whether an S10 identifier of EMS, parcel or registered mail travels in another stream. Missing elsewhere."""
    named = _STREAM_OF_SERVICE[int(s10_service)] if s10_service < _N_SERVICES else NAN
    return differs(named, stream)


@yes_no(
    "the office of origin is in another country than that of dispatch",
    "the office of origin is in the country of dispatch",
    "office of origin or country of dispatch is not given",
)
def office_country_differs(origin_office_country: float, dispatch_country: float) -> float:
    """Whether the first two letters of the office of origin name another country than that of dispatch."""
    return differs(origin_office_country, dispatch_country)


@yes_no(
    "the office of destination is in another country than the recipient's",
    "the office of destination is in the recipient's country",
    "office of destination or country of the recipient is not given",
)
def destination_office_differs(destination_office_country: float, recipient_country: float) -> float:
    """Whether the first two letters of the office of destination name another country than the recipient's."""
    return differs(destination_office_country, recipient_country)


@yes_no(
    "the goods were made in another country than the sender's",
    "the goods were made in the sender's country",
    "origin of the goods or country of the sender is not given",
)
def goods_origin_differs_from_sender(goods_origin_country: float, sender_country: float) -> float:
    """Whether the goods come from another country than the sender. Missing when either is missing."""
    return differs(goods_origin_country, sender_country)


@yes_no(
    "the parcel is sent through a country that is neither the sender's nor that of the goods",
    "the parcel was dispatched where the sender or the goods are from",
    "sender, goods or dispatch are not given",
)
def transit_hides_origin(sender_country: float, goods_origin_country: float, dispatch_country: float) -> float:
    """Whether the country of dispatch is neither the sender's nor that of the goods.

    Missing when a country is missing, unless another one already says no.
    """
    return both(differs(sender_country, dispatch_country), differs(goods_origin_country, dispatch_country))


@feature(unit="countries", says="{value:.0f} countries are named before the destination")
def n_countries(
    dispatch_country: float,
    sender_country: float,
    goods_origin_country: float,
    s10_country: float,
    origin_office_country: float,
) -> float:
    """Number of different countries among sender, dispatch, goods, item number and office of origin."""
    n = given(dispatch_country)
    n += is_new(sender_country, dispatch_country, NAN, NAN, NAN)
    n += is_new(goods_origin_country, dispatch_country, sender_country, NAN, NAN)
    n += is_new(s10_country, dispatch_country, sender_country, goods_origin_country, NAN)
    return n + is_new(origin_office_country, dispatch_country, sender_country, goods_origin_country, s10_country)


@yes_no("the parcel travels under a master bill with others", "the parcel travels under no master bill")
def is_consolidated(master_bill_is_given: float) -> float:
    """Whether a master bill is given: a courier consignment among others."""
    return master_bill_is_given


@yes_no("the receptacle is known", "the receptacle is not known yet")
def receptacle_is_known(receptacle_id_is_given: float) -> float:
    """Whether the receptacle that carries the parcel is known."""
    return receptacle_id_is_given
