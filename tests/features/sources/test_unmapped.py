"""JSON, XML and nested tables with names of their own: read as a table with such headers is, or asked about."""

from __future__ import annotations

import io
import json
import tomllib
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from features.parcel.problems import SourceError, Undecided
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources import unmapped
from features.sources.adapter import MAX_RECORD_BYTES, Adapter
from features.sources.columns.mapping import Mapping
from features.sources.formats.arrow import Parquet
from features.sources.formats.mapped import Mapped
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named, recognise
from tests.builders import a_parcel, parcel_table
from tests.manifests import written

GOODS = [
    {"description": "phone case", "quantity": 2, "hsCode": "3926.90", "value": 5.5, "currency": "USD"},
    {"description": "cable", "quantity": 1, "hsCode": "8544.42", "value": 3, "currency": "USD"},
]
SHIPMENT: dict[str, Any] = {
    "trackingNumber": "RR123456785CN",
    "shipDate": "2026-11-20T10:00:00Z",
    "sender": {"name": "Li Wei", "country": "CN", "city": "Shenzhen"},
    "recipient": {"name": "Ana Berg", "address": "Hauptstr. 1", "postalCode": "10115", "city": "Berlin"},
    "weight": 0.35,
    "weightUnit": "kg",
    "items": GOODS,
}


def read(text: str | bytes, name: str = "ndjson") -> Reading:
    data = text.encode() if isinstance(text, str) else text
    adapter: Adapter = adapter_named(name) if name else recognise("", data)
    return joined(list(read_parcels(adapter, io.BytesIO(data), reference=shipped_reference())))


def shipments(n: int) -> list[dict[str, Any]]:
    return [{**SHIPMENT, "trackingNumber": f"X-{number}"} for number in range(n)]


def lines(documents: list[Any]) -> str:
    return "\n".join(map(json.dumps, documents)) + "\n"


FORMS = {
    "one a line": lines(shipments(2)),
    "a list": json.dumps(shipments(2)),
    "a list over lines": json.dumps(shipments(2), indent=1),
    "a document": json.dumps({"carrier": "Aster", "shipments": shipments(2)}),
    "a document over lines": json.dumps({"carrier": "Aster", "shipments": shipments(2)}, indent=1),
    "deep in a document": json.dumps({"data": {"manifest": {"number": "M-1", "parcels": shipments(2)}}}),
    "behind commas": ",\n".join(map(json.dumps, shipments(2))),
    "one behind the other": "".join(map(json.dumps, shipments(2))),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["ndjson", ""])
def test_json_with_other_names_is_read_in_every_form(form: str, name: str) -> None:
    if form in ("behind commas", "one behind the other") and not name:
        form = "one a line"
    reading = read(FORMS[form], name)
    assert reading.rejections == ()
    first, second = reading.parcels.to_dicts()
    assert (first["parcel_id"], second["parcel_id"]) == ("X-0", "X-1")
    assert (first["sender_name"], first["sender_country"]) == ("Li Wei", "CN")
    assert (first["recipient_street"], first["recipient_postcode"]) == ("Hauptstr. 1", "10115")
    assert (first["gross_weight_g"], first["posted_at"]) == (350, datetime(2026, 11, 20, 10, tzinfo=UTC))
    pieces = [(one["description"], one["quantity"], one["hs_code"], one["value_cents"]) for one in first["pieces"]]
    assert pieces == [("phone case", 2, "392690", 550), ("cable", 1, "854442", 300)]
    assert {one["currency"] for one in first["pieces"]} == {"USD"}


@pytest.mark.parametrize("around", ["{}", '{{"shipments": {}}}', '{{"data": {{"parcels": {}}}}}'])
@pytest.mark.parametrize("name", ["ndjson", ""])
def test_a_document_in_one_line_may_be_longer_than_a_record(around: str, name: str) -> None:
    n = 2 * MAX_RECORD_BYTES // len(json.dumps(SHIPMENT))
    reading = read(around.format(json.dumps(shipments(n))), name)
    assert reading.parcels["parcel_id"].to_list() == [f"X-{number}" for number in range(n)]


