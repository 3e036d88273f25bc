"""Mappings of messages; samples follow the public guides of ASYCUDA World, USPS, EasyPost and the EU's column H7."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources.columns.mapping import Mapping
from features.sources.formats.mapped import Mapped
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_for_media_type, adapter_named, mapping_named, recognise, shipped

AWMDS = (
    "<Awmds><General_segment><General_segment_id><Voyage_number>ZZ7</Voyage_number><Date_of_arrival>2026-11-25"
    "</Date_of_arrival></General_segment_id></General_segment><Bol_segment><Bol_id><Bol_reference>B-1</Bol_reference>"
    "</Bol_id><Traders_segment><Exporter><Exporter_name>Yida Co</Exporter_name></Exporter><Consignee><Consignee_name>"
    "Ana Silva</Consignee_name></Consignee></Traders_segment><Goods_segment><Number_of_packages>1</Number_of_packages>"
    "<Gross_mass>1.24</Gross_mass><Goods_description>CABLES</Goods_description></Goods_segment></Bol_segment></Awmds>"
)
EASYPOST = {
    "tracking_code": "E-1",
    "from_address": {"name": "Li", "company": "Yida Co", "street1": "Road 1", "country": "CN"},
    "to_address": {"name": "Ana Silva", "street1": "Rua 3", "zip": "1000-001", "country": "PT", "phone": "+351 210"},
    "parcel": {"weight": 16.0, "length": 10, "width": 8, "height": 4},
    "customs_info": {
        "contents_type": "merchandise",
        "customs_items": [
            {
                "description": "cable",
                "quantity": 2,
                "value": 24.5,
                "weight": 8,
                "hs_tariff_number": "854442",
                "currency": "USD",
            },
            {"description": "charger", "quantity": 1, "value": "10.00", "weight": 4},
        ],
    },
}
USPS = {
    "internationalTrackingNumber": "LZ123456785US",
    "fromAddress": {
        "firm": "Example Ltd",
        "streetAddress": "Mill Lane 1",
        "city": "Boston",
        "state": "MA",
        "ZIPCode": "02138",
    },
    "toAddress": {
        "firstName": "Ana",
        "lastName": "Silva",
        "streetAddress": "Rua 3",
        "postalCode": "1000-001",
        "country": "PT",
    },
    "packageDescription": {"weight": 2, "length": 10},
    "customsForm": {
        "customsContentType": "GIFT",
        "contents": [
            {"itemDescription": "cable", "itemQuantity": 2, "itemTotalValue": 24.5, "HSTariffNumber": "854442"}
        ],
    },
}
H7 = {
    "declarations": [
        {
            "lrn": "L-1",
            "transportDocument": {"referenceNumber": "T-1"},
            "documentIssueDate": "2026-11-25T09:00:00Z",
            "exporter": {"name": "Yida Co", "address": {"streetAndNumber": "Road 1", "country": "CN"}},
            "importer": {"name": "Ana Silva", "address": {"city": "Lisboa", "country": "PT"}},
            "grossMass": 1.24,
            "goodsItems": [
                {
                    "descriptionOfGoods": "cable",
                    "commodityCode": {"harmonizedSystemSubheadingCode": "854442"},
                    "intrinsicValue": {"amount": 24.5, "currency": "EUR"},
                }
            ],
        }
    ]
}
SAMPLES = {"asycuda-awmds": AWMDS, "easypost-json": EASYPOST, "usps-json": USPS, "h7-json": H7}
WANTED: dict[str, dict[str, Any]] = {
    "asycuda-awmds": {"parcel_id": "B-1", "sender_name": "Yida Co", "gross_weight_g": 1_240, "manifest_id": "ZZ7"},
    "easypost-json": {
        "parcel_id": "E-1",
        "sender_name": "Yida Co",
        "gross_weight_g": 454,
        "length_mm": 254,
        "category": "sale",
    },
    "usps-json": {"parcel_id": "LZ123456785US", "sender_country": "US", "gross_weight_g": 907, "category": "gift"},
    "h7-json": {"parcel_id": "T-1", "recipient_city": "Lisboa", "gross_weight_g": 1_240, "sender_street": "Road 1"},
}


def data_of(name: str) -> bytes:
    sample = SAMPLES[name]
    return sample.encode() if isinstance(sample, str) else json.dumps(sample, indent=1).encode()


def read(adapter: Mapped, data: bytes) -> Reading:
    return joined(list(read_parcels(adapter, io.BytesIO(data), reference=shipped_reference())))


def mapped(head: str, **lines: str) -> Mapped:
    import tomllib

    fields = "\n".join(f"{name} = {{ {spec} }}" for name, spec in lines.items())
    return Mapped(Mapping.from_document(tomllib.loads(f"{head}\n[parcel]\n{fields}\n"), "m.toml"))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_shipped_mapping_is_found_by_content_and_reads_parties_and_contents(name: str) -> None:
    data = data_of(name)
    adapter = recognise("upload", data[:4096])
    assert adapter.name == name
    reading = read(shipped()[name], data)
    assert reading.rejections == ()
    (parcel,) = reading.parcels.to_dicts()
    assert {key: parcel[key] for key in WANTED[name]} == WANTED[name]
    assert parcel["recipient_name"] in ("Ana Silva", "Silva")
    (piece, *_) = parcel["pieces"]
    assert piece["description"].lower().startswith("cable")
    if name != "asycuda-awmds":
        currency = "EUR" if name == "h7-json" else "USD"
        assert (piece["hs_code"], piece["value_cents"], piece["currency"]) == ("854442", 2_450, currency)
        assert "currency_assumed" not in parcel["quality_flags"]


@pytest.mark.parametrize("name", ["easypost-json", "usps-json"])
def test_a_document_a_line_and_a_list_are_read_like_one_document(name: str) -> None:
    one = json.dumps(SAMPLES[name])
    for text in (one + "\n" + one + "\n", f"[{one},\n{one}]"):
        assert read(shipped()[name], text.encode()).parcels.height == 2


def test_every_shipped_mapping_says_what_it_is_and_is_found_by_name_and_content_type() -> None:
    for name, adapter in shipped().items():
        assert adapter.says.endswith(".")
        assert adapter_named(name) is adapter
        assert adapter_for_media_type(adapter.media_type) is adapter
        assert mapping_named(name) is adapter.mapping
        assert {"parcel_id", "sender_name", "recipient_name"} <= adapter.carries
        with pytest.raises(SourceError, match="cannot be written"):
            adapter.write(adapter.read, io.BytesIO())  # type: ignore[arg-type]


def test_xml_is_read_by_paths_with_what_is_given_around_the_items() -> None:
    adapter = mapped(
        'format = "xml"\nitem = "Parcel"\ndecimal = ","',
        parcel_id='path = "No"',
        manifest_id='path = "^Head/Id"',
        gross_weight_g='path = "W", unit = "kg"',
        sender_name='path = ["From/Company", "From/Person"]',
    )
    text = (
        '<x:List xmlns:x="urn:y"><Head><Id>M-1</Id></Head><Parcel><No>P-1</No><W>1,250</W><From><Person>Li</Person>'
        "</From></Parcel><Parcel><No>P-2</No><From><Company>Yida</Company><Person>Li</Person></From></Parcel></x:List>"
    )
    rows = (
        read(adapter, text.encode()).parcels.select("parcel_id", "manifest_id", "gross_weight_g", "sender_name").rows()
    )
    assert rows == [("P-1", "M-1", 1_250, "Li"), ("P-2", "M-1", None, "Yida")]


def test_json_is_read_by_paths_through_lists_with_codes_constants_and_defaults() -> None:
    adapter = mapped(
        'format = "json"\nitem = "data/shipments"\npieces = "goods"',
        parcel_id='path = "no"',
        operator='constant = "courier-a"',
        stream='path = "kind", values = { "X" = "express" }, default = "X"',
        master_bill='path = "^data/flight"',
    )
    text = json.dumps({"data": {"flight": "F-1", "shipments": [{"no": 7, "kind": None}, {"no": "P-2", "kind": "X"}]}})
    rows = read(adapter, text.encode()).parcels.select("parcel_id", "operator", "stream", "master_bill").rows()
    assert rows == [("7", "courier-a", "express", "F-1"), ("P-2", "courier-a", "express", "F-1")]


def test_a_table_is_read_with_the_stated_encoding_mark_and_values_of_one_unit() -> None:
    document = {
        "encoding": "cp1252",
        "decimal": ",",
        "parcel": {"parcel_id": {"column": "No"}, "sender_name": {"column": ["Firma", "Name"]}},
        "piece": {
            "quantity": {"column": "Menge"},
            "value_cents": {"column": "Preis", "unit": "units", "currency": "EUR", "of_one": True},
        },
        "piece_2": {"description": {"column": "Ware 2"}},
    }
    text = "No;Firma;Name;Menge;Preis;Ware 2\nP-1;;Größl;3;1,250;Tee\nP-2;Käthe KG;Li;;2,5;\n"
    reading = read(Mapped(Mapping.from_document(document, "m.toml")), text.encode("cp1252"))
    assert (reading.rejections, reading.notes) == ((), ())
    assert reading.parcels["sender_name"].to_list() == ["Größl", "Käthe KG"]
    first, second = reading.parcels["pieces"].to_list()
    assert [(one["value_cents"], one["description"]) for one in first] == [(375, None), (None, "Tee")]
    assert second[0]["value_cents"] is None


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "the file is empty"), ("[]", "holds nothing at"), ("{", "not JSON"), ("[1]", None), ("{}\n{}x", None)],
)
def test_json_that_is_not_what_the_mapping_describes_is_refused(text: str, says: str | None) -> None:
    adapter = mapped('format = "json"', parcel_id='path = "no"')
    if says is not None:
        with pytest.raises(SourceError, match=says):
            read(adapter, text.encode())
    else:
        assert read(adapter, text.encode()).rejections
