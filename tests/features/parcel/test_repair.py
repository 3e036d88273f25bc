from __future__ import annotations

from typing import Any

import pytest

from features.parcel.checking import checked_row
from features.parcel.reference import shipped_reference
from tests.builders import MORNING, a_parcel, a_piece


def used(**changes: Any) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    """Values that are used of a parcel with changes, what is doubted, and the flags."""
    checked = checked_row(a_parcel(**changes), reference=shipped_reference(), at=MORNING)
    assert checked.row is not None
    assert checked.rejections == ()
    return checked.row, [(one.field, one.code) for one in checked.doubts], checked.row["quality_flags"]


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("gb", "GB", None),
        (" Gb ", "GB", None),
        ("ＤＥ", "DE", None),
        ("UK", "GB", "value_changed"),  # European Commission, Interinstitutional style guide 7.1.1
        ("EL", "GR", "value_changed"),
        ("XI", "GB", "value_changed"),  # Union customs data model, code list of countries
        ("XKX", "XK", "value_changed"),
        ("DEU", "DE", "value_changed"),  # ISO 3166-1 alpha-3
        ("United Kingdom", "GB", "value_changed"),
        ("Großbritannien und", None, "malformed"),
        ("Deutschland", "DE", "value_changed"),
        ("中国", "CN", "value_changed"),
        ("Россия", "RU", "value_changed"),
        ("The Netherlands", "NL", "value_changed"),
        ("EU", None, "unknown_country"),
        ("ZZ", None, "unknown_country"),
        ("Atlantis", None, "malformed"),
        ("n/a", None, "placeholder"),
    ],
)
def test_countries_are_read_as_they_are_spelled(text: str, country: str | None, code: str | None):
    row, doubts, flags = used(dispatch_country=text)
    assert row["dispatch_country"] == country
    assert doubts == ([] if code is None else [("dispatch_country", code)])
    kind = code if code in ("value_changed", "placeholder") else "value_dropped"
    assert flags == ([] if code is None else [kind])


@pytest.mark.parametrize(
    ("text", "country"),
    [
        *(("276", "DE"), ("840", "US"), ("Niemcy", "DE"), ("ドイツ", "DE"), ("Estados Unidos", "US"), ("Włochy", "IT")),
        *(("Hong Kong SAR", "HK"), ("Hong Kong SAR China", "HK"), ("HONG KONG, CHINA", "HK"), ("Macau S.A.R.", "MO")),
        *(("Korea, Republic of", "KR"), ("Korea (Republic of)", "KR"), ("Iran (Islamic Republic of)", "IR")),
        *(("Korea (Democratic People's Republic of)", "KP"), ("Congo, Democratic Republic of the", "CD")),
        *(("Taiwan, Province of China", "TW"), ("Republic of China", "TW"), ("People's Republic of China", "CN")),
        *(("CHINA PR", "CN"), ("China, Peoples Republic", "CN"), ("Moldova, Republic of", "MD"), ("TÜRKİYE", "TR")),
        *(("DE - Germany", "DE"), ("Germany (DE)", "DE"), ("Belgique/België", "BE"), ("Deutschland (Germany)", "DE")),
        *(("UNITED KINGDOM (GREAT BRITAIN)", "GB"), ("Netherlands, The", "NL"), ("Kingdom of the Netherlands", "NL")),
        *(("Trinidad & Tobago", "TT"), ("Slovak Republic", "SK"), ("Russian Fed.", "RU"), ("Macedonia, FYR", "MK")),
        *(("Dominican Republic", "DO"), ("Northern Ireland", "GB"), ("Federal Republic of Germany", "DE")),
    ],
)
def test_countries_are_read_by_name_however_it_is_turned_and_by_number(text: str, country: str):
    assert used(dispatch_country=text)[0]["dispatch_country"] == country


@pytest.mark.parametrize(
    "text", ["Korea (North/South)", "Germany/France", "Congo (River)", "Republic", "999", "8", "Guinea X"]
)
def test_names_of_several_countries_or_of_none_are_not_guessed(text: str):
    assert used(dispatch_country=text)[0]["dispatch_country"] is None


