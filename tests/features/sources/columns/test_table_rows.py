from __future__ import annotations

import io

import pytest

from features.sources.columns.cells import PARCEL, PIECE, Assignment
from features.sources.columns.decimals import Decimals
from features.sources.columns.table_rows import TableRows
from features.sources.columns.tables import filled
from features.sources.syntax.csv_tables import csv_batches
from tests.features.sources.conftest import Read

HEAD = "tracking number;shipper;consignee;weight (kg);contents\n"
ROW = "RB473124829US;Acme;Anna;1;shirts\n"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Summe;;;1.700;\n", "total"),
        ("Total: 25 parcels;;;1.7;\n", "total"),
        ("合计;;;1.7;\n", "total"),
        ("Created on 26.11.2026 by Meier;;;;\n", "remark"),
        ("*** end of list ***;;;;\n", "remark"),
        (HEAD, "repeats the header"),
    ],
)
def test_totals_remarks_and_headers_that_come_again_are_no_parcels(read: Read, row: str, says: str):
    reading = read(HEAD + ROW + row)
    assert reading.parcels["parcel_id"].to_list() == ["RB473124829US"]
    (why,) = reading.rejections
    assert (why.line, why.field, why.code) == (3, "parcel_id", "no_parcel")
    assert says in why.reason


@pytest.mark.parametrize("number", ["RB473124829US", "AB 12 34", "77", "Total4U-1"])
def test_a_number_alone_is_a_parcel(read: Read, number: str):
    assert read(f"{HEAD}{number};;;;\n").rejections == ()


def test_a_row_of_goods_without_number_and_parties_continues_the_parcel_above(read: Read):
    reading = read(f"{HEAD}{ROW};;;.2;belts\nEM008463429KR;Bolt;Otto;1;lamps\n;;;;hats\n;;;3;\n;;;3;Total\n")
    assert [[one["description"] for one in pieces] for pieces in reading.parcels["pieces"]] == [
        ["shirts", "belts"],
        ["lamps", "hats"],
    ]
    assert [(one.line, one.code) for one in reading.doubts if one.field == "parcel_id"] == [
        (2, "value_changed"),  # by the line of the parcel
        (4, "value_changed"),
    ]
    assert [(one.line, one.code) for one in reading.rejections] == [(6, "required"), (7, "required")]


def test_a_row_continues_the_parcel_above_in_the_next_part_of_a_file_too():
    rows, decimals = TableRows(), Decimals()
    fields = [Assignment(target=PARCEL["parcel_id"], column="a"), Assignment(target=PIECE["description"], column="b")]
    parts = [[("P-1", "tea")], [("", "cups")]]
    read = [
        filled(next(csv_batches(io.BytesIO(f"a,b\n{a},{b}\n".encode()))), fields, decimals, rows) for ((a, b),) in parts
    ]
    assert [one.rows["parcel_id"].to_list() for one in read] == [["P-1"], ["P-1"]]


@pytest.mark.parametrize(
    "text",
    [
        HEAD.replace("weight (kg)", '"weight\r\n(kg)"') + ROW,
        (HEAD + ROW).replace("\n", "\r"),
        HEAD + ROW + "\x1a",
        HEAD + ROW + "\x00\x00\x00",
        HEAD + ROW.replace("\n", ";;;\n"),
        "Export GmbH;Main Street 1;Berlin;;\n\n" + HEAD.replace("\n", ";a;b;c;d;e;f\n") + ROW,
    ],
    ids=["name over two lines", "carriage returns", "end of CP/M", "zeros", "empty cells", "address above"],
)
def test_what_programs_leave_around_a_table_loses_no_row(read: Read, text: str):
    reading = read(text)
    assert reading.rejections == ()
    (row,) = reading.parcels.to_dicts()
    assert (row["parcel_id"], row["gross_weight_g"], row["recipient_name"]) == ("RB473124829US", 1_000, "Anna")


def test_a_contact_is_the_name_of_a_party_in_rows_that_give_no_company(read: Read):
    head = "tracking number;shipper;consignee company;consignee contact;contents\n"
    reading = read(f"{head}RB473124829US;Acme;;Anna;shirts\nEM008463429KR;Acme;Bolt Ltd;Otto;lamps\n")
    assert reading.parcels["recipient_name"].to_list() == ["Anna", "Bolt Ltd"]