@pytest.mark.parametrize("n", [2, 20_000])
def test_parcels_of_the_record_may_be_anywhere_in_a_document(n: int) -> None:
    parcels = [{"parcel_id": f"P-{number}", "gross_weight_g": 350, "sender_name": "Li"} for number in range(n)]
    reading = read(json.dumps({"number": "M-1", "flight": {"no": "X 1"}, "parcels": parcels}))
    assert reading.parcels["parcel_id"].to_list() == [f"P-{number}" for number in range(n)]
    assert reading.parcels["gross_weight_g"].unique().to_list() == [350]


HEADERS = (
    {"parcelId": "P-1", "senderName": "Li", "recipientName": "Ana", "grossWeightKg": "0.35", "description": "tea"},
    {"Tracking Number": "P-1", "Shipper": "Li", "Consignee": "Ana", "Weight (g)": "350", "Goods Description": "tea"},
    {"tracking_no": "P-1", "from_name": "Li", "to_name": "Ana", "weight_kg": "0,35", "contents": "tea"},
    {"Sendungsnummer": "P-1", "Absender": "Li", "Empfänger": "Ana", "Gewicht (kg)": "0,350", "Inhalt": "tea"},
    {"parcel_id": "P-1", "sender_name": "Li", "recipient_name": "Ana", "weight_kg": "0.35", "description": "tea"},
)


@pytest.mark.parametrize("cells", HEADERS)
def test_flat_objects_are_read_as_a_table_with_their_names_as_headers(cells: dict[str, str]) -> None:
    table = ";".join(cells) + "\n" + ";".join(cells.values()) + "\n"
    of_table, of_objects = read(table, "csv").parcels, read(json.dumps(cells)).parcels
    assert of_objects.drop("line").equals(of_table.drop("line"))
    assert of_objects["gross_weight_g"].to_list() == [350]


@pytest.mark.parametrize(
    ("weight", "grams"), [(0.35, 350), (1.234, 1_234), ("1,5", 1_500), (2, 2_000), (1234.567, 1_234_567)]
)
def test_numbers_of_json_have_decimal_points_and_texts_have_what_they_have(weight: object, grams: int) -> None:
    document = {"trackingNumber": "P-1", "sender_name": "Li", "recipient_name": "Ana", "weight_kg": weight}
    parcels = read(json.dumps({**document, "contents": "tea", "value_eur": 12.5})).parcels.to_dicts()
    assert [one["gross_weight_g"] for one in parcels] == [grams]
    assert [one["pieces"][0]["value_cents"] for one in parcels] == [1_250]


@pytest.mark.parametrize(
    ("measures", "wanted"),
    [
        ({"weight": 350, "weight_unit": "g"}, {"gross_weight_g": 350}),
        ({"weight": 350, "weightUom": "g"}, {"gross_weight_g": 350}),
        ({"weight": {"value": 350, "unit": "g"}}, {"gross_weight_g": 350}),
        ({"package": {"weight": 0.35, "weightUnit": "KGM"}}, {"gross_weight_g": 350}),
        ({"dimensions": {"length": 30, "width": 20, "height": 5, "unit": "cm"}}, {"length_mm": 300, "height_mm": 50}),
    ],
)
def test_a_unit_next_to_a_measure_is_its_unit(measures: dict[str, Any], wanted: dict[str, int]) -> None:
    document = {key: value for key, value in SHIPMENT.items() if "eight" not in key} | measures
    (row,) = read(json.dumps(document)).parcels.to_dicts()
    assert {name: row[name] for name in wanted} == wanted


def test_what_is_ambiguous_is_asked_and_the_proposed_mapping_reads_the_file_once_it_is_decided() -> None:
    text = lines([{key: value for key, value in one.items() if key != "weightUnit"} for one in shipments(2)])
    with pytest.raises(Undecided, match="'weight' does not say its unit") as asked:
        read(text)
    decided = asked.value.proposal.replace('# gross_weight_g = { path = "weight", unit = "kg" }', "").replace(
        "# decide", "\n# decide"
    )
    decided = decided.replace("[piece]", 'gross_weight_g = { path = "weight", unit = "kg" }\n[piece]')
    adapter = Mapped(Mapping.from_document(tomllib.loads(decided), "m.toml"))
    parcels = joined(list(read_parcels(adapter, io.BytesIO(text.encode()), reference=shipped_reference()))).parcels
    assert parcels["gross_weight_g"].to_list() == [350, 350]


