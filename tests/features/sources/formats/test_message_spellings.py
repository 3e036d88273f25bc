"""Messages as posts write them in practice, where their meaning is plain: decimal commas, units, words for codes."""

from __future__ import annotations

import io

import pytest

from features.parcel.reference import shipped_reference
from features.sources.reading import Reading, joined, read_parcels
from features.sources.registry import adapter_named, recognise
from tests.builders import a_parcel, parcel_table


def message(format_name: str, **changes: object) -> str:
    file = io.BytesIO()
    adapter_named(format_name).write(parcel_table([a_parcel(**changes)]), file)
    return file.getvalue().decode()


def read(format_name: str, data: str | bytes) -> Reading:
    content = data.encode() if isinstance(data, str) else data
    return joined(list(read_parcels(adapter_named(format_name), io.BytesIO(content), reference=shipped_reference())))


def measures(reading: Reading) -> tuple[object, object, object]:
    (row,) = reading.parcels.rows(named=True)
    (piece,) = row["pieces"]
    return row["gross_weight_g"], piece["value_cents"], piece["currency"]


@pytest.mark.parametrize(("weight", "value"), [("0,340", "24,00"), ("0,34", "24,0"), (",34", "24"), ("0.340", "24.00")])
@pytest.mark.parametrize("format_name", ["itmatt", "cusitm"])
def test_a_comma_that_can_only_be_decimal_is(format_name: str, weight: str, value: str) -> None:
    said = message(format_name).replace("0.340", weight).replace("24.00", value)
    assert measures(read(format_name, said)) == (340, 2400, "EUR")


def test_a_comma_that_may_stand_for_thousands_is_not_guessed() -> None:
    reading = read("itmatt", message("itmatt").replace("0.340", "1,800").replace("24.00", "1,024.00"))
    assert measures(reading) == (None, 102_400, "EUR")
    assert {(one.field, one.code) for one in reading.doubts} >= {("gross_weight_g", "unreadable")}


@pytest.mark.parametrize(
    ("unit", "weight"), [('unit="G"', "340"), ('unitCode="GRM"', "340"), ('uom="kg"', "0.34"), ('unit="LBR"', "0.75")]
)
def test_a_unit_that_an_element_gives_itself_counts(unit: str, weight: str) -> None:
    said = message("itmatt").replace("<GrossWeight>0.340", f"<GrossWeight {unit}>{weight}")
    assert measures(read("itmatt", said))[0] in (340, 341)


def test_a_currency_that_an_amount_gives_itself_counts() -> None:
    said = message("itmatt").replace("<Value>24.00", '<Value currencyID="USD">24.00')
    assert measures(read("itmatt", said.replace("<Currency>EUR</Currency>", "")))[2] == "USD"


@pytest.mark.parametrize("words", ["Gift", "gift", "GIFT"])
def test_a_word_for_a_code_is_understood(words: str) -> None:
    said = message("itmatt").replace("<CategoryCode>11<", f"<CategoryCode>{words}<")
    assert read("itmatt", said).parcels["category"].to_list() == ["gift"]


def test_another_code_is_not() -> None:
    said = message("itmatt").replace("<CategoryCode>11<", "<CategoryCode>12<")
    assert read("itmatt", said).parcels["category"].to_list() == [None]


@pytest.mark.parametrize("version", ["1.5", "1.5.1", "1.6"])
def test_a_version_behind_the_one_that_is_known_is_read_as_it(version: str) -> None:
    assert recognise("", message("itmatt").replace('version="1.5"', f'version="{version}"').encode()).name == "itmatt"


def test_xml_in_two_bytes_a_character_is_xml() -> None:
    said = message("itmatt").replace("UTF-8", "UTF-16").encode("utf-16")
    assert recognise("", said).name == "itmatt"
    assert measures(read("itmatt", said)) == (340, 2400, "EUR")


def contents(reading: Reading) -> str:
    return str(reading.parcels["pieces"].to_list()[0][0]["description"])


def test_components_of_a_text_are_words_and_a_full_one_goes_on() -> None:
    plain, whole = "FTX+AAA+++cotton t-shirt'", f"{'x' * 69}yz and more"
    assert contents(read("cusitm", message("cusitm").replace(plain, "FTX+AAA+++cotton:t-shirt:blue'"))) == (
        "cotton t-shirt blue"
    )
    split = message("cusitm").replace(plain, f"FTX+AAA+++{whole[:70]}:{whole[70:]}'")
    assert contents(read("cusitm", split)) == whole
