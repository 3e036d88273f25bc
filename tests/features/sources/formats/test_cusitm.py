"""EDIFACT as ISO 9735 and the UN/EDIFACT directories have it: service strings, character sets, dates, units."""

from __future__ import annotations

import io

import pytest

from features.parcel.problems import SourceError
from features.parcel.reference import shipped_reference
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named, recognise
from features.sources.syntax.identify import edifact_message

HEAD = "UNA:+.? '\nUNB+{}:4+POST+CUSTOMS+261125:0815+1'\nUNH+1+{}:UN'\n"
TAIL = "UNT+9+1'\nUNZ+1+1'\n"


def interchange(*segments: str, syntax: str = "UNOW", message: str = "CUSITM:D:00A") -> str:
    return HEAD.format(syntax, message) + "".join(f"{segment}'\n" for segment in segments) + TAIL


def read(data: str | bytes, name: str = "cusitm") -> Reading:
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    return joined(list(read_parcels(adapter_named(name), file, reference=shipped_reference())))


SETS = [
    ("UNOC", "latin-1", "Größl & Étang"),
    ("UNOD", "iso8859_2", "Żółć Dvořák"),
    ("UNOE", "iso8859_5", "Иван Петров"),
    ("UNOF", "iso8859_7", "Νίκος"),
    ("UNOK", "iso8859_9", "Şükrü Yıldız"),
    ("UNOL", "iso8859_15", "Œuvre €"),
    ("UNOW", "utf-8", "王小明 Größl"),
    ("UNOY", "utf-8", "김영희"),
    ("UNOA", "ascii", "PLAIN"),
    ("UNOB", "latin-1", "Größl"),
]


@pytest.mark.parametrize(("syntax", "encoding", "name"), SETS)
def test_the_character_set_is_the_one_that_unb_names(syntax: str, encoding: str, name: str) -> None:
    text = interchange("GID+1", "RFF+AAO:P-1", f"NAD+CZ+++{name}", syntax=syntax)
    assert read(text.encode(encoding)).parcels["sender_name"].to_list() == [name]


def test_bytes_that_are_not_of_the_stated_set_end_the_interchange_with_a_reason() -> None:
    with pytest.raises(SourceError, match="is not UTF-8 any more, as its UNB segment says"):
        read(interchange("GID+1", "RFF+AAO:P-1", "NAD+CZ+++Größl").encode("latin-1"))


@pytest.mark.parametrize(
    ("message", "says"),
    [("CUSCAR:D:95B", "this is CUSCAR D.95B, not CUSITM"), ("CUSDEC:D:96B", "this is CUSDEC D.96B, not CUSITM")],
)
def test_another_message_is_named_and_not_taken_for_this_one(message: str, says: str) -> None:
    text = interchange("GID+1", "RFF+AAO:P-1", message=message)
    with pytest.raises(SourceError, match=says):
        read(text)
    assert edifact_message(text.encode()) == (message[:6], f"D.{message[9:]}")


def test_a_message_that_no_format_reads_is_named_with_the_way_out() -> None:
    text = interchange("GID+1", message="IFTMIN:D:96A")
    with pytest.raises(
        SourceError, match=r"this is IFTMIN D\.96A, an EDIFACT message, which no format reads.*map FILE"
    ):
        recognise("x.edi", text.encode())


@pytest.mark.parametrize(
    ("code", "text", "at"),
    [
        ("102", "20261124", "2026-11-24 00:00:00"),
        ("203", "202611241630", "2026-11-24 16:30:00"),
        ("204", "20261124163015", "2026-11-24 16:30:15"),
        ("201", "2611241630", "2026-11-24 16:30:00"),
        ("303", "202611241630UTC", "2026-11-24 16:30:00"),
        ("304", "20261124163015UTC", "2026-11-24 16:30:15"),
        ("205", "202611241630?+0100", "2026-11-24 15:30:00"),
    ],
)
def test_dates_are_read_in_every_format_of_the_code_list(code: str, text: str, at: str) -> None:
    reading = read(interchange("GID+1", "RFF+AAO:P-1", f"DTM+291:{text}:{code}"))
    assert [str(one)[:19] for one in reading.parcels["posted_at"]] == [at]


def test_a_repeated_segment_is_read_once_and_an_unknown_one_is_named() -> None:
    reading = read(interchange("GID+1", "RFF+AAO:P-1", "MEA+WT++KGM:1.5", "MEA+WT++KGM:2", "IMD+F++:::shirt", "TSR+30"))
    assert reading.parcels["gross_weight_g"].to_list() == [1_500]
    assert [(one.field, one.code) for one in reading.doubts] == [("gross_weight_g", "repeated")]
    assert {"IMD", "TSR"} <= set(reading.ignored)


def test_two_messages_of_an_interchange_keep_their_heads_apart() -> None:
    second = interchange("BGM+85+M-2", "DTM+137:20261126:102", "CNI+1+H-2", message="CUSCAR:D:95B").split("\n", 2)[2]
    first = interchange("BGM+85+M-1", "DTM+137:20261125:102", "CNI+1+H-1", message="CUSCAR:D:95B")
    reading = read(first.replace("UNZ+1+1'\n", "") + second, "cuscar")
    assert reading.parcels.select("parcel_id", "manifest_id").rows() == [("H-1", "M-1"), ("H-2", "M-2")]


def test_cuscar_is_read_through_its_mapping() -> None:
    text = interchange(
        "BGM+85+MAN7+9",
        "DTM+137:202611250912:203",
        "LOC+60+BEBRU",
        "CNI+1+HAWB9",
        "RFF+HWB:HAWB9",
        "RFF+MWB:999-1",
        "CNT+7:2.5:KGM",
        "NAD+CZ+++YIDA CO+ROAD 1+SHENZHEN++518000+CN",
        "NAD+CN+++ANA SILVA+RUA 3+LISBOA++1000+PT",
        "GID+1+1:PK",
        "FTX+AAA+++USB CABLE",
        "MOA+44:24.5:USD",
        "GID+2+3:PK",
        "FTX+AAA+++CHARGER",
        message="CUSCAR:D:95B",
        syntax="UNOB",
    )
    adapter = recognise("x.edi", text.encode()[:4096])
    assert adapter.name == "cuscar"
    reading = read(text, adapter.name)
    assert reading.rejections == ()
    (parcel,) = reading.parcels.to_dicts()
    assert (parcel["parcel_id"], parcel["master_bill"], parcel["manifest_id"]) == ("HAWB9", "999-1", "MAN7")
    assert (parcel["gross_weight_g"], parcel["sender_name"], parcel["recipient_city"]) == (2_500, "YIDA CO", "LISBOA")
    assert [(one["description"], one["quantity"]) for one in parcel["pieces"]] == [("USB CABLE", 1), ("CHARGER", 3)]
    assert (parcel["pieces"][0]["value_cents"]) == 2_450