def test_what_holds_no_number_of_a_parcel_is_no_parcel() -> None:
    with pytest.raises(Undecided, match="nothing is known to be the number of a parcel"):
        read('{"hello": "world", "items": [{"description": "x"}]}')


def test_objects_of_the_record_with_something_unknown_stay_objects_of_the_record() -> None:
    reading = read('{"parcel_id": "P-1", "gross_weight_g": 350, "foo": 1, "pieces": [{"description": "tea"}]}')
    assert reading.parcels["gross_weight_g"].to_list() == [350]
    assert ("foo", "unknown_field") in {(one.field, one.code) for one in reading.doubts}


def test_names_of_pieces_count_as_well() -> None:
    (row,) = read(
        '{"parcel_id": "P-1", "pieces": [{"hsCode": "6403.99", "desc": "shoes", "qty": 1}]}'
    ).parcels.to_dicts()
    assert [(one["description"], one["hs_code"], one["quantity"]) for one in row["pieces"]] == [("shoes", "640399", 1)]


def test_a_piece_that_is_alone_needs_no_list() -> None:
    (row,) = read(json.dumps({**SHIPMENT, "items": GOODS[0]})).parcels.to_dicts()
    assert [one["description"] for one in row["pieces"]] == ["phone case"]


def test_documents_of_another_form_are_rejected_one_by_one_and_none_is_lost() -> None:
    inside = [{"shipment": one} for one in shipments(2)]
    text = lines([{"note": "first"}, inside[0], {"note": "end"}, "x", inside[1]]) + "{bad\n"
    reading = read(text)
    assert (reading.n_rows, reading.parcels["parcel_id"].to_list()) == (6, ["X-0", "X-1"])
    assert [(one.line, one.code) for one in sorted(reading.rejections, key=lambda one: one.line)] == [
        (1, "no_item"),
        (3, "no_item"),
        (4, "no_item"),
        (6, "not_json"),
    ]


def test_paths_that_nobody_knows_are_named_as_ignored() -> None:
    assert "colour" in read(json.dumps({**SHIPMENT, "colour": "red"})).ignored


def test_keys_that_may_be_data_of_persons_are_in_no_proposal() -> None:
    persons = {"ana@example.test": {"note": "words here"}, "+49 30 1234567": {"note": "other words"}}
    with pytest.raises(Undecided) as asked:
        read(json.dumps({**SHIPMENT, "weightUnit": None, "persons": persons}))
    assert "weight" in asked.value.proposal
    assert "ana@" not in str(asked.value)
    assert "1234567" not in str(asked.value)


def test_what_a_parcel_repeats_is_no_parcel() -> None:
    reading = read(json.dumps({"trackingNumber": "X-1", "goods": "tea", "scans": [{"office": "A"}, {"office": "B"}]}))
    assert reading.parcels["parcel_id"].to_list() == ["X-1"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"x": [{f"k{number}": {"name": "x"}} for number in range(600)]}),
        "<a>" + "".join(f"<b{number}><c>1</c></b{number}>" for number in range(600)) + "</a>",
    ],
)
def test_what_has_more_names_than_any_manifest_is_refused_at_once(text: str) -> None:
    with pytest.raises(SourceError, match="more than 500 names"):
        read(text, "")


def test_an_object_with_thousands_of_names_stops_no_other() -> None:
    many = json.dumps({"parcel_id": "P-1", **{f"key{number}": "x" for number in range(3_000)}})
    assert read(many + '\n{"parcel_id": "P-2"}\n').parcels["parcel_id"].to_list() == ["P-1", "P-2"]


