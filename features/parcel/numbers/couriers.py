"""Numbers of couriers: UPS, FedEx, DHL, DPD, GLS and others."""

from __future__ import annotations

import re

from features.parcel.numbers import check_digits
from features.parcel.numbers.form import Form

_FEDEX = "FedEx Ground and Express label guides; tests of public tracking libraries"
_NOT_S10 = r"(?![A-Z]{2}[0-9]{9}[A-Z]{2}$)"
_ASTRA_STARTS = (16, 18, 17, 19, 20)
"""Where the twelve digits begin in the 32 of an ASTRA label: by the guide at 16, on labels seen also behind it."""


def _in_34_digits(number: str) -> tuple[str, ...]:
    """Tracking number at the end of a FedEx barcode of 34 digits: twelve digits, or fourteen where two lead them."""
    return (number[22:],) if number[20:22] == "00" else (number[20:], number[22:])


def _in_32_digits(number: str) -> tuple[str, ...]:
    parts = [number[start : start + 12] for start in _ASTRA_STARTS]
    return tuple(part for part in parts if check_digits.fedex(part)) or tuple(parts[:2])


def _in_dpd_barcode(number: str) -> tuple[str, ...]:
    """The fourteen digits of a parcel in the barcode of a DPD label, behind seven of the postcode."""
    return (number[7:21],)


