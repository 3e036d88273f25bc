"""Workbooks as spreadsheets write them (ECMA-376): cells with references, numbers, titles above the header."""

from __future__ import annotations

import io
import zipfile

import pytest

from features.parcel.problems import SourceError, Undecided
from features.parcel.reference import shipped_reference
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named
from features.sources.syntax import xlsx_package
from features.sources.syntax.xlsx_writer import _PARTS, _XML

HEADER = ["tracking_number", "gross_weight_kg", "sender_name", "recipient_name", "description"]
ROW = ["A-1", 1.5, "Li Wei", "Ana Silva", "tea"]


def cell(index: int, row: int, value: object) -> str:
    reference = f'r="{chr(65 + index)}{row}"'
    if isinstance(value, int | float):
        return f"<c {reference}><v>{value!r}</v></c>"
    return f'<c {reference} t="inlineStr"><is><t>{value}</t></is></c>' if value else ""


def sheet_of(rows: dict[int, list[object]]) -> bytes:
    lines = [
        f'<row r="{number}">{"".join(cell(index, number, one) for index, one in enumerate(row))}</row>'
        for number, row in rows.items()
    ]
    return f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{''.join(lines)}</sheetData></worksheet>".encode()


def workbook(sheet: bytes, parts: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in (parts or _PARTS).items():
            package.writestr(name, _XML + text)
        package.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


def read(data: bytes) -> Reading:
    return joined(list(read_parcels(adapter_named("xlsx"), io.BytesIO(data), reference=shipped_reference())))


def test_numbers_texts_and_lines_are_those_of_the_sheet() -> None:
    reading = read(workbook(sheet_of({1: HEADER, 2: ROW, 4: ["A-2", 12, "Li", "Ana", "pot"]})))
    assert reading.rejections == ()
    rows = reading.parcels.select("line", "parcel_id", "gross_weight_g", "sender_name").rows()
    assert rows == [(2, "A-1", 1_500, "Li Wei"), (4, "A-2", 12_000, "Li")]


def test_titles_above_the_header_are_passed_over() -> None:
    reading = read(workbook(sheet_of({1: ["Manifest of 25 November"], 3: HEADER, 4: ROW})))
    assert reading.parcels.select("line", "parcel_id").rows() == [(4, "A-1")]


@pytest.mark.parametrize("number", [9405501234567890123466, 940550123456789012, 1e15, 9.40551e21])
def test_a_number_with_more_digits_than_a_spreadsheet_keeps_identifies_nothing(number: float) -> None:
    reading = read(workbook(sheet_of({1: HEADER, 2: [number, *ROW[1:]], 3: ROW})))
    assert [(one.line, one.field, one.code) for one in reading.rejections] == [(2, "parcel_id", "exponent")]
    assert reading.parcels["parcel_id"].to_list() == ["A-1"]


def test_a_number_whose_digits_are_all_there_is_an_identifier() -> None:
    assert read(workbook(sheet_of({1: HEADER, 2: [794600000017, *ROW[1:]]}))).parcels["parcel_id"].to_list() == [
        "794600000017"
    ]


def test_a_workbook_without_identifiers_is_refused_with_a_proposal() -> None:
    with pytest.raises(Undecided, match=r'(?s)no column holds parcel_id.*format = "xlsx".*sender_name'):
        read(workbook(sheet_of({1: ["x", *HEADER[1:]], 2: ROW})))


def with_sheets(*sheets: bytes) -> bytes:
    """Workbook of several sheets in their order."""
    names = [f"sheet{number}" for number in range(1, len(sheets) + 1)]
    parts = dict(_PARTS)
    for name, text in _PARTS.items():
        if "</sheets>" in text:
            listed = "".join(
                f'<sheet name="{one}" sheetId="{n}" r:id="rId{n}"/>' for n, one in enumerate(names[1:], start=2)
            )
            parts[name] = text.replace("</sheets>", f"{listed}</sheets>")
        if "</Relationships>" in text and "worksheet" in text:
            kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
            listed = "".join(
                f'<Relationship Id="rId{n}" Type="{kind}" Target="worksheets/{one}.xml"/>'
                for n, one in enumerate(names[1:], start=2)
            )
            parts[name] = text.replace("</Relationships>", f"{listed}</Relationships>")
    more = {f"xl/worksheets/{one}.xml": sheet.decode() for one, sheet in zip(names[1:], sheets[1:], strict=True)}
    return workbook(sheets[0], parts | more)


COVER = {1: ["Manifest of today"], 2: ["see the next sheet"]}


def test_a_cover_sheet_is_passed_over_and_said() -> None:
    reading = read(with_sheets(sheet_of(COVER), sheet_of({1: HEADER, 2: ROW})))
    assert reading.parcels["parcel_id"].to_list() == ["A-1"]
    assert reading.notes == ("Of the sheets with a header, 1 were not read: their columns are others.",)


def test_sheets_with_one_header_are_read_behind_one_another_and_an_empty_one_is_none() -> None:
    first, second = {1: HEADER, 2: ROW, 3: ["", *ROW[1:]]}, {1: HEADER, 2: ["A-2", *ROW[1:]], 4: ["A-3", *ROW[1:]]}
    reading = read(with_sheets(sheet_of(first), sheet_of({}), sheet_of(second)))
    assert reading.parcels["parcel_id"].to_list() == ["A-1", "A-2", "A-3"]
    assert reading.parcels["line"].to_list() == [2, 5, 7]
    assert [one.line for one in reading.rejections] == [3]
    assert reading.notes == ("2 sheets have the same header and were read one behind the other; their lines count on.",)


def test_a_workbook_without_any_text_is_refused() -> None:
    with pytest.raises(SourceError, match="no sheet has a header"):
        read(with_sheets(sheet_of({}), sheet_of({})))


def test_a_cell_at_the_far_corner_is_refused_before_room_is_made_for_all_cells_before_it() -> None:
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    with pytest.raises(SourceError, match=r"reaches to row 1,048,576 and column 16,384"):
        read(workbook(sheet_of({1: HEADER}).replace(b"</sheetData>", corner)))


def test_a_workbook_that_unpacks_beyond_all_measure_is_refused() -> None:
    with pytest.raises(SourceError, match="unpacks to more than a manifest may"):
        read(workbook(b"<worksheet>" + b" " * (20 << 20)))


def test_a_size_that_a_package_claims_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_package, "MAX_UNPACKED_BYTES", 1 << 16)
    data = bytearray(workbook(bytes(range(256)) * 1024))
    entry = zipfile.ZipFile(io.BytesIO(bytes(data))).getinfo("xl/worksheets/sheet1.xml")
    claimed = entry.file_size.to_bytes(4, "little")
    while (at := data.find(claimed)) >= 0:
        data[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(SourceError, match="unpacks to more"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"PK\x03\x04 and no more", "damaged or incomplete"), (b"", "the file is empty"), (b"PK\x03\x04", "damaged")],
)
def test_what_is_no_workbook_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(data)


def test_a_zip_of_a_manifest_is_no_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("manifest.csv", "parcel_id\nP-1\n")
    with pytest.raises(SourceError, match="Send the manifest itself"):
        read(file.getvalue())
