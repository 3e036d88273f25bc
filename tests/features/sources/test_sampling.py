from __future__ import annotations

import io
import json
import tomllib
from pathlib import Path

import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources.columns.mapping import Mapping
from features.sources.formats.mapped import Mapped
from features.sources.reading import joined, read_parcels
from features.sources.sampling import sample_of

ORDER = {
    "shipment": {
        "waybill": "W-{}",
        "consignor": {
            "companyName": "Yida Co",
            "address": {"street": "Road 1", "city": "Shenzhen", "countryCode": "CN"},
        },
        "consignee": {
            "name": "Ana Silva",
            "address": {"city": "Lisboa", "postalCode": "1000-001", "countryCode": "PT"},
        },
        "grossWeightKg": 1.5,
        "articles": [{"description": "cable", "qty": 2, "hsCode": "854442", "declaredValueUsd": 24.5}],
    }
}
XML = (
    "<Batch><Shipment><TrackingNumber>{}</TrackingNumber><Shipper><Name>Yida Co</Name><CountryCode>CN</CountryCode>"
    "</Shipper><Consignee><Name>Ana Silva</Name><City>Lisboa</City></Consignee><GrossWeight>1.5</GrossWeight>"
    "<Item><Description>cable</Description><Quantity>2</Quantity></Item></Shipment>"
)


def sample(tmp_path: Path, name: str, text: str) -> tuple[str, bytes]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return sample_of(path).proposal.toml(), text.encode()


def parcels(proposal: str, data: bytes) -> list[dict[str, object]]:
    adapter = Mapped(Mapping.from_document(tomllib.loads(proposal), "p.toml"))
    return joined(list(read_parcels(adapter, io.BytesIO(data), reference=shipped_reference()))).parcels.to_dicts()


def test_a_proposal_for_json_reads_the_file_that_it_was_made_from(tmp_path: Path) -> None:
    text = json.dumps([json.loads(json.dumps(ORDER).replace("{}", str(n))) for n in range(3)])
    proposal, data = sample(tmp_path, "x.json", text)
    assert 'pieces = "articles"' in proposal
    first = parcels(proposal, data)[0]
    assert (first["parcel_id"], first["sender_name"], first["recipient_city"]) == ("W-0", "Yida Co", "Lisboa")
    assert first["gross_weight_g"] == 1_500
    assert first["pieces"][0]["value_cents"] == 2_450  # type: ignore[index]


def test_a_proposal_for_xml_asks_for_the_unit_and_reads_once_it_is_decided(tmp_path: Path) -> None:
    text = "".join(XML.format(f"T-{n}").removeprefix("<Batch>" if n else "") for n in range(2)) + "</Batch>"
    proposal, data = sample(tmp_path, "x.xml", text)
    assert '# gross_weight_g = { path = "GrossWeight", unit = "kg" }' in proposal
    decided = proposal.replace(
        '# gross_weight_g = { path = "GrossWeight", unit = "kg" }',
        'gross_weight_g = { path = "GrossWeight", unit = "kg" }',
    )
    rows = parcels(decided, data)
    assert [(row["parcel_id"], row["recipient_name"], row["gross_weight_g"]) for row in rows] == [
        ("T-0", "Ana Silva", 1_500),
        ("T-1", "Ana Silva", 1_500),
    ]
    assert rows[0]["pieces"][0]["quantity"] == 2  # type: ignore[index]


def test_a_proposal_for_edifact_names_segments(tmp_path: Path) -> None:
    text = (
        "UNB+UNOA:1+A+B+261125:0912+1'UNH+1+IFTMIN:D:96A:UN'GID+1'RFF+AAO:P-1'NAD+CZ+++YIDA CO'NAD+CN+++ANA SILVA'"
        "LIN+1'FTX+AAA+++CABLE'UNT+1+1'UNZ+1+1'"
    )
    proposal, data = sample(tmp_path, "x.edi", text)
    (row,) = parcels(proposal, data)
    assert (row["parcel_id"], row["sender_name"], row["pieces"][0]["description"]) == ("P-1", "YIDA CO", "CABLE")  # type: ignore[index]


def test_columns_that_nobody_knows_are_proposed_by_the_shape_of_their_values(tmp_path: Path) -> None:
    rows = ("RB473124829US,a@b.example,2026-11-25,6109.10,EUR", "CX881203453DE,c@d.example,2026-11-24,090121,USD")
    text = "\n".join(("Kod,Z1,Z2,Z3,Z4", *rows))
    proposal, _ = sample(tmp_path, "x.csv", text)
    for line in (
        'parcel_id = { column = "Kod" }',
        'sender_email = { column = "Z1" }',
        'posted_at = { column = "Z2" }',
        'hs_code = { column = "Z3" }',
        'currency = { column = "Z4" }',
    ):
        assert f"# {line}" in proposal


SHIPMENTS = """<q:Export xmlns:q="urn:q"><q:Shipment no="QX-77120"><q:From><q:Company>Yida Co</q:Company>
<q:Line1>Road 8</q:Line1><q:CC>CN</q:CC><q:Shorthand>SZ</q:Shorthand></q:From><q:To><q:FullName>Ana Silva</q:FullName>
<q:CC>PT</q:CC></q:To><q:TotalGrams>450</q:TotalGrams><q:Goods><q:Line><q:Text>lamp</q:Text><q:Qty>2</q:Qty></q:Line>
</q:Goods></q:Shipment></q:Export>"""


