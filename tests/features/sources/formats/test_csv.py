from __future__ import annotations

import re

import pytest

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Quantity
from features.parcel.problems import SourceError, Undecided
from features.sources.columns.headers import outcome_assignments, recognise_headers
from features.sources.columns.spellings import parcel_words, piece_words
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
    recognised = recognise_headers([field.name])
    assert (recognised.assignments[0].target, recognised.assignments[0].piece) == (field, int(field in PIECE_FIELDS))
    assert recognised.ignored == ()
    assert recognised.questions == []


@pytest.mark.parametrize("field", [*PARCEL_FIELDS, *PIECE_FIELDS], ids=lambda field: field.name)
def test_every_spelling_fills_its_field_and_no_other_once_it_says_the_unit(field: Field):
    unit = {Quantity.MASS: "kg", Quantity.LENGTH: "cm", Quantity.RATE: "percent"}.get(
        field.quantity or Quantity.COUNT, ""
    )
    for word in (piece_words() if field in PIECE_FIELDS else parcel_words()).get(field.name, ()):
        recognised = recognise_headers([word + unit])
        assert (word, recognised.assignments[0].target.name) == (word, field.name)
        assert recognised.ignored == ()


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
def test_a_measure_without_unit_is_refused_with_the_headers_that_would_do(read: Read, header: str, example: str):
    with pytest.raises(
        Undecided, match=f"(?s)column '{header}' does not say its unit.*{example}.*# .*column = \"{header}\", unit"
    ):
        read(f"parcel_id,{header}\nP-1,1\n")


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
    reading = read("parcel_id,note,note\nP-1,1,2\n")
    assert reading.parcels.height == 1
    assert len(reading.ignored) == 2


def test_columns_that_no_field_takes_up_are_named(read: Read):
    assert read("parcel_id,colour,stream\nP-1,17,letter\n").ignored == ("colour",)


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
    reading = read("parcel_id,piece_0_description,description\nP-1,1,tea\n")
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


# Headers as courier portals and customs brokers publish them: DHL and FedEx bulk shipment templates, air manifests.
COURIERS = {
    "air manifest": (
        "HAWB;MAWB;Shipper;Shipper Address;Shipper City;Shipper Country;Consignee;Consignee Address;Consignee City;"
        "Consignee Postcode;Consignee Country;Pcs;Weight (kg);Description of Goods;Customs Value (EUR);Made in",
        "H-1;M-1;Yida Co;Road 1;Shenzhen;CN;Ana Silva;Rua 3;Lisboa;1000-001;PT;2;1.5;usb cable;24.00;CN",
    ),
    "consignor and receiver": (
        "AWB No,Consignor Name,Consignor Street,Consignor Zip,Consignor Country Code,Receiver Name,Receiver Address 1,"
        "Receiver Address 2,Receiver Zip Code,Receiver Phone Number,Receiver Country,Number of Pieces,"
        "Gross Weight Kgs,Contents,Declared Value for Customs (USD),HS Tariff Number",
        "A-1,Yida Co,Road 1,518000,CN,Ana Silva,Rua 3,4 E,1000-001,+351 210 000 000,PT,2,1.5,usb cable,24,854442",
    ),
    "camel case": (
        "trackingNumber,shipperName,shipperCountryCode,recipientName,recipientPostalCode,recipientCountryCode,"
        "totalWeight,weightUnit,commodityDescription,commodityQuantity,customsValue,customsCurrency,hsCode",
        "T-1,Yida Co,CN,Ana Silva,1000-001,PT,1.5,KG,usb cable,2,24,USD,854442",
    ),
    "German": (
        "Sendungsnummer;Absender Name;Absender Straße;Absender PLZ;Absender Ort;Absender Land;Empfänger Name;"
        "Empfänger Straße;Empfänger Hausnummer;Empfänger PLZ;Empfänger Ort;Empfänger Land;Bruttogewicht (kg);"
        "Warenbezeichnung;Menge;Warenwert EUR;Zolltarifnummer;Ursprungsland",
        "S-1;Yida;Weg 1;518000;Shenzhen;CN;Ana Silva;Rua;3;1000-001;Lissabon;PT;1,5;USB-Kabel;2;24,00;85444210;CN",
    ),
    "addresses to and from": (
        "Parcel Number|Ship From Company|Ship From Country|Ship To Name|Ship To Street|Ship To Country|Weight (lb)|"
        "Item Description|Qty|Item Value (USD)",
        "P-1|Yida Co|CN|Ana Silva|Rua 3|PT|3.3|usb cable|2|24",
    ),
}


