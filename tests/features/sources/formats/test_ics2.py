"""ICS2 as the public description of its data elements has it (annex B of the UCC delegated act, WCO data model)."""

from __future__ import annotations

import io
import re

import pytest

from features.parcel.reference import shipped_reference
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named, recognise

PARTIES = (
    "<Consignor><name>Yida Co</name><Address><city>Shenzhen</city><country>CN</country></Address>{phones}</Consignor>"
    "<Consignee><name>Ana Silva</name><Address><street>Rua</street><number>3</number><postCode>1000-001</postCode>"
    "<city>Lisboa</city><country>PT</country></Address></Consignee>"
)
PHONE = "<Communication><identifier>{}</identifier><type>TE</type></Communication>"
GOODS = (
    "<GoodsItem><goodsItemNumber>{0}</goodsItemNumber><ItemAmountInvoiced><value>{0}.50</value><currency>USD</currency>"
    "</ItemAmountInvoiced><Commodity><descriptionOfGoods>cable {0}</descriptionOfGoods><CommodityCode>"
    "<harmonizedSystemSubHeadingCode>854442</harmonizedSystemSubHeadingCode></CommodityCode></Commodity>"
    "<GoodsMeasure><netMass>0.2</netMass></GoodsMeasure><Packaging><numberOfPackages>1</numberOfPackages></Packaging>"
    "</GoodsItem>"
)


def house(number: str, *, phones: str = "", n_goods: int = 1, more: str = "") -> str:
    document = f"<TransportDocumentHouseLevel><documentNumber>{number}</documentNumber></TransportDocumentHouseLevel>"
    goods = "".join(map(GOODS.format, range(1, n_goods + 1)))
    inside = f"<totalGrossMass>1.24</totalGrossMass>{PARTIES.format(phones=phones)}{goods}{document}{more}"
    return f"<ConsignmentHouseLevel>{inside}</ConsignmentHouseLevel>"


def master(number: str, *houses: str, is_behind: bool = False) -> str:
    document = f"<TransportDocumentMasterLevel><documentNumber>{number}</documentNumber></TransportDocumentMasterLevel>"
    inside = "".join(houses) + document if is_behind else document + "".join(houses)
    return f"<ConsignmentMasterLevel>{inside}</ConsignmentMasterLevel>"


def filing(*levels: str, name: str = "IE3F32", before: str = "", behind: str = "", namespace: str = "urn:any") -> str:
    date = "<documentIssueDate><DateTime>2026-11-25T09:12:33Z</DateTime></documentIssueDate>"
    return f'<{name} xmlns="{namespace}">{date}{before}{"".join(levels)}{behind}</{name}>'


def read(text: str, name: str = "ics2-f32") -> Reading:
    file = io.BytesIO(text.encode())
    return joined(list(read_parcels(adapter_named(name), file, reference=shipped_reference())))


def test_house_level_under_master_level_is_read_with_what_is_given_around_it() -> None:
    declarant = "<Declarant><identificationNumber>PT123</identificationNumber></Declarant>"
    text = filing(
        master("999-1", house("H-1", n_goods=2), house("H-2")), master("999-2", house("H-3")), behind=declarant
    )
    reading = read(text)
    assert (reading.rejections, reading.doubts) == ((), ())
    rows = reading.parcels.select("parcel_id", "master_bill", "declarant_id", "sender_city", "gross_weight_g").rows()
    assert rows == [
        ("H-1", "999-1", "PT123", "Shenzhen", 1_240),
        ("H-2", "999-1", "PT123", "Shenzhen", 1_240),
        ("H-3", "999-2", "PT123", "Shenzhen", 1_240),
    ]
    assert str(reading.parcels["lodged_at"][2]) == "2026-11-25 09:12:33+00:00"
    first = reading.parcels["pieces"].to_list()[0]
    assert [(one["description"], one["value_cents"], one["currency"], one["hs_code"]) for one in first] == [
        ("cable 1", 150, "USD", "854442"),
        ("cable 2", 250, "USD", "854442"),
    ]


def test_a_master_bill_behind_its_houses_is_theirs_and_no_others() -> None:
    reading = read(filing(master("999-1", house("H-1"), is_behind=True), master("999-2", house("H-2"), is_behind=True)))
    assert reading.parcels.select("parcel_id", "master_bill").rows() == [("H-1", "999-1"), ("H-2", "999-2")]


