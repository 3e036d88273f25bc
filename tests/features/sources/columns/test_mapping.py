from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.parcel.problems import MappingError
from features.sources import Mapping
from tests.features.sources.conftest import Read

KCS = Path(__file__).parents[4] / "examples" / "kcs.toml"
NEEDED = '[parcel]\nparcel_id = { column = "id" }\nlodged_at = { column = "day" }\n'
RESULT = 'result = { column = "r", values = { "0" = "nothing_found", "1" = "found" } }\n'

WRONG = {
    "odd format": ('format = "pdf"\n' + NEEDED, "unknown format 'pdf'. Known: csv, xlsx"),
    "odd decimal": ('decimal = "_"\n' + NEEDED, "decimal is '_'"),
    "a number for a text": ("item = 5\n" + NEEDED, "item is 5; write a text in quotes"),
    "no item": ('format = "xml"\n' + NEEDED, "item is missing"),
    "of one of what": (
        NEEDED.replace('"id"', '"id", of_one = true'),
        "of_one is true or false, and only for value_cents",
    ),
    "outcomes of a message": (
        'format = "json"\n' + NEEDED + "[outcome]\nknown_after_days = 7\n" + RESULT,
        r"\[outcome\] is for tables",
    ),
    "not TOML": ("a =", "not a TOML file"),
    "unknown table": (NEEDED + "[sender]\n", r"unknown table \[sender\]. Known: parcel, piece, outcome"),
    "no table": ("parcel = 5\n", r"parcel is not a table. Write \[parcel\]"),
    "unknown field": (NEEDED + 'colour = { column = "c" }\n', r"\[parcel\] colour: the record has no such field"),
    "piece field in parcel": (NEEDED + 'hs_code = { column = "c" }\n', r"\[parcel\] hs_code: the record has no such"),
    "no source": (NEEDED + "stream = { pad = 2 }\n", r'\[parcel\] stream: write { column = "..." }'),
    "two sources": (NEEDED + 'stream = { column = "a", constant = "b" }\n', "further keys"),
    "a bare text": (NEEDED + 'stream = "letter"\n', r'\[parcel\] stream: write { column = "..." }'),
    "unknown key": (NEEDED + 'stream = { column = "a", colour = "b" }\n', "further keys: .*timezone"),
    "unknown unit": (NEEDED + 'gross_weight_g = { column = "w", unit = "st" }\n', "unknown unit 'st'. Known: g, kg"),
    "unit of a text": (NEEDED + 'stream = { column = "w", unit = "kg" }\n', "Known: none for this field"),
    "currency of a mass": (NEEDED + 'gross_weight_g = { column = "w", currency = "EUR" }\n', "only money has"),
    "unknown zone": (NEEDED + 'due_at = { column = "d", timezone = "Mars/Base" }\n', "unknown time zone 'Mars/Base'"),
    "zone that is no text": (NEEDED + 'due_at = { column = "d", timezone = 5 }\n', "timezone is 5; write a text"),
    "unit that is no text": (NEEDED + 'gross_weight_g = { column = "w", unit = ["g"] }\n', "unit is .*; write a text"),
    "column that is no text": (NEEDED + "stream = { column = 5 }\n", "column is 5; write a text in quotes"),
    "pad that is no number": (NEEDED + 'stream = { column = "w", pad = "x" }\n', "pad is 'x'; write a whole number"),
    "missing that is no list": (NEEDED + 'stream = { column = "w", missing = "0" }\n', "missing is '0'; write"),
    "values that are no table": (NEEDED + 'stream = { column = "w", values = ["a"] }\n', r"values is \['a'\]; write"),
    "no identifier": ('[parcel]\nlodged_at = { column = "day" }\n', "does not say where parcel_id comes from"),
    "no result": (NEEDED + '[outcome]\nmethod = { column = "m" }\n', "does not say where result comes from"),
    "no time known": (NEEDED + "[outcome]\n" + RESULT, "does not say when a result became known"),
    "days that are a text": (
        NEEDED + '[outcome]\nknown_after_days = "7"\n' + RESULT,
        "write a number of days, as in 7",
    ),
    "days before": (NEEDED + "[outcome]\nknown_after_days = -1\n" + RESULT, "known_after_days is -1"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_mapping_that_contradicts_itself_is_refused_with_file_and_place(tmp_path: Path, text: str, message: str):
    path = tmp_path / "odd.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(MappingError, match=rf"^odd\.toml: .*{message}"):
        Mapping.from_toml(path)


def test_a_column_that_the_file_lacks_is_refused(read: Read):
    with pytest.raises(MappingError, match=r"field lodged_at: the file has no column 'day'. It has: id, date"):
        read("id,date\nP-1,2026-11-02\n", NEEDED)


def test_values_padding_missing_texts_defaults_and_constants_are_applied(read: Read):
    reading = read(
        "id,day,kind,who,hs\nP-1,2026-11-02,L,0,9022\nP-2,2026-11-02,,7,090220\n",
        NEEDED
        + 'stream = { column = "kind", values = { "L" = "letter", "?" = "parcel" }, default = "?" }\n'
        + 'sender_account = { column = "who", missing = ["0"] }\n'
        + 'operator = { constant = "post-a" }\n'
        + '[piece]\nhs_code = { column = "hs", pad = 6 }\n',
    )
    assert reading.rejections == ()
    assert reading.parcels["stream"].to_list() == ["letter", "parcel"]
    assert reading.parcels["sender_account"].to_list() == [None, "7"]
    assert reading.parcels["operator"].to_list() == ["post-a", "post-a"]
    assert [pieces[0]["hs_code"] for pieces in reading.parcels["pieces"].to_list()] == ["009022", "090220"]


def test_days_are_read_in_their_format_and_zone(read: Read):
    mapping = NEEDED.replace('"day"', '"day", format = "%d.%m.%Y", timezone = "Asia/Seoul"')
    reading = read("id,day\nP-1,02.11.2026\n", mapping)
    assert reading.parcels["lodged_at"].to_list() == [datetime(2026, 11, 1, 15, tzinfo=UTC)]


def test_an_outcome_becomes_known_the_given_days_after_lodging(read: Read):
    reading = read("id,day,r\nP-1,2026-11-02,1\n", NEEDED + "[outcome]\nknown_after_days = 1.5\n" + RESULT)
    outcome = reading.outcomes.row(0, named=True)
    assert outcome["known_at"] - reading.parcels["lodged_at"][0] == timedelta(days=1, hours=12)
    assert (outcome["parcel_id"], outcome["result"], outcome["line"]) == ("P-1", "found", 2)


def test_an_outcome_with_a_column_of_its_own_keeps_that_time(read: Read):
    reading = read(
        "id,day,r,known\nP-1,2026-11-02,1,2026-11-09\n",
        NEEDED + "[outcome]\n" + RESULT + 'known_at = { column = "known" }\n',
    )
    assert reading.outcomes["known_at"].to_list() == [datetime(2026, 11, 9, tzinfo=UTC)]


def test_a_row_without_result_is_a_parcel_without_outcome(read: Read):
    reading = read(
        "id,day,r\nP-1,2026-11-02,\nP-2,2026-11-02,0\n", NEEDED + "[outcome]\nknown_after_days = 7\n" + RESULT
    )
    assert reading.parcels["parcel_id"].to_list() == ["P-1", "P-2"]
    assert reading.outcomes.select("parcel_id", "result").rows() == [("P-2", "nothing_found")]


def test_the_outcome_of_a_rejected_parcel_is_left_out(read: Read):
    reading = read("id,day,r\nP-1,never,1\nP-2,2026-11-02,1\n", NEEDED + "[outcome]\nknown_after_days = 7\n" + RESULT)
    assert reading.outcomes["parcel_id"].to_list() == ["P-2"]
    assert [(rejection.line, rejection.field) for rejection in reading.rejections] == [(2, "lodged_at")]


def test_an_unknown_result_is_rejected_and_its_parcel_kept(read: Read):
    reading = read("id,day,r\nP-1,2026-11-02,9\n", NEEDED + "[outcome]\nknown_after_days = 7\n" + RESULT)
    assert reading.parcels.height == 1
    assert reading.outcomes.height == 0
    assert [rejection.field for rejection in reading.rejections] == ["result"]


KCS_TABLE = (
    "Declaration ID,Date,Office ID,Declarant ID,Importer ID,Seller ID,Courier ID,Country of Departure,"
    "Country of Origin,HS6 Code,Item Price,Net Mass,Fraud\n"
    "900001,2020-03-05,12,D1,I1,S1,C7,CN,CN,90220,150000,1.25,0\n"
    "900002,2020-03-06,12,D1,I2,,,US,MX,610910,80000,0.0,1\n"
)


def test_the_example_mapping_reads_declarations_of_its_layout(read: Read):
    reading = read(KCS_TABLE, KCS.read_text("utf-8"))
    assert reading.rejections == ()
    first, second = reading.parcels.to_dicts()
    assert first["parcel_id"] == "900001"
    assert first["lodged_at"] == datetime(2020, 3, 5, tzinfo=UTC)
    assert (first["operator"], second["operator"]) == ("C7", "none")
    assert (first["gross_weight_g"], second["gross_weight_g"]) == (1_250, None)
    assert (first["sender_tax_id"], second["sender_tax_id"]) == ("S1", None)
    assert (
        first["pieces"][0] | {"hs_code": "090220", "value_cents": 15_000_000, "currency": "KRW"} == first["pieces"][0]
    )
    assert reading.outcomes.select("parcel_id", "operator", "result", "cause").rows() == [
        ("900001", "C7", "nothing_found", "unknown"),
        ("900002", "none", "found", "unknown"),
    ]
    assert reading.outcomes["known_at"][0] == datetime(2020, 3, 12, tzinfo=UTC)
