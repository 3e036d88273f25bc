"""Numbers of posts: S10, the barcodes of the USPS, the codes of Deutsche Post, and those of a few others."""

from __future__ import annotations

import re

from features.parcel.numbers import check_digits
from features.parcel.numbers.form import Form

_IMPB = r"9[1-5][0-9]{20}(?:[0-9]{4})?"
_PUB_199 = "USPS Publication 199, Intelligent Mail package barcode"


def _behind_route(number: str) -> tuple[str, ...]:
    """Number of the parcel behind 420 and a ZIP code of five or nine digits; of two ways to read it the right first."""
    behind = (number[length:] for length in (8, 12))
    return tuple(sorted(filter(_is_impb, behind), key=lambda one: not check_digits.gs1(one)))


def _is_impb(number: str) -> bool:
    return re.fullmatch(_IMPB, number) is not None


FORMS: tuple[Form, ...] = (
    Form(
        name="s10",
        carrier="posts of the UPU",
        says="two letters, nine digits, country",
        pattern=re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}"),
        example="RB473124829US",
        source="UPU S10",
        is_right=check_digits.s10,
        is_certain=True,
    ),
    Form(
        name="usps_impb_routed",
        carrier="USPS",
        says="420, ZIP code of five or nine digits, then the 22 or 26 digits of the parcel",
        pattern=re.compile(rf"420(?:[0-9]{{5}}|[0-9]{{9}}){_IMPB}"),
        example="420787459400111206206406260787",
        source=_PUB_199,
        is_right=lambda number: check_digits.gs1(_behind_route(number)[0]),
        is_certain=True,
        cores=_behind_route,
    ),
    Form(
        name="usps_impb",
        carrier="USPS",
        says="22 or 26 digits that begin with 91 to 95",
        pattern=re.compile(_IMPB),
        example="9400111206206406260787",
        source=_PUB_199,
        is_right=check_digits.gs1,
        is_certain=True,
    ),
    Form(
        name="usps_20",
        carrier="USPS",
        says="20 digits that do not begin with 00",
        pattern=re.compile(r"(?!00)[0-9]{20}"),
        example="71123456789123456787",
        source="USPS Publication 91, Confirmation Services",
        is_right=check_digits.usps_20,
    ),
    Form(
        name="canada_post",
        carrier="Canada Post",
        says="16 digits",
        pattern=re.compile(r"[0-9]{16}"),
        example="7035114477138472",
        source="Canada Post, tracking number formats",
        is_right=check_digits.gs1,
    ),
    Form(
        name="identcode",
        carrier="Deutsche Post DHL",
        says="12 digits",
        pattern=re.compile(r"[0-9]{12}"),
        example="563102430313",
        source="Deutsche Post, identcode",
        is_right=check_digits.deutsche_post,
    ),
    Form(
        name="leitcode",
        carrier="Deutsche Post DHL",
        says="14 digits",
        pattern=re.compile(r"[0-9]{14}"),
        example="21348075016401",
        source="Deutsche Post, leitcode",
        is_right=check_digits.deutsche_post,
    ),
)
