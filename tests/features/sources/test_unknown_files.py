"""Files of kinds that nobody showed us: what is in them is read, or asked about, and never passed over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from features.parcel.problems import Undecided
from features.parcel.reference import shipped_reference
from features.sources.columns.mapping import Mapping
from features.sources.reading import Reading, read_file
from features.sources.sampling import sample_of


def read(folder: Path, name: str, text: str, mapping: str = "", encoding: str = "utf-8") -> Reading:
    (folder / name).write_text(text, encoding)
    if mapping:
        (folder / "map.toml").write_text(mapping, "utf-8")
    meaning = Mapping.from_toml(folder / "map.toml") if mapping else None
    return read_file(folder / name, meaning, reference=shipped_reference())


XML = """<c:Export xmlns:c="urn:example:courier"><c:Carrier>fx</c:Carrier>
<c:Job ref="J-1"><c:TrackNo>FX100000001</c:TrackNo><c:From><c:FullName>Acme</c:FullName><c:Ctry>CN</c:Ctry></c:From>
<c:To><c:FullName>Anna</c:FullName><c:Ctry>DE</c:Ctry></c:To><c:Mass unit="LBR">2</c:Mass>
<c:Line text="shirts" qty="2"><c:Amount ccy="USD">20.00</c:Amount></c:Line>
<c:Line text="belts" qty="1"><c:Amount ccy="USD">9.00</c:Amount></c:Line></c:Job>
<c:Job ref="J-2"><c:TrackNo>FX100000002</c:TrackNo><c:From><c:FullName>Acme</c:FullName></c:From>
<c:To><c:FullName>Otto</c:FullName></c:To><c:Mass unit="KGM">2</c:Mass>
<c:Line text="lamps" qty="1"><c:Amount ccy="EUR">15.00</c:Amount></c:Line></c:Job></c:Export>"""


def test_attributes_of_xml_are_values_units_and_currencies(tmp_path: Path) -> None:
    (tmp_path / "jobs.xml").write_text(XML, "utf-8")
    proposed = sample_of(tmp_path / "jobs.xml").proposal.toml()
    assert 'parcel_id = { path = "TrackNo" }' in proposed
    assert 'gross_weight_g = { path = "Mass", unit_path = "Mass/@unit" }' in proposed
    assert 'currency_path = "Amount/@ccy"' in proposed
    decided = proposed.replace(
        '# value_cents = { path = "Amount", unit = "units", currency',
        'value_cents = { path = "Amount", unit = "units", currency',
    )
    decided += 'description = { path = "@text" }\n'
    rows = read(tmp_path, "jobs.xml", XML, decided).parcels.to_dicts()
    assert [row["gross_weight_g"] for row in rows] == [907, 2_000]
    pieces = [row["pieces"][0] for row in rows]
    assert [(one["description"], one["value_cents"], one["currency"]) for one in pieces] == [
        ("shirts", 2_000, "USD"),
        ("lamps", 1_500, "EUR"),
    ]


def test_every_path_that_nobody_knows_is_shown_and_none_is_called_spare(tmp_path: Path) -> None:
    (tmp_path / "odd.xml").write_text(
        "<A><P><X1>words here</X1><X2>other words</X2><X3>and more</X3><Tracking>T-10001</Tracking></P>"
        "<P><X1>words</X1><X2>other</X2><X3>more</X3><Tracking>T-10002</Tracking></P></A>",
        "utf-8",
    )
    columns = {one.header: one for one in sample_of(tmp_path / "odd.xml").proposal.columns}
    assert all(columns[name].lines for name in ("X1", "X2", "X3"))


JSON = """{"data": {"shipments": [{"tracking": {"number": "JX100000001"}, "weight": {"value": 1.5, "unit": "kg"},
 "shipper": {"name": "Acme"}, "consignee": {"name": "Anna"},
 "items": [{"description": "shirts", "value": {"amount": 20.0, "currency": "USD"}}]}]}}"""


def test_nested_json_of_others_is_read_as_the_mapping_that_is_proposed_for_it(tmp_path: Path) -> None:
    by_itself = read(tmp_path, "one-line.json", JSON.replace("\n", "")).parcels
    proposed = sample_of(tmp_path / "one-line.json").proposal.toml()
    by_mapping = read(tmp_path, "one-line.json", JSON, proposed).parcels
    assert by_itself.equals(by_mapping)
    row = by_itself.to_dicts()[0]
    assert (row["parcel_id"], row["gross_weight_g"]) == ("JX100000001", 1_500)
    assert (row["pieces"][0]["value_cents"], row["pieces"][0]["currency"]) == (2_000, "USD")


TITLED = (
    "Example Courier GmbH;;;\nManifest;2026-11-25;;\n;;;\n"
    "Barcode;Absender;Absenderland;Empfänger;Empfängerland;Inhalt;Gewicht (kg);Wert (EUR)\n"
    "X-10001;Müller;CN;Anna;DE;Hemden;1,5;20,00\n;;;;;;;\n"
)


def test_titles_above_the_header_of_a_csv_and_rows_without_content_are_passed_over(tmp_path: Path) -> None:
    reading = read(tmp_path, "titled.csv", TITLED, encoding="cp1252")
    assert (reading.n_rows, reading.rejections) == (1, ())
    (row,) = reading.parcels.to_dicts()
    assert (row["line"], row["parcel_id"], row["gross_weight_g"]) == (5, "X-10001", 1_500)


def test_headers_that_occur_twice_can_be_told_apart_in_a_mapping(tmp_path: Path) -> None:
    text = "Tracking,Name,Country,Name,Country,Goods\nT-10001,Acme,CN,Anna,DE,shirts\n"
    with pytest.raises(Undecided) as asked:
        read(tmp_path, "twice.csv", text)
    lines = asked.value.proposal.splitlines()
    chosen = ('sender_name = { column = "Name" }', 'recipient_name = { column = "Name_duplicated_0" }')
    mapping = "\n".join(line.removeprefix("# ") if line.removeprefix("# ") in chosen else line for line in lines)
    row = read(tmp_path, "twice.csv", text, mapping).parcels.to_dicts()[0]
    assert (row["sender_name"], row["recipient_name"]) == ("Acme", "Anna")


@pytest.mark.parametrize(("cell", "weight"), [("1.250", None), ("500.000", None), ("1250", 1250), ("12.5", 12)])
def test_thousandths_of_a_gram_are_no_weight(tmp_path: Path, cell: str, weight: int | None) -> None:
    text = f"parcel_id,Weight (g),sender_name,recipient_name,description,Value EUR\nP-1,{cell},A,B,tea,20.50\n"
    reading = read(tmp_path, "grams.csv", text)
    assert reading.parcels["gross_weight_g"].to_list() == [weight]
    assert [one.field for one in reading.doubts] == ([] if weight else ["gross_weight_g"])


@pytest.mark.parametrize("header", ["value_qqq", "Declared Value (QQQ)", "piece_1_value_qqq"])
def test_a_header_names_a_currency_of_the_office(tmp_path: Path, header: str) -> None:
    shipped = shipped_reference()
    known = replace(shipped.lists["currency"], codes=shipped.currencies | {"QQQ"})
    reference = replace(shipped, lists={**shipped.lists, "currency": known})
    (tmp_path / "own.csv").write_text(f"parcel_id,{header},sender_name,recipient_name,description\nP-1,20,A,B,tea\n")
    (row,) = read_file(tmp_path / "own.csv", reference=reference).parcels.to_dicts()
    assert (row["pieces"][0]["value_cents"], row["pieces"][0]["currency"]) == (2_000, "QQQ")
    assert header in read(tmp_path, "own.csv", (tmp_path / "own.csv").read_text()).ignored