def test_what_stands_in_a_party_can_only_be_of_that_party(tmp_path: Path) -> None:
    proposal, _ = sample(tmp_path, "x.xml", SHIPMENTS)
    for line in (
        'sender_street = { path = "From/Line1" }',
        'sender_country = { path = "From/CC" }',
        'recipient_country = { path = "To/CC" }',
    ):
        assert f"\n{line}" in proposal
    assert '"From/Shorthand"' in proposal
    assert 'recipient_country = { path = "From' not in proposal


def test_number_weight_and_list_of_goods_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    proposal, data = sample(tmp_path, "x.xml", SHIPMENTS)
    assert 'pieces = "Goods/Line"' in proposal
    decided = proposal
    for line in (
        'parcel_id = { path = "@no" }',
        'gross_weight_g = { path = "TotalGrams", unit = "g" }',
        'description = { path = "Text" }',
        'operator = { constant = "NAME" }',
    ):
        assert f"# {line}" in proposal
        decided = decided.replace(f"# {line}", line)
    (row,) = parcels(decided, data)
    assert (row["parcel_id"], row["gross_weight_g"], row["operator"]) == ("QX-77120", 450, "NAME")
    assert [(one["description"], one["quantity"]) for one in row["pieces"]] == [("lamp", 2)]  # type: ignore[union-attr]


@pytest.mark.parametrize("n_lines", [1, 2])
def test_a_message_may_be_a_single_parcel(tmp_path: Path, n_lines: int) -> None:
    line = "<Line><Text>lamp</Text><Qty>2</Qty></Line>"
    text = (
        '<Shipment no="QX-9"><From><Company>Yida</Company><CC>CN</CC></From>'
        "<To><FullName>Ana</FullName><CC>PT</CC></To>"
        f"<Goods>{line * n_lines}</Goods></Shipment>"
    )
    proposal, data = sample(tmp_path, "x.xml", text)
    decided = proposal.replace('# parcel_id = { path = "@no" }', 'parcel_id = { path = "@no" }')
    decided = decided.replace("# operator", "operator").replace("# description", "description")
    (row,) = parcels(decided, data)
    assert (row["parcel_id"], row["sender_country"], row["recipient_country"]) == ("QX-9", "CN", "PT")
    assert [one["description"] for one in row["pieces"]] == ["lamp"] * n_lines  # type: ignore[union-attr]


def test_what_no_column_can_fill_is_said(tmp_path: Path) -> None:
    proposal, _ = sample(tmp_path, "x.csv", "Weight (kg);Inhalt\n1,5;Lampe\n1,5;Kabel")
    for name in ("parcel_id", "sender", "recipient"):
        assert any(line.startswith("# missing:") and name in line for line in proposal.splitlines()), name
    assert "missing: no column fills description" not in proposal


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Tel. Empfänger", "recipient_phone"),
        ("Name of Consignee", "recipient_name"),
        ("Sendungs-Nr.", "parcel_id"),
        ("Shipment No", "parcel_id"),
        ("Zolltarifnr", "hs_code"),
        ("Ziel-Land", "recipient_country"),
    ],
)
def test_headers_are_known_turned_round_and_abbreviated(tmp_path: Path, header: str, line: str) -> None:
    proposal, _ = sample(tmp_path, "x.csv", f"{header};Inhalt\nx;y")
    assert f'\n{line} = {{ column = "{header}" }}' in proposal


def test_a_file_that_is_read_anyway_needs_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<Awmds><Bol_segment/></Awmds>", "utf-8")
    assert sample_of(path).known_as == "asycuda-awmds"


@pytest.mark.parametrize("text", ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "<a><b></a>", '{"a": '])
def test_what_cannot_be_read_safely_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceError):
        sample_of(path)


def test_a_column_of_a_row_may_be_of_the_parcel_or_of_a_piece_and_a_number_names_its_unit(tmp_path: Path) -> None:
    text = "Bezug;Wer;Was;Wieviel;Schwere\nZ-77120;Rui Costa;Seife;2;0,4\nZ-77121;Ana Silva;Kerze;2;0,4\n"
    proposal, data = sample(tmp_path, "x.csv", text)
    decided = proposal
    for line in (
        'recipient_name = { column = "Wer" }',
        'description = { column = "Was" }',
        'quantity = { column = "Wieviel" }',
        'gross_weight_g = { column = "Schwere", unit = "kg" }',
        'parcel_id = { column = "Bezug" }',
    ):
        assert f"# {line}" in proposal
        decided = decided.replace(f"# {line}", line)
    assert '# value_cents = { column = "Wieviel", unit = "units" }' in proposal
    first = parcels(decided, data)[0]
    assert (first["parcel_id"], first["recipient_name"], first["gross_weight_g"]) == ("Z-77120", "Rui Costa", 400)
    assert (first["pieces"][0]["description"], first["pieces"][0]["quantity"]) == ("Seife", 2)  # type: ignore[index]