@pytest.mark.parametrize(
    ("text", "currency", "codes"),
    [
        ("eur", "EUR", []),
        ("RMB", "CNY", ["value_changed"]),
        ("€", "EUR", ["value_changed"]),
        ("US$", "USD", ["value_changed"]),
        ("$", "XXX", ["malformed"]),
        ("XYZ", "XXX", ["unknown_currency"]),
        ("Taler", "XXX", ["malformed"]),
        ("n/a", None, ["placeholder"]),
    ],
)
def test_a_currency_that_cannot_be_read_is_never_taken_for_euro(text: str, currency: str | None, codes: list[str]):
    row, doubts, flags = used(pieces=[a_piece(currency=text)])
    assert row["pieces"][0]["currency"] == currency
    assert row["pieces"][0]["value_cents"] == 2400
    assert doubts == [("piece_1.currency", code) for code in codes]
    assert ("no_rate" in flags) == (currency == "XXX")


@pytest.mark.parametrize(
    ("field", "given", "kept", "code"),
    [
        ("recipient_city", "x" * 36, "x" * 35, "text_cut"),
        ("sender_name", "Anna " * 20, ("Anna " * 14).strip(), "text_cut"),
        ("sender_email", "a" * 250 + "@x.org", None, "too_long"),
        ("sender_account", "7" * 71, None, "too_long"),
        ("house_bill", "7" * 71, None, "too_long"),
        ("mail_class", "parcel", None, "too_long"),
        ("sender_name", "Anna\x00 Muster", "Anna Muster", "value_changed"),
        ("sender_phone", "-", None, "placeholder"),
        ("sender_street", "UNKNOWN", None, "placeholder"),
        ("sender_postcode", "00000", None, "placeholder"),
        ("sender_tax_id", "xxx", None, "placeholder"),
        ("category", "Sale", "sale", None),
        ("stream", "EMS", "ems", None),
        ("category", "cheese", None, "unknown_choice"),
        ("function", "destroy", None, "unknown_choice"),
        ("gross_weight_g", 0, None, "range"),
        ("gross_weight_g", -340, None, "range"),
        ("length_mm", 0, None, "range"),
        ("version", 0, None, "range"),
        ("extra_1", "0", "0", None),
        ("extra_1", "Anna Muster", None, "malformed"),
    ],
)
def test_a_value_is_read_cut_or_dropped_and_told(field: str, given: Any, kept: Any, code: str | None):
    row, doubts, _ = used(**{field: given})
    assert row[field] == kept
    assert doubts == ([] if code is None else [(field, code)])


@pytest.mark.parametrize("text", ["Null", "Na", "Test Ltd", "0815 Handel", "None Such", "X"])
def test_names_that_only_look_like_nothing_are_kept(text: str):
    expected = None if text == "Null" else text
    assert used(sender_name=text)[0]["sender_name"] == expected


@pytest.mark.parametrize("blank", [None, "", "  ", "\u00a0"])
def test_what_is_left_out_null_or_empty_is_the_same_and_no_doubt(blank: str | None):
    row, doubts, flags = used(sender_phone=blank, pieces=[a_piece(origin_country=blank)])
    assert (row["sender_phone"], row["pieces"][0]["origin_country"], doubts, flags) == (None, None, [], [])


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"length_mm": 25, "width_mm": 18, "height_mm": 4}, "density_implausible"),  # centimetres as millimetres
        ({"length_mm": 2_500, "width_mm": 1_800, "height_mm": 400}, "density_implausible"),  # the other way
        ({"pieces": [a_piece(net_weight_g=1, value_cents=1_000_000)]}, "value_per_kg_implausible"),
        ({"pieces": [a_piece(net_weight_g=300, value_cents=12_500_000, currency="IDR")]}, None),
        ({"pieces": [a_piece(value_cents=1_250, currency="JPY")]}, "minor_units"),
        ({"pieces": [a_piece(value_cents=125_000, currency="JPY")]}, None),
        ({"pieces": [a_piece(value_cents=100_000, currency="TWD")]}, "no_rate"),
        ({"postage_cents": 100, "postage_currency": "TWD"}, "no_rate"),
        ({"pieces": [a_piece(value_cents=125_000, currency="KWD")]}, "no_rate"),
        ({"pieces": [a_piece(value_cents=125_000, currency="AED")]}, None),
        ({"length_mm": 250, "width_mm": 180, "height_mm": 40}, None),
        ({"pieces": [a_piece(net_weight_g=2, value_cents=300_000, hs_code="710239")]}, None),
    ],
)
def test_slips_of_units_are_marked_and_no_value_is_changed(changes: dict[str, Any], flag: str | None):
    row, doubts, flags = used(**changes)
    assert doubts == []
    assert [one for one in flags if one != "minor_units" or flag == one] == ([] if flag is None else [flag])
    assert all(row[name] == value for name, value in changes.items() if name != "pieces")
