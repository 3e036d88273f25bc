"""Inputs after public descriptions of formats, carriers and code lists: each names its source and what must come of it.

Numbers of carriers with their sources are in `tests.features.parcel.numbers.published`, pairs of parties, addresses and
contacts in `tests/features/identity/pairs.toml`. Names, numbers and values here are invented.
"""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple

import pytest

from features.parcel.problems import Undecided
from features.parcel.reference import shipped_reference
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import recognise


class Case(NamedTuple):
    """A file, and what is wanted of its first parcel; names of pieces are written ``hs_code@1``."""

    source: str
    data: str
    wanted: dict[str, Any]
    flags: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def row(**cells: Any) -> str:
    """CSV with one row, a parcel to which nothing is wanting but what `cells` say."""
    whole = {
        "parcel_id": "PS-1",
        "sender_name": "Nordlicht AS",
        "sender_street": "Kaigata 5",
        "recipient_name": "Rui Costa",
        "recipient_street": "Rua Direita 8",
        "gross_weight_g": 700,
        "description": "candle",
        "hs_code": "340600",
        "value_eur": 19,
        **cells,
    }
    given = {name: text for name, text in whole.items() if text is not None}
    return ",".join(given) + "\n" + ",".join(f'"{text}"' for text in given.values()) + "\n"


def edifact(*segments: str, una: str = "", message: str = "CUSITM:D:00A", syntax: str = "UNOW:4") -> str:
    head = (f"UNB+{syntax}+POST+CUSTOMS+261125:0815+1", f"UNH+1+{message}:UN", "GID+1", "RFF+AAO:PS-1")
    return una + "'".join((*head, *segments, "UNT+9+1", "UNZ+1+1", ""))


def weighed(code: str, text: str = "2") -> str:
    return edifact(f"MEA+WT++{code}:{text}")


def house(inside: str, name: str = "IE3F32") -> str:
    number = "<TransportDocumentHouseLevel><documentNumber>PS-1</documentNumber></TransportDocumentHouseLevel>"
    level = f"<ConsignmentHouseLevel>{inside}{number}</ConsignmentHouseLevel>"
    return (
        f'<{name} xmlns="urn:wco:datamodel:WCO:CIS:1"><ConsignmentMasterLevel>{level}</ConsignmentMasterLevel></{name}>'
    )


