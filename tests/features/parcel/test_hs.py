from __future__ import annotations

import pytest

from features.parcel.hs import read_hs


@pytest.mark.parametrize(
    ("text", "code", "flag"),
    [
        # As the tariffs themselves write: WCO 8471.30, United States 8471.30.0100, India 8471 30 10.
        ("8471.30", "847130", None),
        ("8471.30.0100", "8471300100", None),
        ("8471 30 10", "84713010", None),
        ("8471-30-00-00", "8471300000", None),
        ("84.71.3001", "84713001", None),
        ("HS 847130", "847130", None),
        ("HTS: 8471.30.0100", "8471300100", None),
        ("８４７１３０", "847130", None),
        ("847130.0", "847130", None),
        ("8471", "8471", None),
        # Japan gives nine digits, in groups: 8471.30-000 (Customs tariff statistical codes).
        ("8471.30-000", "847130", "value_changed"),
        ("8471.3", "8471", "value_changed"),
        # A spreadsheet drops the zero of chapters 01 to 09.
        ("3045100", "03045100", "hs_zero_restored"),
        ("304510000", "0304510000", "hs_zero_restored"),
        ("30451", "030451", "hs_zero_restored"),
        ("304", "0304", "hs_zero_restored"),
        # Turkey has twelve digits (GTIP), China thirteen with the inspection code.
        ("847130000011", "8471300000", "text_cut"),
        ("8471300000999", "8471300000", "text_cut"),
        ("847130,847141", "847130", "repeated"),
        ("8471,8517", "8471", "repeated"),
        # A point where decimals have commas.
        ("8471,30", "847130", None),
        ("8471,30,01", "84713001", None),
        ("847130 / 847141 / 847149", "847130", "repeated"),
        ("610910 (T-shirts)", "610910", "value_changed"),
        ("6109.10 - T-shirts, cotton", "610910", "value_changed"),
        ("HS 6109: shirts", "6109", "value_changed"),
        ("901.21 coffee", "090121", "hs_zero_restored"),
    ],
)
def test_a_code_is_read_as_forms_and_spreadsheets_write_it(text: str, code: str, flag: str | None):
    reading = read_hs(text)
    assert (reading.code, reading.flag) == (code, flag)
    assert bool(reading.reason) == (flag is not None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "books",
        "84",
        "8",
        "8471O30",
        "6.10910E+05",
        "000",
        "12345a",
        "0123456",
        ",;",
        "1000 pcs",
        "12 pcs",
        "cotton 610910",
    ],
)
def test_what_is_no_code_is_not_read(text: str):
    assert read_hs(text).code is None
