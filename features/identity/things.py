"""Keys of goods, routes and item numbers. None of the texts that are hashed into them is personal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from features.identity.keys import IdentityKey
from features.identity.texts import sorted_words
from features.parcel.s10 import is_s10
from features.parcel.undeclared import UNDECLARED

ROUTE = ("operator", "origin_office", "dispatch_country", "sender_country", "destination_office", "recipient_country")
"""Columns of a parcel that make its route."""
REGIME = ("tax_regime", "tax_rate_bp")
"""Columns of a parcel that say how it is declared."""
_of_regime, _NO_REGIME = itemgetter(*REGIME), (None,) * len(REGIME)
_NUMBERED = re.compile(r"(.*[0-9]{2})[0-9]{2}")
_on_route = itemgetter(*ROUTE)


class Route(NamedTuple):
    """Where a parcel comes from and goes to; None where it does not say it. `country` is the one of dispatch."""

    lane_key: int | None
    office_key: int | None
    country_key: int | None
    operator_key: int | None
    country: str | None


class Wares(NamedTuple):
    """What a parcel holds; None where it does not say it.

    A *wording* is a description with the heading under which it is declared. `look` tells wares and words apart among
    look-alikes, without and with the place of dispatch between the two.
    """

    commodity_key: int | None
    chapter_key: int | None
    wording_key: int | None
    look: tuple[str, str] | None


def route(row: Mapping[str, Any], key: IdentityKey) -> Route:
    """Route of a parcel."""
    return _route(key, _on_route(row))


@lru_cache(maxsize=20_000)
def _route(key: IdentityKey, given: tuple[str | None, ...]) -> Route:
    operator, office, country, sender_country, to, recipient_country = given
    country = sender_country if country is None else country
    office = country if office is None else office
    to = recipient_country if to is None else to
    return Route(
        lane_key=None if office is None else key.of("lane", f"{office}>{to or ''}"),
        office_key=key.of("office", office),
        country_key=key.of("country", country),
        operator_key=None if operator == UNDECLARED else key.of("operator", operator),
        country=country,
    )


@lru_cache(maxsize=20_000)
def wares(key: IdentityKey, code: str | None, made_in: str | None, description: str | None, regime: str = "") -> Wares:
    """Wares under an HS code, made in a country, described by a text, and taxed under a `regime` where one is given.

    The regime sets look-alikes apart, and no commodity: its history would be that of few parcels.
    """
    signature = (sorted_words(description) if description else "") or None
    commodity, look = (signature, signature) if code is None else (code[:4], code[:6])
    return Wares(
        commodity_key=None if commodity is None else key.of("commodity", f"{commodity}|{made_in or ''}"),
        chapter_key=None if code is None else key.of("chapter", code[:2]),
        wording_key=None if signature is None else key.of("wording", f"{signature}|{(code or '')[:4]}"),
        look=None if look is None else (look, f"{made_in or ''}|{signature or ''}{regime}"),
    )


def regime(row: Mapping[str, Any]) -> str:
    """How a parcel is taxed: kind and rate, by name; empty where none is given."""
    given = _of_regime(row)
    if given == _NO_REGIME:
        return ""
    return "".join(f"|{name}={value}" for name, value in zip(REGIME, given, strict=True) if value is not None)


def look_alike_key(key: IdentityKey, packed: Wares, country: str | None, weight_g: int | None) -> int | None:
    """Key of parcels that look alike; None without weight.

    A *look-alike* is a kind of parcel: goods, dispatch, wording and weight to three significant digits, so that parcels
    packed alike fall together whatever their size and whoever sends them.
    """
    if packed.look is None or weight_g is None:
        return None
    goods, words = packed.look
    return key.of("look_alike", f"{goods}|{country or ''}|{words}|{three_digits(weight_g)}")


def three_digits(weight_g: int) -> int:
    """Weight to three significant digits, halves away from zero.

    In the steps of floating point with which the keys of every log were made.
    """
    if weight_g == 0:
        return 0
    scale = 10.0 ** (2 - math.floor(math.log10(abs(float(weight_g)))))
    scaled = float(weight_g) * scale
    return int(math.copysign(math.floor(abs(scaled) + 0.5), scaled) / scale)


def number_block_key(key: IdentityKey, operator: str | None, parcel_id: str | None) -> int | None:
    """Key of a hundred consecutive item numbers of one operator.

    That is the number without its last two serial digits; None where it does not end in at least four digits, or an
    office has issued it.
    """
    is_issued = operator == UNDECLARED and parcel_id is not None and not is_s10(parcel_id)
    block = None if parcel_id is None or is_issued else _number_block(parcel_id)
    return None if block is None else key.of("number_block", f"{operator or ''}|{block}")


def _number_block(parcel_id: str) -> str | None:
    if is_s10(parcel_id):
        return parcel_id[:8] + parcel_id[11:]
    numbered = _NUMBERED.fullmatch(parcel_id)
    return numbered[1] if numbered else None