BARE = ("contents_missing", "weight_missing", "sender_incomplete", "recipient_incomplete")
USPS = {
    "internationalTrackingNumber": "LX123456785US",
    "fromAddress": {"firm": "Prairie Goods", "streetAddress": "4 Elm St", "ZIPCode": "60601"},
    "toAddress": {"firm": "Costa Lda", "streetAddress": "Rua Direita 8", "country": "PT"},
    "packageDescription": {"weight": 24, "weightUOM": "oz"},
}
ONE_BAD_VALUE = [
    Case("Tariff of Switzerland, eight digits in groups", row(hs_code="3406.0000"), {"hs_code@1": "34060000"}),
    Case("UK Integrated Online Tariff, ten digits", row(hs_code="3406 00 00 00"), {"hs_code@1": "3406000000"}),
    Case("Canada Customs Tariff, ten digits", row(hs_code="3406.00.00.10"), {"hs_code@1": "3406000010"}),
    Case("WCO: a heading of four digits", row(hs_code="34.06"), {"hs_code@1": "3406"}),
    Case("ISO 3166-1 alpha-3", row(recipient_country="PRT"), {"recipient_country": "PT"}, ("value_changed",)),
    Case("UN/LOCODE, country in front: no code of a country", row(recipient_country="PTLIS"), {}, ("value_dropped",)),
    Case("Publications Office, code for Greece", row(recipient_country="el"), {}, ("value_changed",)),
    Case("UPU S42: a locality longer than a line", row(recipient_city="x" * 40), {}, ("text_cut",)),
    Case("USPS: weight rounded down to whole pounds", row(gross_weight_g=0), {}, ("value_dropped", "weight_missing")),
    Case(
        "EUCDM, Communication: several of one kind",
        house(
            "<Consignor><Communication><identifier>+47 1</identifier><type>TE</type></Communication>"
            "<Communication><identifier>+47 2</identifier><type>TE</type></Communication></Consignor>"
        ),
        {"sender_phone": "+47 1"},
        ("repeated", *BARE, "phone_impossible"),
    ),
]
UNITS = [
    *(
        Case(f"UN/ECE Recommendation 20, {code}", weighed(code), {"gross_weight_g": grams})
        for code, grams in (
            ("KGM", 2_000),
            ("GRM", 2),
            ("LBR", 907),
            ("ONZ", 57),
            ("HGM", 200),
            ("DJ", 20),
            ("58", 2_000),
        )
    ),
    Case("Recommendation 20, litres are no mass", weighed("LTR"), {"gross_weight_g": None}, ("value_dropped",)),
    Case("UN/EDIFACT, inches", edifact("MEA+LN++INH:10"), {"length_mm": 254}),
    Case(
        "ISO 9735, comma of the service string",
        weighed("KGM", "0,25").replace("UNB", "UNA:+,? 'UNB", 1),
        {"gross_weight_g": 250},
    ),
    Case("IATA resolution 600, K and L", "parcel_id,weight,weight_unit\nPS-1,2,L\n", {"gross_weight_g": 907}),
    Case(
        "DHL Express, weight with its unit",
        "parcel_id,gross_weight_kg\nPS-1,500 g\n",
        {"gross_weight_g": 500},
        ("value_changed",),
    ),
    Case("ISO 4217, no minor unit", row(value_eur=None, value=12000, currency="JPY"), {"value_cents@1": 1_200_000}),
    Case(
        "ISO 4217, three decimals",
        row(value_eur=None, value="12.500", currency="KWD"),
        {"value_cents@1": 1_250},
        ("no_rate",),
    ),
    Case(
        "USPS API, ounces",
        json.dumps({**USPS, "customsForm": {"contents": [{"itemDescription": "soap"}]}}),
        {"gross_weight_g": 680},
    ),
    Case(
        "USPS API, itemValue is of one unit",
        json.dumps({**USPS, "customsForm": {"contents": [{"itemQuantity": 3, "itemValue": 5}]}}),
        {"quantity@1": 3, "value_cents@1": None},
    ),
]
SAME_PARCEL = [
    Case(
        "Shopify, export of orders: what belongs to the order is in the first of its rows",
        "order_id,tracking_number,recipient_name,gross_weight_g,description,quantity,value_usd\n"
        "#7,PS-1,Rui Costa,900,soap,2,8\n#7,PS-1,,,towel,1,12\n#7,PS-1,,,candle,3,15\n",
        {"description@3": "candle", "value_cents@2": 1_200, "gross_weight_g": 900},
    ),
    Case(
        "Amazon, report of orders: every row repeats the order",
        "order_id,tracking_number,recipient_name,product_name,quantity,value_eur\n"
        "305,PS-1,Rui Costa,soap,2,8\n305,PS-1,Rui Costa,towel,1,12\n",
        {"description@2": "towel", "recipient_name": "Rui Costa"},
    ),
    Case("USPS, 22 digits in a spreadsheet", row(parcel_id="9.4001E+21"), {}, refused=("exponent",)),
    Case("GS1, SSCC in a spreadsheet", row(parcel_id="3.40434E+17"), {}, refused=("exponent",)),
    Case("FedEx, twelve digits in a German spreadsheet", row(parcel_id="9,86579E+11"), {}, refused=("exponent",)),
    Case(
        "GS1, SSCC kept as the text of a formula",
        'parcel_id\n"=""340433836442636597"""\n',
        {"parcel_id": "340433836442636597"},
    ),
    Case("UPU S10, printed in groups", row(parcel_id="RB 473 124 829 US"), {"parcel_id": "RB473124829US"}),
]
MESSAGES = [
    Case(
        "ICS2, message guide: house level in master level",
        house("<totalGrossMass>0.7</totalGrossMass><Consignee><name>Rui Costa</name></Consignee>", "IE3F30"),
        {"recipient_name": "Rui Costa", "gross_weight_g": 700, "stream": "express"},
    ),
    Case("W3C SOAP 1.2", f"<e:Envelope xmlns:e='x'><e:Body>{house('')}</e:Body></e:Envelope>", {"parcel_id": "PS-1"}),
    Case(
        "UN/EDIFACT D.96B, CUSCAR",
        edifact("CNI+1+PS-2", "RFF+HWB:PS-2", "NAD+CZ+++NORDLICHT AS", "CNT+7:0.7:KGM", message="CUSCAR:D:96B"),
        {"parcel_id": "PS-2", "sender_name": "NORDLICHT AS", "gross_weight_g": 700},
    ),
    Case(
        "ISO 9735, UNOD is Latin-2 by name",
        edifact("NAD+CN+++RUI COSTA", syntax="UNOD:3"),
        {"recipient_name": "RUI COSTA"},
    ),
    Case(
        "ASYCUDA World, AWMDS: a bill of lading a parcel",
        "<Awmds><Bol_segment><Bol_id><Bol_reference>PS-1</Bol_reference></Bol_id><Traders_segment><Consignee>"
        "<Consignee_name>Rui Costa</Consignee_name></Consignee></Traders_segment><Goods_segment><Gross_mass>0.7"
        "</Gross_mass></Goods_segment></Bol_segment></Awmds>",
        {"parcel_id": "PS-1", "recipient_name": "Rui Costa", "gross_weight_g": 700},
    ),
    Case(
        "RFC 4180 and the sep= line of Excel",
        "sep=|\nparcel_id|city of recipient\nPS-1|Lagos, PT\n",
        {"recipient_city": "Lagos, PT"},
    ),
    Case(
        "FedEx Ship Manager, import of shipments",
        "Tracking Number,Sender Company,Recipient Contact,Package Weight (LB),Commodity Description\n"
        "PS-1,Nordlicht,Rui Costa,2,candle\n",
        {"recipient_name": "Rui Costa", "gross_weight_g": 907, "description@1": "candle"},
    ),
    Case(
        "UPS WorldShip, names of its import columns",
        "Tracking Number,Ship From Company or Name,Ship To Company or Name,Ship To Postal Code,Description of Goods\n"
        "PS-1,Nordlicht,Rui Costa,8600-001,candle\n",
        {"sender_name": "Nordlicht", "recipient_name": "Rui Costa", "recipient_postcode": "8600-001"},
    ),
    Case("XLSX and CSV in German", "Sendungsnummer;Gewicht (kg)\nPS-1;0,700\n", {"gross_weight_g": 700}),
]
TIMES = [
    Case("ISO 8601, basic offset", row(posted_at="2026-11-02T08:00:00+0100"), {"posted_at": "2026-11-02 07:00:00"}),
    Case("RFC 3339, fraction", row(posted_at="2026-11-02T08:00:00.250Z"), {"posted_at": "2026-11-02 08:00:00"}),
    Case("Oracle, DD-MON-YYYY", row(posted_at="02-NOV-2026"), {"posted_at": "2026-11-02 00:00:00"}, ("zone_assumed",)),
    Case(
        "CLDR, long date of en-US",
        row(posted_at="November 2, 2026"),
        {"posted_at": "2026-11-02 00:00:00"},
        ("zone_assumed",),
    ),
    Case(
        "CLDR, short date of de", row(posted_at="02.11.2026"), {"posted_at": "2026-11-02 00:00:00"}, ("zone_assumed",)
    ),
    Case("CLDR, short date of en-GB or en-US", row(posted_at="02/11/2026"), {"posted_at": None}, ("value_dropped",)),
    Case(
        "ECMA-376, serial date",
        row(posted_at="46328.5"),
        {"posted_at": "2026-11-02 12:00:00"},
        ("zone_assumed", "value_changed"),
    ),
]
FREE_CATEGORIES = [
    Case("Incoterms 2020", row(incoterms="DDP"), {"payment_terms": "DDP"}),
    Case("UN/ECE Recommendation 19", row(mode_of_transport="4"), {"transport_mode": "4"}),
    Case("EUCDM 1/10, procedure", row(procedure="4000"), {"procedure": "4000"}),
    Case("EUCDM 1/11, additional procedure", row(extra_1="C07"), {"extra_1": "C07"}),
    Case("Directive 2006/112/EC, a rate", row(tax_rate_percent="23"), {"tax_rate_bp": 2_300}),
    Case(
        "WCO data model, mode at the border",
        house("").replace(
            "<ConsignmentMasterLevel>",
            "<ActiveBorderTransportMeans><modeOfTransport>5"
            "</modeOfTransport></ActiveBorderTransportMeans><ConsignmentMasterLevel>",
            1,
        ),
        {"transport_mode": "5"},
    ),
    Case("UPU S10, indicator in the stream", row(stream="EMS"), {"stream": "ems"}),
]
KINDS = {
    "one bad value": ONE_BAD_VALUE,
    "units": UNITS,
    "same parcel": SAME_PARCEL,
    "messages": MESSAGES,
    "times": TIMES,
    "free categories": FREE_CATEGORIES,
}
_MISSING = {*BARE, "hs_missing", "value_missing", "description_missing", "lodged_late"}


