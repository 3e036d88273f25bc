from __future__ import annotations

import re

import pytest

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Quantity
from features.parcel.problems import SourceError
from features.sources.columns.headers import outcome_assignments, parcel_assignments
from tests.features.sources.conftest import Read


def cell(read: Read, header: str, text: str, name: str) -> object:
    reading = read(f"parcel_id,{header}\nP-1,{text}\n")
    assert reading.rejections == ()
    return reading.parcels[name].to_list()[0]


def piece(read: Read, header: str, row: str) -> dict[str, object]:
    pieces = read(f"parcel_id,{header}\nP-1,{row}\n").parcels["pieces"].to_list()[0]
    assert len(pieces) == 1
    return dict(pieces[0])


@pytest.mark.parametrize("field", [*PARCEL_FIELDS, *PIECE_FIELDS], ids=lambda field: field.name)
def test_every_field_is_recognised_by_its_own_name(field: Field):
    assignments, ignored = parcel_assignments([field.name])
    assert [(assignment.target, assignment.piece) for assignment in assignments] == [
        (field, int(field in PIECE_FIELDS))
    ]
    assert ignored == []


ALIASES = [pytest.param(field, alias, id=alias) for field in (*PARCEL_FIELDS, *PIECE_FIELDS) for alias in field.aliases]


@pytest.mark.parametrize(("field", "alias"), ALIASES)
def test_every_alias_fills_its_field_once_it_says_the_unit(field: Field, alias: str):
    unit = {Quantity.MASS: "_kg", Quantity.LENGTH: "_cm"}.get(field.quantity or Quantity.COUNT, "")
    (assignment,), ignored = parcel_assignments([alias + unit])
    assert assignment.target == field
    assert ignored == []


@pytest.mark.parametrize("header", ["gross_weight_kg", "Weight (kg)", "WEIGHT KG", " gross weight [kg] ", "Weight-kg"])
def test_headers_are_read_whatever_their_case_and_punctuation(read: Read, header: str):
    assert cell(read, header, "1.5", "gross_weight_g") == 1_500


@pytest.mark.parametrize(
    ("header", "text", "name", "value"),
    [
        ("weight_g", "340", "gross_weight_g", 340),
        ("weight_kg", "0.34", "gross_weight_g", 340),
        ("weight_mg", "340000", "gross_weight_g", 340),
        ("weight_oz", "1", "gross_weight_g", 28),
        ("weight_lb", "1", "gross_weight_g", 454),
        ("measured_weight_kg", "2", "measured_weight_g", 2_000),
        ("length_mm", "250", "length_mm", 250),
        ("length_cm", "25", "length_mm", 250),
        ("length_m", "0.25", "length_mm", 250),
        ("length_in", "10", "length_mm", 254),
        ("postage", "3.50", "postage_cents", 350),
        ("postage_cents", "350", "postage_cents", 350),
    ],
)
def test_the_unit_in_the_header_is_converted(read: Read, header: str, text: str, name: str, value: int):
    assert cell(read, header, text, name) == value


@pytest.mark.parametrize(
    ("header", "example"), [("weight", "weight_kg"), ("length", "length_cm"), ("net_mass", "net_mass_kg")]
)
def test_a_measure_without_unit_is_refused_with_the_headers_that_would_do(header: str, example: str):
    with pytest.raises(SourceError, match=f"column '{header}' does not say its unit.*{example}"):
        parcel_assignments(["parcel_id", header])


def test_a_comma_decimal_is_dropped_with_the_way_to_write_it(read: Read):
    reading = read("parcel_id;weight_kg\nP-1;1,5\nP-2;1.5\n")
    (doubt,) = reading.doubts
    assert (doubt.line, doubt.field, doubt.code) == (2, "gross_weight_g", "unreadable")
    assert "kg with a point for decimals, as in 1.5" in doubt.reason
    assert reading.parcels["gross_weight_g"].to_list() == [None, 1_500]


def test_a_currency_in_the_header_is_the_currency_of_the_value(read: Read):
    assert piece(read, "value_usd", "12.50") | {"value_cents": 1_250, "currency": "USD"} == piece(
        read, "value_usd", "12.50"
    )


def test_a_currency_in_a_column_of_its_own_goes_before_the_one_of_the_header(read: Read):
    reading = read("parcel_id,value_usd,currency\nP-1,10,\nP-2,10,GBP\n")
    assert [parcel[0]["currency"] for parcel in reading.parcels["pieces"].to_list()] == ["USD", "GBP"]


def test_a_currency_in_the_header_is_not_said_of_a_row_without_value(read: Read):
    reading = read("parcel_id,description,value_usd,postage_chf\nP-1,tea,,\n")
    assert reading.parcels["pieces"].to_list()[0][0]["currency"] is None
    assert reading.parcels["postage_currency"].to_list() == [None]


@pytest.mark.parametrize(
    ("header", "name"), [("postage_chf", "postage_currency"), ("insured_value_chf", "insured_currency")]
)
def test_postage_and_insurance_take_the_currency_of_their_own_header(read: Read, header: str, name: str):
    assert cell(read, header, "3", name) == "CHF"