def test_a_house_under_a_master_level_without_a_number_has_none() -> None:
    unnamed = f"<ConsignmentMasterLevel>{house('H-3')}</ConsignmentMasterLevel>"
    reading = read(filing(master("999-1", house("H-1")), master("999-2", house("H-2")), unnamed))
    rows = reading.parcels.select("parcel_id", "master_bill").rows()
    assert rows == [("H-1", "999-1"), ("H-2", "999-2"), ("H-3", None)]


@pytest.mark.parametrize("name", ["IE3F30", "IE3F31", "IE3F32", "IE3F43"])
@pytest.mark.parametrize("namespace", ["urn:wco:datamodel:WCO:CIS:1", "http://xmlns.ec.europa.eu/x/v2"])
def test_a_filing_is_recognised_in_any_namespace_and_in_an_envelope(name: str, namespace: str) -> None:
    plain = filing(house("H-1"), name=name, namespace=namespace)
    prefixed = plain.replace("<", "<c:").replace("<c:/", "</c:").replace("xmlns=", "xmlns:c=")
    soap = (
        '<?xml version="1.0"?><!-- sent --><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        f"<Security>x</Security></s:Header><s:Body>{plain}</s:Body></s:Envelope>"
    )
    for text in (plain, prefixed, soap):
        adapter = recognise("upload", text.encode()[:4096])
        assert adapter.name == ("ics2-f43" if name == "IE3F43" else "ics2-f32")
        reading = read(text, adapter.name)
        assert reading.parcels["parcel_id"].to_list() == ["H-1"]
        assert reading.parcels["recipient_name"].to_list() == ["Ana Silva"]


def test_the_first_telephone_is_used_and_the_others_are_counted() -> None:
    phones = "".join(map(PHONE.format, ("+86 1", "+86 2", "+86 3")))
    reading = read(filing(house("H-1", phones=phones), house("H-2", phones=PHONE.format("+86 9") * 2)))
    assert reading.parcels["sender_phone"].to_list() == ["+86 1", "+86 9"]
    (doubt,) = (one for one in reading.doubts if one.code == "repeated")
    assert (doubt.line, doubt.field) == (1, "sender_phone")
    assert "given 3 times" in doubt.reason


def test_an_identifier_that_is_given_twice_is_not_guessed_at() -> None:
    second = "<TransportDocumentHouseLevel><documentNumber>H-9</documentNumber></TransportDocumentHouseLevel>"
    reading = read(filing(house("H-1", more=second), house("H-2")))
    assert [(one.line, one.code) for one in reading.rejections] == [(1, "element_twice")]
    assert reading.parcels["parcel_id"].to_list() == ["H-2"]


def test_elements_that_carry_nothing_for_us_are_named() -> None:
    reading = read(filing(house("H-1"), before="<LRN>1</LRN><Representative><name>Broker</name></Representative>"))
    assert {"^LRN", "^Representative/name", "goodsItemNumber"} <= set(reading.ignored)


def test_the_total_is_the_value_of_the_only_goods_item_and_of_no_other() -> None:
    total = "<TotalAmountInvoiced><value>38.50</value><currency>USD</currency></TotalAmountInvoiced>"
    bare = re.sub("<ItemAmountInvoiced>.*?</ItemAmountInvoiced>", "", house("H-1", more=total))
    reading = read(filing(bare, house("H-2", more=total), house("H-3", n_goods=2, more=total)))
    values = [[(one["value_cents"], one["currency"]) for one in pieces] for pieces in reading.parcels["pieces"]]
    assert values == [[(3_850, "USD")], [(150, "USD")], [(150, "USD"), (250, "USD")]]


def test_the_mode_of_transport_of_the_filing_is_that_of_its_parcels() -> None:
    means = "<ActiveBorderTransportMeans><modeOfTransport>4</modeOfTransport></ActiveBorderTransportMeans>"
    assert read(filing(house("H-1"), before=means)).parcels["transport_mode"].to_list() == ["4"]
    assert read(filing(house("H-1"))).parcels["transport_mode"].to_list() == [None]