def read(data: str) -> Reading:
    adapter = recognise("", data.encode()[:4096])
    return joined(list(read_parcels(adapter, io.BytesIO(data.encode()), reference=shipped_reference())))


def value(parcel: dict[str, Any], name: str) -> Any:
    bare, is_piece, number = name.partition("@")
    found = parcel["pieces"][int(number) - 1][bare] if is_piece else parcel[bare]
    return str(found)[:19] if bare.endswith("_at") and found is not None else found


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=f"{kind}: {one.source}") for kind, cases in KINDS.items() for one in cases]
)
def test_what_public_descriptions_ask_for_is_read(case: Case) -> None:
    reading = read(case.data)
    assert tuple(one.code for one in reading.rejections) == case.refused
    if case.refused:
        assert reading.parcels.is_empty()
        return
    (parcel,) = reading.parcels.to_dicts()
    assert {name: value(parcel, name) for name in case.wanted} == case.wanted
    assert set(parcel["quality_flags"]) - _MISSING == set(case.flags) - _MISSING


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("Shopify, export of orders", "Lineitem price"),
        ("Amazon, report of orders", "item-price"),
        ("eBay, report of orders", "Price"),
        ("Etsy, report of sold items", "Unit Price"),
        ("DHL Express, invoice lines", "Einzelpreis"),
    ],
)
def test_a_price_that_may_be_of_one_unit_is_asked_about(source: str, header: str) -> None:
    with pytest.raises(Undecided, match="may be the value of one unit"):
        read(row(value_eur=None, quantity=3, **{header: "4.50"}))


def test_each_kind_has_five_inputs_of_its_own() -> None:
    assert all(len(cases) >= 5 for cases in KINDS.values())