FORMS: tuple[Form, ...] = (
    Form(
        name="ups",
        carrier="UPS",
        says="1Z, six characters of the shipper, two of the service, eight digits",
        pattern=re.compile(r"1Z[0-9A-Z]{8}[0-9A-Z]{7}[0-9]"),
        example="1Z5R89390357567127",
        source="UPS, Guide to Labeling",
        is_right=check_digits.ups,
        is_certain=True,
    ),
    Form(
        name="fedex_34",
        carrier="FedEx",
        says="34 digits, of which the last twelve or fourteen are the parcel's",
        pattern=re.compile(r"(?!420[0-9]{5}9[1-5]|420[0-9]{9}9[1-5])[0-9]{34}"),
        example="1001921334250001000300779017972697",
        source=_FEDEX,
        is_right=lambda number: check_digits.fedex(number[20:]),
        cores=_in_34_digits,
    ),
    Form(
        name="fedex_32",
        carrier="FedEx",
        says="32 digits that begin with 3, of which twelve are the parcel's",
        pattern=re.compile(r"3[0-9]{31}"),
        example="32971510360102447848540980802018",
        source=_FEDEX,
        is_right=lambda number: check_digits.fedex(_in_32_digits(number)[0]),
        cores=_in_32_digits,
    ),
    Form(
        name="fedex_ground_96",
        carrier="FedEx",
        says="22 digits that begin with 96, of which the last fifteen are the parcel's",
        pattern=re.compile(r"96[0-9]{20}"),
        example="9611020987654312345672",
        source=_FEDEX,
        is_right=lambda number: check_digits.gs1(number[7:]),
        is_certain=True,
        cores=lambda number: (number[7:],),
    ),
    Form(
        name="fedex_label_code",
        carrier="FedEx",
        says="16 digits in the two-dimensional code of a label: the twelve of the parcel, then the form",
        pattern=re.compile(r"[0-9]{12}0[0-9]{3}"),
        example="9865787888550201",
        source=_FEDEX,
        is_right=lambda number: check_digits.fedex(number[:12]),
        cores=lambda number: (number[:12],) if check_digits.fedex(number[:12]) else (),
    ),
    Form(
        name="fedex_ground",
        carrier="FedEx",
        says="15 digits",
        pattern=re.compile(r"[0-9]{15}"),
        example="041441760228964",
        source=_FEDEX,
        is_right=check_digits.gs1,
    ),
    Form(
        name="fedex_express",
        carrier="FedEx",
        says="12 digits",
        pattern=re.compile(r"[0-9]{12}"),
        example="986578788855",
        source=_FEDEX,
        is_right=check_digits.fedex,
    ),
    Form(
        name="dhl_licence_plate",
        carrier="DHL",
        says="JJD, digits and letters; the first J only says that a licence plate follows",
        pattern=re.compile(r"JJD[0-9A-Z]{9,20}"),
        example="JJD0099999999",
        source="DHL Express, licence plate by ISO/IEC 15459 with data identifier J",
        is_certain=True,
        cores=lambda number: (number[1:],),
    ),
    Form(
        name="dhl_piece",
        carrier="DHL",
        says="JD or JVGL, digits and letters",
        pattern=re.compile(rf"{_NOT_S10}(?:JD|JVGL)[0-9][0-9A-Z]{{8,20}}"),
        example="JVGL0999999990",
        source="DHL Express, piece identifier",
        is_certain=True,
    ),
    Form(
        name="dhl_ecommerce",
        carrier="DHL eCommerce",
        says="GM, LX, RX, UV and digits or letters",
        pattern=re.compile(rf"{_NOT_S10}(?:GM|LX|RX|UV)(?=[0-9])[0-9A-Z]{{10,37}}"),
        example="GM295117494011169042",
        source="DHL eCommerce, tracking numbers",
        is_certain=True,
    ),
    Form(
        name="dhl_waybill",
        carrier="DHL Express",
        says="10 digits",
        pattern=re.compile(r"[0-9]{10}"),
        example="8487135506",
        source="DHL Express, waybill number",
        is_right=check_digits.modulo_7,
    ),
    Form(
        name="dpd_barcode",
        carrier="DPD",
        says="% and 27 characters: postcode, the 14 digits of the parcel, service, country",
        pattern=re.compile(r"[0-9A-Z]{7}[0-9]{20}"),
        example="008182709980000020033350276",
        source="DPD, parcel label specification 2.4",
        cores=_in_dpd_barcode,
    ),
    Form(
        name="dpd_printed",
        carrier="DPD",
        says="what is printed under the barcode: the same 27 characters and a check character",
        pattern=re.compile(r"[0-9A-Z]{7}[0-9]{20}[0-9A-Z]"),
        example="008182709980000020033350276C",
        source="DPD, parcel label specification 2.4",
        is_right=check_digits.iso_7064,
        cores=lambda number: _in_dpd_barcode(number) if check_digits.iso_7064(number) else (),
    ),
    Form(
        name="dpd_parcel",
        carrier="DPD",
        says="14 digits and a check character",
        pattern=re.compile(r"[0-9]{14}[0-9A-Z]"),
        example="09980000020033F",
        source="DPD, parcel label specification 2.4",
        is_right=check_digits.iso_7064,
        cores=lambda number: (number[:14],) if check_digits.iso_7064(number) else (),
    ),
    Form(
        name="dpd_number",
        carrier="DPD",
        says="14 digits, without their check character",
        pattern=re.compile(r"[0-9]{14}"),
        example="09980000020034",
        source="DPD, parcel label specification 2.4",
    ),
    Form(
        name="gls",
        carrier="GLS",
        says="12 digits",
        pattern=re.compile(r"[0-9]{12}"),
        example="500000000011",
        source="GLS, parcel number",
        is_right=check_digits.gls,
    ),
    Form(
        name="gls_track_id",
        carrier="GLS",
        says="eight letters and digits that begin with a letter",
        pattern=re.compile(r"(?=[A-Z]+[0-9])[A-Z][0-9A-Z]{7}"),
        example="XHAX4HDA",
        source="GLS, Track-ID",
    ),
    Form(
        name="amazon",
        carrier="Amazon",
        says="TBA, TBC or TBM and twelve digits",
        pattern=re.compile(r"TB[ACM][0-9]{12}"),
        example="TBA000000000000",
        source="Amazon Logistics, tracking ID",
        is_certain=True,
    ),
    Form(
        name="cainiao",
        carrier="Cainiao and YunExpress",
        says="LP and 14 to 16 digits, or YT and 16 digits",
        pattern=re.compile(r"LP[0-9]{14,16}|YT[0-9]{16}"),
        example="LP00123456789012",
        source="Cainiao, YunExpress, tracking number formats",
        is_certain=True,
    ),
)