@pytest.mark.parametrize("headers", ["weight_kg,gross_weight_g", "weight_kg,weight_kg", "parcel_id,weight_kg"])
def test_two_columns_for_one_field_are_refused_by_name(read: Read, headers: str):
    first = headers.split(",")[0]
    with pytest.raises(SourceError, match=rf"columns '{first}' and '\w+' both fill the field"):
        read(f"parcel_id,{headers}\nP-1,1,1\n")


def test_a_repeated_column_that_means_nothing_here_does_no_harm(read: Read):
    reading = read("parcel_id,note,note\nP-1,a,b\n")
    assert reading.parcels.height == 1
    assert len(reading.ignored) == 2


def test_columns_that_no_field_takes_up_are_named(read: Read):
    assert read("parcel_id,colour,stream\nP-1,red,letter\n").ignored == ("colour",)


def test_a_second_piece_has_columns_of_its_own(read: Read):
    reading = read(
        "parcel_id,description,hs,piece_2_description,piece2_value_usd\n"
        "P-1,tea,090220,pot,12\nP-2,tea,,,\nP-3,,,pot,\nP-4,,,,\n"
    )
    pieces = reading.parcels["pieces"].to_list()
    assert [[one["description"] for one in parcel] for parcel in pieces] == [["tea", "pot"], ["tea"], ["pot"], []]
    assert (pieces[0][1]["value_cents"], pieces[0][1]["currency"]) == (1_200, "USD")


def test_a_cell_of_the_second_piece_is_named_as_such(read: Read):
    (doubt,) = read("parcel_id,piece_2_qty\nP-1,many\n").doubts
    assert (doubt.line, doubt.field) == (2, "piece_2.quantity")


def test_pieces_are_counted_from_one(read: Read):
    reading = read("parcel_id,piece_0_description,description\nP-1,x,tea\n")
    assert reading.ignored == ("piece_0_description",)
    assert piece(read, "piece_01_description", "tea")["description"] == "tea"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_taken_from_the_header(read: Read, mark: str):
    reading = read(f"parcel_id{mark}weight_kg{mark}sender_name\nP-1{mark}1.5{mark}Li Wei\n")
    assert reading.parcels.select("parcel_id", "gross_weight_g", "sender_name").row(0) == ("P-1", 1_500, "Li Wei")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_and_the_line_ends_of_windows_do_no_harm(read: Read, ending: str):
    reading = read(b"\xef\xbb\xbf" + f"parcel_id,weight_kg{ending}P-1,1.5{ending}".encode())
    assert reading.parcels.select("parcel_id", "gross_weight_g").row(0) == ("P-1", 1_500)


@pytest.mark.parametrize("text", ["", "\n", "   \n"])
def test_an_empty_file_is_refused(read: Read, text: str):
    with pytest.raises(SourceError, match=r"manifest\.csv: the file is empty\. Send a CSV file"):
        read(text)


def test_a_file_with_nothing_but_headers_has_no_rows(read: Read):
    reading = read("parcel_id,weight_kg\n")
    assert (reading.n_rows, reading.parcels.height, reading.rejections) == (0, 0, ())


def test_a_row_that_is_not_utf_8_is_rejected_and_the_others_are_read(read: Read):
    reading = read(b"parcel_id,sender_name\nP-1,M\xfcller\nP-2,M\xc3\xbcller\n")
    (rejection,) = reading.rejections
    assert (rejection.line, rejection.code) == (2, "encoding")
    assert "byte 6" in rejection.reason
    assert reading.parcels["sender_name"].to_list() == ["Müller"]


def test_a_row_with_more_cells_than_headers_is_rejected(read: Read):
    reading = read("parcel_id,stream\nP-1,letter,extra\nP-2,letter\n")
    assert [(one.line, one.code) for one in reading.rejections] == [(2, "cells")]
    assert reading.parcels["parcel_id"].to_list() == ["P-2"]


def test_a_row_with_fewer_cells_than_headers_has_nulls(read: Read):
    reading = read("parcel_id,stream,weight_kg\nP-1\nP-2,letter,3\n")
    assert reading.parcels["gross_weight_g"].to_list() == [None, 3_000]


@pytest.mark.parametrize("cells", ['"Zwergnase', '"Zwerg"nase', "Zwergnase,Zwergnase,Zwergnase"])
def test_a_row_that_cannot_be_read_is_rejected_without_repeating_a_cell(read: Read, cells: str):
    reading = read(f"parcel_id,sender_name\nP-1,{cells}\nP-2,Li Wei\n")
    (rejection,) = reading.rejections
    assert rejection.line == 2
    assert not re.search("zwerg|nase", str(rejection), re.IGNORECASE)
    assert reading.parcels["parcel_id"].to_list() == ["P-2"]
    assert "Zwerg" in reading.original(2)


def test_the_line_of_a_row_is_the_one_in_the_file_even_beside_a_column_called_line(read: Read):
    reading = read("line,parcel_id\n70,P-1\n71,P-2\n")
    assert reading.parcels["line"].to_list() == [2, 3]


def test_outcome_headers_are_those_of_the_outcome_and_know_no_pieces():
    assignments, ignored = outcome_assignments(["s10", "result", "finding_mass_kg", "piece_2_description"])
    assert [assignment.name for assignment in assignments] == ["parcel_id", "result", "finding_mass_g"]
    assert ignored == ["piece_2_description"]