class Stream(io.RawIOBase):
    """Bytes that come once, as those of a compressed file."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        return self._data.readinto(buffer)


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_that_cannot_go_back_is_read_whole(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmapped, "_SAMPLE_BYTES", 700)
    monkeypatch.setattr(unmapped, "_HEAD_BYTES", 600)
    file = io.BufferedReader(Stream(FORMS[form].encode()))  # type: ignore[type-var]
    reading = joined(list(read_parcels(adapter_named("ndjson"), file, reference=shipped_reference())))
    assert reading.parcels["parcel_id"].to_list() == ["X-0", "X-1"]


XML = (
    '<?xml version="1.0"?><Manifest><Carrier>Aster</Carrier>{}</Manifest>',
    "<Parcel><TrackingNumber>X-{}</TrackingNumber><Sender><Name>Li</Name><Country>CN</Country></Sender><Recipient>"
    '<Name>Ana</Name><City>Berlin</City></Recipient><Weight unit="kg">0.35</Weight><Items>{}</Items></Parcel>',
    '<Item><Description>{}</Description><Quantity>1</Quantity><Value currency="EUR">12.50</Value></Item>',
)


@pytest.mark.parametrize("n", [1, 3, 40])
def test_xml_with_other_names_is_read(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmapped, "_SAMPLE_BYTES", 4_000)
    goods = "".join(XML[2].format(what) for what in ("tea", "cup"))
    reading = read(XML[0].format("".join(XML[1].format(number, goods) for number in range(n))), "")
    assert reading.parcels["parcel_id"].to_list() == [f"X-{number}" for number in range(n)]
    row = reading.parcels.row(0, named=True)
    assert (row["sender_country"], row["recipient_city"], row["gross_weight_g"]) == ("CN", "Berlin", 350)
    assert [(one["description"], one["value_cents"]) for one in row["pieces"]] == [("tea", 1_250), ("cup", 1_250)]


def nested_rows(n: int) -> list[dict[str, Any]]:
    return [
        {
            "tracking_number": f"X-{number}",
            "lodged_at": datetime(2026, 11, 20, 10, tzinfo=UTC),
            "sender": {"name": "Li", "country": "CN"},
            "recipient": {"name": "Ana", "country": "DE"},
            "weight_kg": 1.234,
            "items": [
                {"description": "case", "quantity": 2.0, "hs_code": "3926.90", "value_eur": 5.5},
                {"description": "cable", "quantity": float("nan"), "hs_code": "8544.42", "value_eur": 3.0},
            ],
        }
        for number in range(n)
    ]


@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_columns_that_hold_objects_or_lists_of_them_are_read(name: str) -> None:
    file = io.BytesIO()
    table = pl.from_arrow(pa.Table.from_pylist(nested_rows(3)))
    assert isinstance(table, pl.DataFrame)
    (table.write_parquet if name == "parquet" else table.write_ipc_stream)(file)
    reading = read(file.getvalue(), name)
    assert (reading.rejections, reading.ignored) == ((), ())
    row = reading.parcels.row(2, named=True)
    assert (row["parcel_id"], row["lodged_at"]) == ("X-2", datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert (row["sender_country"], row["gross_weight_g"]) == ("CN", 1_234)
    pieces = [(one["description"], one["quantity"], one["value_cents"]) for one in row["pieces"]]
    assert pieces == [("case", 2, 550), ("cable", None, 300)]


def test_of_a_table_that_is_not_nested_no_row_is_read_to_know_that(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    pl.DataFrame({"parcel_id": ["P-1", "P-2"], "gross_weight_g": [350, 360]}).write_parquet(file)
    n_read: list[int] = []
    real = Parquet.tables
    monkeypatch.setattr(Parquet, "tables", lambda self, given: n_read.append(1) or real(self, given))
    assert read(file.getvalue(), "parquet").parcels["gross_weight_g"].to_list() == [350, 360]
    assert len(n_read) == 1


def test_a_nested_column_that_means_nothing_leaves_the_others_as_they_are() -> None:
    rows = [{"parcel_id": "P-1", "gross_weight_g": 350, "tags": ["a", "b"], "sender_name": "Li"}]
    file = io.BytesIO()
    pl.DataFrame(rows).write_parquet(file)
    reading = read(file.getvalue(), "parquet")
    assert (reading.parcels["gross_weight_g"].to_list(), reading.ignored) == ([350], ("tags",))


@pytest.mark.parametrize("text", ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "<a><b></a>", '{"a": ', "["])
def test_what_cannot_be_read_safely_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        read(text, "")


@pytest.mark.parametrize("text", ["''a", "'=1", "'"])
@pytest.mark.parametrize("name", ["itmatt", "itmatt-v1", "ics2-f32"])
def test_an_apostrophe_in_a_message_is_no_mark_of_a_spreadsheet(name: str, text: str) -> None:
    adapter = adapter_named(name)
    parcels = read(written(adapter, parcel_table([a_parcel(sender_name=text)]).drop(LINE)), name).parcels
    assert parcels["sender_name"].to_list() == [text]