@pytest.mark.parametrize("name", COURIERS)
def test_headers_of_couriers_fill_parties_and_contents(read: Read, name: str):
    reading = read("\n".join(COURIERS[name]) + "\n")
    assert (reading.rejections, reading.ignored, reading.doubts) == ((), (), ())
    (parcel,) = reading.parcels.to_dicts()
    assert parcel["sender_name"].startswith("Yida")
    assert parcel["recipient_name"] == "Ana Silva"
    assert (parcel["sender_country"], parcel["recipient_country"]) == ("CN", "PT")
    assert parcel["pieces"][0]["description"].lower().replace("-", " ").startswith("usb")
    assert parcel["pieces"][0]["value_cents"] == 2_400
    if name != "camel case":  # the unit of each row is read from its own column
        assert parcel["gross_weight_g"] in (1_497, 1_500)


def test_a_house_bill_is_the_number_of_the_parcel_where_no_other_column_is(read: Read):
    (parcel,) = read("HAWB,MAWB\nH-1,M-1\n").parcels.to_dicts()
    assert (parcel["parcel_id"], parcel["house_bill"], parcel["master_bill"]) == ("H-1", "H-1", "M-1")
    (parcel,) = read("tracking no,AWB,HAWB\nT-1,A-1,H-1\n").parcels.to_dicts()
    assert (parcel["parcel_id"], parcel["house_bill"]) == ("T-1", "H-1")


def test_a_better_column_for_a_name_wins_wherever_it_stands(read: Read):
    for header, row in (("Shipper Company,Shipper Name", "Yida Co,Li"), ("Shipper Name,Shipper Company", "Li,Yida Co")):
        reading = read(f"parcel_id,{header}\nP-1,{row}\n")
        assert reading.parcels["sender_name"].to_list() == ["Li"]
        assert reading.ignored == ("Shipper Company",)


@pytest.mark.parametrize(
    ("header", "row", "says"),
    [
        ("price,qty", "1.5,3", "may be the value of one unit"),
        ("Unit Price (USD),qty", "1.5,3", "may be the value of one unit"),
        ("Gross Weight", "3", "does not say its unit"),
        ("Name,Country", "Ana,PT", "does not say whether it is the sender's or the recipient's"),
    ],
)
def test_what_may_mean_several_things_is_asked_with_a_proposal(read: Read, header: str, row: str, says: str):
    with pytest.raises(Undecided, match=says) as caught:
        read(f"Tracking No,{header}\nP-1,{row}\n")
    assert 'parcel_id = { column = "Tracking No" }' in caught.value.proposal
    assert "# decide: " in caught.value.proposal
    assert str(caught.value).startswith("manifest.csv: ")


@pytest.mark.parametrize(
    ("missing", "says"),
    [("sender_name", "the sender"), ("recipient_name", "the recipient"), ("hs_code", "the contents")],
)
def test_a_file_whose_parties_or_contents_nobody_recognises_is_not_screened_without_them(
    read: Read, missing: str, says: str
):
    names = ["parcel_id", "sender_name", "recipient_name", "hs_code"]
    header = ",".join("Rubrik 4" if name == missing else name for name in names)
    with pytest.raises(Undecided, match=rf"(?s)no column is known to hold {says}, and 1 columns.*Rubrik 4"):
        read(f"{header}\nP-1,Some words,Other words,Third words\n")
    assert read(f"{header}\nP-1,1,2,3\n".replace(",1,2,3", ",17,18,19")).n_rows == 1


def test_a_line_that_names_the_separator_is_obeyed(read: Read):
    reading = read("sep=;\nparcel_id;sender_name;weight_kg\nP-1;Mill, Lane & Co, Ltd, x;1.5\n")
    assert reading.parcels.select("line", "sender_name", "gross_weight_g").row(0) == (
        3,
        "Mill, Lane & Co, Ltd, x",
        1_500,
    )


def test_exponents_identify_nothing_and_formulas_that_kept_digits_are_unwrapped(read: Read):
    reading = read(
        'tracking_number,sender_phone\n9.40551E+21,1\n="9405501234567890123466",4.91701E+11\n1E4567,3\n12E4567,4\n'
    )
    assert [(one.line, one.code) for one in reading.rejections] == [(2, "exponent")]
    assert reading.parcels["parcel_id"].to_list() == ["9405501234567890123466", "1E4567", "12E4567"]
    assert [(one.line, one.field, one.code) for one in reading.doubts if one.code == "exponent"] == [
        (3, "sender_phone", "exponent")
    ]


def test_a_table_of_a_spreadsheet_abroad_is_read_with_what_was_guessed(read: Read):
    reading = read("item_id;sender_name;weight_kg;value_eur\nP-1;Jürgen Größl;0,850;1.024,50\n".encode("cp1252"))
    (parcel,) = reading.parcels.to_dicts()
    assert (parcel["sender_name"], parcel["gross_weight_g"]) == ("Jürgen Größl", 850)
    assert parcel["pieces"][0]["value_cents"] == 102_450
    assert [note.split(";")[0][:20] for note in reading.notes] == ["The file is not UTF-", "Commas were read as "]
