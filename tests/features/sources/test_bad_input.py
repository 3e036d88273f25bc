"""The manifests that should not exist, and do. Each has a message that says what, which, why and what to do."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any, BinaryIO

import polars as pl
import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE
from features.sources import Content
from features.sources.adapter import MAX_RECORD_BYTES
from features.sources.columns.assignment import PIECE
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named, adapters
from tests.builders import a_parcel, parcel_table
from tests.manifests import written

PARCELS = [adapter.name for adapter in adapters().values() if adapter.content is Content.PARCELS]
TEXTUAL = [name for name in PARCELS if name not in ("arrow", "parquet", "xlsx")]
HEADER = b"parcel_id,weight_kg,sender_name,recipient_country,value,hs_code\n"
RECEPTACLE = "CNSHAADEFRAAACN60001001110012"


def read(name: str, data: bytes | BinaryIO) -> Reading:
    return joined(
        list(
            read_parcels(
                adapter_named(name),
                io.BytesIO(data) if isinstance(data, bytes) else data,
                reference=shipped_reference(),
            )
        )
    )


def csv(*rows: bytes) -> Reading:
    return read("csv", HEADER + b"\n".join(rows) + b"\n")


def said(reading: Reading) -> list[tuple[int, str, str]]:
    """What is said of rows, but that a time came without its zone."""
    remarks = (*reading.rejections, *reading.doubts)
    return [(one.line, one.field, one.code) for one in remarks if one.code != "zone_assumed"]


def file_of(name: str, **changes: Any) -> bytes:
    return written(adapter_named(name), parcel_table([a_parcel(**changes)]).drop(LINE))


class Endless(io.RawIOBase):
    """A stream of one byte, as long as asked for, that is nowhere held in memory."""

    def __init__(self, head: bytes, fill: bytes, n: int, tail: bytes) -> None:
        super().__init__()
        self._pieces = [head, *[fill * (1 << 20)] * (n >> 20), tail]

    def readable(self) -> bool:
        return True

    def read(self, n: int = -1) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if n > 0 and len(piece) > n:
            self._pieces.insert(0, piece[n:])
        return piece[:n] if n > 0 else piece


def peak_bytes(name: str, file: BinaryIO) -> tuple[Reading | str, int]:
    tracemalloc.start()
    try:
        found: Reading | str = read(name, file)
    except SourceError as error:
        found = str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, peak


HUGE = {
    "csv": Endless(HEADER + b"P-1,1,", b"x", 100 << 20, b",DE,1,610910\nP-2,1,Anna,DE,1,610910\n"),
    "ndjson": Endless(b'{"parcel_id":"P-1","sender_name":"', b"x", 100 << 20, b'"}\n{"parcel_id":"P-2"}\n'),
    "courier": Endless(b'{"consignments": [{"parcel_id":"P-1","sender_name":"', b"x", 100 << 20, b'"}]}'),
    "itmatt": Endless(
        b"<ItemAttributes><Item><ItemId>P-1</ItemId><X>", b"x", 100 << 20, b"</X></Item></ItemAttributes>"
    ),
    "cusitm": Endless(b"UNB+UNOW:4'GID+1'RFF+AAO:", b"x", 100 << 20, b"'UNT+1+1'UNZ+1+1'"),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_field_of_100_megabytes_costs_no_memory(name: str) -> None:
    found, peak = peak_bytes(name, HUGE[name])  # type: ignore[arg-type]
    assert peak < 40 << 20, f"{peak >> 20} MiB"
    if isinstance(found, Reading):
        assert any(f"more than {MAX_RECORD_BYTES:,}" in one.reason for one in found.rejections)
        assert found.parcels["parcel_id"].to_list() == (["P-2"] if name in ("csv", "ndjson") else [])
    else:
        assert f"more than {MAX_RECORD_BYTES:,}" in found


def test_a_million_columns_are_refused() -> None:
    with pytest.raises(SourceError, match=r"names 500,001 columns; at most 2,000"):
        read("csv", b"parcel_id" + b",a" * 500_000 + b"\n")
    with pytest.raises(SourceError, match="cannot be a header"):
        read("csv", b"parcel_id" + b",a" * 1_000_000 + b"\n")


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_file_that_breaks_off_within_a_row_says_so(ending: bytes) -> None:
    reading = read("csv", HEADER + b"P-1,1,Anna,DE,1,610910\nP-2,1,An" + ending)
    if ending:
        assert said(reading) == []  # a short row may be how a spreadsheet writes it
    else:
        assert said(reading) == [(3, "line", "truncated")]
        assert "the file ends within this row, after 3 of 6 cells." in reading.rejections[0].reason
    assert reading.parcels["parcel_id"].to_list()[0] == "P-1"


def test_the_wrong_delimiter_is_told_apart_row_by_row_and_for_the_file() -> None:
    reading = csv(b"P-1;1;Anna;DE;1;610910", b"P-2,1,Anna,DE,1,610910")
    assert said(reading) == [(2, "line", "delimiter")]
    assert "Separate the cells by ','" in reading.rejections[0].remedy
    with pytest.raises(SourceError, match=r"cells are separated by one of , ; tab \|"):
        read("csv", b"parcel_id^weight_kg\nP-1^1\n")


def test_mixed_encodings_lose_only_their_own_rows() -> None:
    reading = csv("P-1,1,Müller,DE,1,610910".encode(), "P-2,1,Müller,DE,1,610910".encode("latin-1"))
    assert said(reading) == [(3, "line", "encoding")]
    assert reading.parcels["sender_name"].to_list() == ["Müller"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-mark", "utf-16-be-mark"])
@pytest.mark.parametrize("name", ["csv", "ndjson", "courier"])
def test_byte_order_marks_and_utf_16_are_understood(name: str, encoding: str) -> None:
    text = file_of(name, sender_name="Zoë 李").decode()
    kind, _, mark = encoding.rpartition("-mark")
    data = ("\ufeff" + text).encode(kind) if mark == "" and kind else text.encode(encoding)
    assert read(name, data).parcels["sender_name"].to_list() == ["Zoë 李"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_without_a_mark_are_read_where_their_first_letters_show_them(encoding: str) -> None:
    assert read("csv", (HEADER + b"P-1,1,Anna,DE,1,610910\n").decode().encode(encoding)).parcels[
        "parcel_id"
    ].to_list() == ["P-1"]


def test_utf_16_without_a_mark_is_refused_with_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"UTF-16 or UTF-32 without a byte-order mark\. Save it as UTF-8"):
        read("csv", b"\x00\x00\x00\x00" + HEADER)


def test_a_quoted_cell_may_run_over_lines_and_one_that_never_closes_takes_no_other_row_with_it() -> None:
    reading = csv(b'P-1,1,"An\nna",DE,1,610910', b'P-2,1,"Anna,DE,1,610910', b"P-3,1,Anna,DE,1,610910")
    assert said(reading) == [(4, "line", "quote_open")]
    assert reading.parcels["sender_name"].to_list() == ["An na", "Anna"]
    assert reading.parcels[LINE].to_list() == [2, 5]


@pytest.mark.parametrize("name", TEXTUAL)
def test_bytes_that_are_not_utf_8_are_never_taken(name: str) -> None:
    data = file_of(name, sender_name="MARK").replace(b"MARK", b"M\xff\xfeRK")
    try:
        reading = read(name, data)
    except SourceError:
        return
    assert reading.parcels.height == 0
    assert reading.rejections


@pytest.mark.parametrize("name", TEXTUAL)
def test_nul_is_never_taken_and_told(name: str) -> None:
    data = file_of(name, sender_name="MARK").replace(b"MARK", b"M\x00RK")
    try:
        reading = read(name, data)
    except SourceError:
        return
    if reading.parcels.height == 0:
        assert reading.rejections
    else:
        assert reading.parcels["sender_name"].to_list() == ["MRK"]
        assert said(reading) == [(reading.doubts[0].line, "sender_name", "value_changed")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"parcel_id": "P-1", "gross_weight_g": NaN}', "not_a_number"),
        ('{"parcel_id": "P-1", "gross_weight_g": -Infinity}', "not_a_number"),
        ('{"parcel_id": "P-1", "gross_weight_g": 1e999}', "not_a_number"),
        ('{"parcel_id": "P-1", "gross_weight_g": ' + "9" * 5000 + "}", "not_a_number"),
        ('{"parcel_id": "P-1", "parcel_id": "P-2"}', "key_twice"),
        ('{"parcel_id": "P-1", "pieces": [{"quantity": 1, "quantity": 2}]}', "key_twice"),
        ('{"parcel_id": 9.40551e21}', "wrong_type"),
        ('{"parcel_id": {"a": "b"}}', "wrong_type"),
        ('{"parcel_id": "P-1", "lodged_at": 1700000000}', "wrong_type"),
        ('{"parcel_id": "P-1", "lodged_at": "11/12/2026"}', "unreadable"),
        ('["P-1"]', "not_an_object"),
        ("null", "not_an_object"),
        ('{"parcel_id": "P-1"', "not_json"),
        ('{"parcel_id": "P-1"} {"parcel_id": "P-2"}', "not_json"),
        ('{"parcel_id": "P-1", "pieces": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
    ],
)
def test_json_that_another_reader_would_have_guessed_at_is_rejected_by_its_line(text: str, code: str) -> None:
    reading = read("ndjson", b'{"parcel_id": "P-0"}\n' + text.encode() + b'\n{"parcel_id": "P-9"}\n')
    assert {one[2] for one in said(reading)} == {code}
    assert {one[0] for one in said(reading)} == {2}
    assert reading.parcels["parcel_id"].to_list() == ["P-0", "P-9"]


@pytest.mark.parametrize(
    ("text", "field", "code", "value"),
    [
        ('"gross_weight_g": 340.5', "gross_weight_g", "value_changed", 340),
        ('"gross_weight_g": "340"', "gross_weight_g", None, 340),
        ('"gross_weight_g": 340.0', "gross_weight_g", None, 340),
        ('"gross_weight_g": ""', "gross_weight_g", None, None),
        ('"gross_weight_g": "n/a"', "gross_weight_g", "placeholder", None),
        ('"gross_weight_g": true', "gross_weight_g", "wrong_type", None),
        ('"gross_weight_g": "heavy"', "gross_weight_g", "wrong_type", None),
        ('"gross_weight_g": 99999999999999999999', "gross_weight_g", "range", None),
        ('"sender_name": "a\\u0000b"', "sender_name", "value_changed", "ab"),
        ('"sender_name": "a\\ud800b"', "sender_name", "value_changed", "ab"),
        ('"sender_name": {"a": "b"}', "sender_name", "wrong_type", None),
        ('"sender_postcode": 10115', "sender_postcode", "value_changed", "10115"),
        ('"sender_phone": ["+49301", "+49302"]', "sender_phone", "repeated", "+49301"),
        ('"sender_phone": []', "sender_phone", None, None),
        ('"sender_phone": ""', "sender_phone", None, None),
        ('"sender_phone": null', "sender_phone", None, None),
        ('"posted_at": 1700000000', "posted_at", "wrong_type", None),
        ('"posted_at": "1700000000"', "posted_at", "unreadable", None),
        ('"posted_at": "11/12/2026"', "posted_at", "unreadable", None),
        ('"colour": "red"', "colour", "unknown_field", None),
        ('"pieces": [[]]', "piece_1", "wrong_type", [dict.fromkeys(PIECE)]),
        ('"pieces": "tea"', "pieces", "wrong_type", None),
    ],
)
def test_json_that_is_written_otherwise_is_read_or_dropped_and_told(
    text: str, field: str, code: str | None, value: Any
) -> None:
    reading = read("ndjson", b'{"parcel_id": "P-0"}\n{"parcel_id": "P-1", ' + text.encode() + b"}\n")
    assert reading.rejections == ()
    assert said(reading) == ([] if code is None else [(2, field, code)])
    assert code is None or reading.original(2).startswith('{"parcel_id": "P-1"')
    if code != "unknown_field":
        assert reading.parcels[field.replace("piece_1", "pieces")].to_list()[1] == value


def test_the_name_of_an_unknown_field_is_repeated_only_when_it_looks_like_one() -> None:
    reading = read("ndjson", b'{"parcel_id": "P-1", "colour": 1, "Xaver Unverwechselbar": 2}\n')
    assert [one.field for one in reading.doubts] == ["colour", "item"]


def test_an_array_nested_100_000_deep_ends_a_courier_document_without_ending_the_service() -> None:
    text = '{"consignments": [{"parcel_id": "P-1"}, ' + "[" * 100_000 + "]" * 100_000 + "]}"
    reading = read("courier", text.encode())
    assert reading.parcels["parcel_id"].to_list() == ["P-1"]
    assert said(reading) == [(2, "item", "nested")]


def test_xml_nested_100_000_deep_ends_there() -> None:
    deep = b"<ItemAttributes><Item><ItemId>P-1</ItemId></Item><Item>" + b"<a>" * 100_000
    reading = read("itmatt", deep)
    assert reading.parcels["parcel_id"].to_list() == ["P-1"]
    assert said(reading) == [(2, "file", "nested")]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE ItemAttributes [<!ENTITY a "ha"><!ENTITY b "'
    + "&a;" * 50
    + '">]><ItemAttributes><Item><ItemId>&b;</ItemId></Item></ItemAttributes>'
)
EXTERNAL = (
    '<!DOCTYPE ItemAttributes [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    "<ItemAttributes><Item><ItemId>&x;</ItemId></Item></ItemAttributes>"
)


@pytest.mark.parametrize("text", [BOMB, EXTERNAL, '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><ItemAttributes/>'])
def test_entities_are_never_read(text: str) -> None:
    with pytest.raises(SourceError, match="declares a document type or entities, which are not read for safety"):
        read("itmatt", text.encode())


def test_an_unknown_entity_breaks_the_message_where_it_stands() -> None:
    text = b"<ItemAttributes><Item><ItemId>P-1</ItemId></Item><Item><ItemId>&x;</ItemId></Item></ItemAttributes>"
    reading = read("itmatt", text)
    assert reading.parcels["parcel_id"].to_list() == ["P-1"]
    assert said(reading) == [(2, "file", "not_xml")]
    assert "the XML breaks at line 1, column" in reading.rejections[0].reason


def test_an_element_that_stands_twice_is_not_guessed_at() -> None:
    reading = read("itmatt", b"<ItemAttributes><Item><ItemId>P-1</ItemId><ItemId>P-2</ItemId></Item></ItemAttributes>")
    assert said(reading) == [(1, "ItemId", "element_twice")]


@pytest.mark.parametrize(
    ("column", "text", "field", "code"),
    [
        ("weight_kg", "0", "gross_weight_g", "range"),
        ("weight_kg", "-1", "gross_weight_g", "range"),
        ("weight_g", "1000000000", "gross_weight_g", "range"),
        ("weight_kg", "NaN", "gross_weight_g", "unreadable"),
        ("weight_kg", "Infinity", "gross_weight_g", "unreadable"),
        ("sender_country", "ZZ", "sender_country", "unknown_country"),
        ("sender_country", "Germany", "sender_country", "value_changed"),
        ("sender_country", "Middle Earth", "sender_country", "malformed"),
        ("hs_code", "61O910", "piece_1.hs_code", "malformed"),
        ("posted_at", "1970-01-01", "posted_at", "range"),
        ("posted_at", "2099-01-01", "posted_at", "in_future"),
        ("posted_at", "31/31/2026", "posted_at", "unreadable"),
        ("sender_name", "Z" + "\u0301" * 1024, "sender_name", "text_cut"),
        ("sender_email", "z" * 300, "sender_email", "too_long"),
        ("currency", "EURO", "piece_1.currency", "value_changed"),
        ("currency", "$", "piece_1.currency", "malformed"),
        ("currency", "XYZ", "piece_1.currency", "unknown_currency"),
        ("operator", "../x", "operator", "malformed"),
        ("version", "0", "version", "range"),
        ("function", "destroy", "function", "unknown_choice"),
    ],
)
def test_a_value_that_cannot_be_is_told_by_its_line_and_field_and_its_row_used(
    column: str, text: str, field: str, code: str
) -> None:
    reading = read("csv", f"parcel_id,{column}\nP-1,{text}\nP-2,\n".encode())
    assert said(reading) == [(2, field, code)]
    assert reading.doubts[0].remedy
    assert reading.parcels["parcel_id"].to_list() == ["P-1", "P-2"]


@pytest.mark.parametrize("text", ["../../etc/passwd", "n/a", "unknown", "0", "xxx", "-", "test"])
def test_an_identifier_that_cannot_be_refuses_its_row(text: str) -> None:
    reading = read("csv", f"parcel_id\n{text}\nP-2\n".encode())
    assert [(one.line, one.field) for one in reading.rejections] == [(2, "parcel_id")]
    assert reading.parcels["parcel_id"].to_list() == ["P-2"]


@pytest.mark.parametrize(
    ("column", "text", "flag"),
    [
        ("value_cents", "2400", "currency_assumed"),
        ("weight_kg", "340", "weight_unit"),
        ("sender_name", "P\u0430y", "mixed_scripts"),
        ("sender_name", "Z" + "\u0301" * 40, "stacked_marks"),
        ("sender_phone", "12", "phone_impossible"),
        ("hs_code", "779999", "hs_chapter"),
    ],
)
def test_a_doubtful_value_is_taken_and_flagged(column: str, text: str, flag: str) -> None:
    reading = read("csv", f"parcel_id,stream,{column}\nP-1,letter,{text}\n".encode())
    assert reading.rejections == ()
    assert flag in reading.parcels["quality_flags"].to_list()[0]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(A1)", "+cmd|x", "-1+cmd|x", "=1", "'=x", "'plain"])
def test_formulas_are_disarmed_when_written_and_come_back_as_they_were(text: str) -> None:
    data = file_of("csv", sender_name=text)
    cell = pl.read_csv(data, infer_schema=False)["sender_name"].item()
    assert cell.startswith("'")
    assert read("csv", data).parcels["sender_name"].to_list() == [text]


@pytest.mark.parametrize("name", ["csv", "xlsx"])
@pytest.mark.parametrize("begins", [*"=+-@'", *"\uff1d\uff0b\uff0d\uff20", ""])
@pytest.mark.parametrize("before", ["", "'", "''"])
def test_texts_that_begin_as_formulas_or_marks_do_come_back_as_they_were(name: str, begins: str, before: str) -> None:
    text = f"{before}{begins}sum"
    assert read(name, file_of(name, sender_name=text)).parcels["sender_name"].to_list() == [text]


@pytest.mark.parametrize("text", ["+49 30 1234", "-5", "+1 (212) 555-0147"])
def test_phones_and_numbers_are_left_alone(text: str) -> None:
    assert f",{text}," in file_of("csv", sender_phone=text).decode()


def test_duplicate_rows_are_all_read_for_the_desk_to_recognise() -> None:
    reading = csv(*[b"P-1,1,Anna,DE,1,610910"] * 5)
    assert (reading.n_rows, reading.parcels.height) == (5, 5)


@pytest.mark.parametrize(
    ("receptacle", "code"),
    [
        ({"receptacle_id": RECEPTACLE, "items": []}, "no_items"),
        ({"receptacle_id": RECEPTACLE}, "shape"),
        ({"receptacle_id": RECEPTACLE[:-1], "items": ["P-1"]}, "receptacle_form"),
        ({"receptacle_id": RECEPTACLE, "items": [7]}, "item_form"),
        (RECEPTACLE, "shape"),
    ],
)
def test_a_receptacle_that_makes_no_sense_is_rejected_and_the_next_one_read(receptacle: Any, code: str) -> None:
    good = {"receptacle_id": RECEPTACLE, "items": ["P-2", "RB 473124829 US"]}
    data = json.dumps({"receptacles": [receptacle, good]}).encode()
    (batch,) = adapter_named("predes").read(io.BytesIO(data))
    assert [(one.line, one.code) for one in batch.rejections] == [(1, code)]
    assert batch.rows["parcel_id"].to_list() == ["P-2", "RB473124829US"]


def test_an_event_without_a_time_is_rejected_and_the_next_one_read() -> None:
    data = (
        b"<ItemEvents><Event><ItemId>P-1</ItemId><EventCode>EMD</EventCode></Event><Event><ItemId>P-1</ItemId>"
        b"<EventCode>EMD</EventCode><EventDateTime>2026-11-02T08:00:00Z</EventDateTime></Event></ItemEvents>"
    )
    (batch,) = adapter_named("emsevt").read(io.BytesIO(data))
    assert [(one.line, one.field, one.code) for one in batch.rejections] == [(1, "happened_at", "required")]
    assert batch.rows["happened_at"].to_list() == [datetime(2026, 11, 2, 8, tzinfo=UTC)]


def test_an_edifact_segment_that_cannot_be_taken_apart_costs_its_item_only() -> None:
    data = (
        b"UNA:+.? '\nUNB+UNOW:4+A+B+261102:0815+1'\nUNH+1+CUSITM:D:00A:UN'\nGID+1'\nRFF+AAO:P-1'\nMEA+WT++KGM:1,500'\n"
        b"GID+2'\nRFF+AAO:P-2'\nMEA+WT++KGM:1.5'\nMEA+WT++KGM:2.5'\nGID+3'\nRFF+AAO:P-3?+?:?''\nUNT+9+1'\nUNZ+1+1'\n"
    )
    reading = read("cusitm", data)
    assert [(one.line, one.field, one.code) for one in reading.doubts if one.code == "repeated"] == [
        (2, "gross_weight_g", "repeated")
    ]
    assert [(one.line, one.field, one.code) for one in reading.doubts if one.line == 1] == [
        (1, "gross_weight_g", "unreadable")
    ]
    assert [(one.line, one.field, one.code) for one in reading.rejections] == [(3, "parcel_id", "malformed")]


def test_una_may_bring_other_marks() -> None:
    data = b"UNA|~,! ^UNB~UNOW|4^UNH~1~CUSITM|D^GID~1^RFF~AAO|P-1^MEA~WT~~KGM|1,5^NAD~CZ~~~O'Hara^UNT~1~1^UNZ~1~1^"
    row = read("cusitm", data).parcels.to_dicts()[0]
    assert (row["parcel_id"], row["gross_weight_g"], row["sender_name"]) == ("P-1", 1500, "O'Hara")


def test_a_name_that_holds_the_word_una_behind_an_apostrophe_is_read_whole() -> None:
    data = file_of("cusitm", sender_name="Bottega D'UNA Volta", recipient_name="x'UNB+y:z?")
    row = read("cusitm", data).parcels.to_dicts()[0]
    assert (row["sender_name"], row["recipient_name"]) == ("Bottega D'UNA Volta", "x'UNB+y:z?")


def test_a_gzip_file_that_is_sent_without_saying_so_is_none_of_the_formats() -> None:
    from features.sources.registry import recognise

    with pytest.raises(SourceError, match="none of the known formats"):
        recognise("manifest.csv", gzip.compress(HEADER * 50))


def test_the_columns_of_many_rows_are_never_in_memory_at_once() -> None:
    row = b"P-1,1,Anna,DE,1,610910\n"
    file = Endless(HEADER, b"", 0, b"")
    file._pieces = [HEADER, *[row * 5_000] * 20]
    tracemalloc.start()
    n = sum(
        reading.parcels.height for reading in read_parcels(adapter_named("csv"), file, reference=shipped_reference())
    )  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n == 100_000
    assert peak < 30 << 20, f"{peak >> 20} MiB"
