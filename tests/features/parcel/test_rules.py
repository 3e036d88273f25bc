from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from features.parcel.reference import shipped_reference
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import rules
from features.parcel.validation import validate_parcels
from tests.builders import MORNING, a_parcel, a_piece, parcel_table
from tests.features.parcel.test_flags import DOUBTFUL

BROKEN: dict[tuple[str, str], dict[str, Any]] = {
    **{("in_future", name): {name: MORNING + timedelta(days=900)} for name in ("lodged_at", "posted_at", "due_at")},
    **{("unknown_country", name): {name: "ZZ"} for name in ("sender_country", "recipient_country", "dispatch_country")},
    ("unknown_country", "origin_country"): {"pieces": [a_piece(), a_piece(origin_country="ZZ", net_weight_g=1)]},
    ("unknown_currency", "currency"): {"pieces": [a_piece(), a_piece(currency="XYZ", net_weight_g=1)]},
    ("unknown_currency", "postage_currency"): {"postage_currency": "XYZ"},
    ("unknown_currency", "insured_currency"): {"insured_currency": "XYZ"},
    ("hs_chapter", "hs_code"): {"pieces": [a_piece(hs_code="770000")]},
    ("mail_class", "mail_class"): {"mail_class": "X"},
    ("s10_country", "parcel_id"): {"parcel_id": "RB473124829ZZ"},
    ("service_indicator", "parcel_id"): {"parcel_id": "XX473124829US"},
    ("no_rate", "currency"): {"pieces": [a_piece(), a_piece(currency="TWD", net_weight_g=1)]},
    ("no_rate", "postage_currency"): {"postage_cents": 100, "postage_currency": "TWD"},
    ("no_rate", "insured_currency"): {"insured_value_cents": 100, "insured_currency": "TWD"},
    ("density_implausible", ""): {"length_mm": 25, "width_mm": 18, "height_mm": 4},
    ("value_per_kg_implausible", ""): {"pieces": [a_piece(), a_piece(net_weight_g=1, value_cents=12_000_00)]},
    ("minor_units", ""): {"pieces": [a_piece(), a_piece(currency="JPY", value_cents=1250, net_weight_g=1)]},
    ("phone_impossible", ""): {"sender_phone": "+999 12345678"},
    ("postcode_form", "sender_postcode"): {"sender_postcode": "1011"},
    ("postcode_form", "recipient_postcode"): {"recipient_postcode": "SW1A 1AA"},
    **{(code, ""): changes for code, changes in DOUBTFUL.items()},
}


@pytest.mark.parametrize("rule", rules(shipped_reference()), ids=lambda rule: f"{rule.code}-{rule.field}")
def test_every_rule_is_broken_by_its_own_case_and_alone(rule: ValidationRule) -> None:
    rows = [a_parcel(parcel_id="JD-0146"), a_parcel(**BROKEN[rule.code, rule.field])]
    accepted = validate_parcels(parcel_table(rows), at=MORNING, reference=shipped_reference())
    flags = accepted.rows["quality_flags"].to_list()
    if rule.severity is not Severity.FLAG:
        (remark,) = (*accepted.rejections, *accepted.doubts)
        assert (remark.line, remark.code) == (2, rule.code)
        assert remark.field == (f"piece_2.{rule.field}" if rule.in_pieces else rule.field)
        assert (rule.severity is Severity.REJECT) == (accepted.rows.height == 1) == (rule.field == "lodged_at")
        assert flags[1:] in ([], [["value_dropped"]], [["value_dropped", "no_rate"]])
    else:
        assert accepted.rejections == ()
        assert flags == [[], [rule.code]]


def test_no_rule_is_missing() -> None:
    assert {(rule.code, rule.field) for rule in rules(shipped_reference())} == set(BROKEN)


@pytest.mark.parametrize(("code", "flags"), [("847700", []), ("778400", ["hs_chapter"])])
def test_the_chapter_is_the_first_two_digits(code: str, flags: list[str]) -> None:
    rows = parcel_table([a_parcel(pieces=[a_piece(hs_code=code)])])
    accepted = validate_parcels(rows, at=MORNING, reference=shipped_reference())
    assert accepted.rows["quality_flags"].to_list() == [flags]


def test_every_rule_has_words() -> None:
    for rule in rules(shipped_reference()):
        assert rule.says.endswith(".")
        assert rule.remedy.endswith(".")
        assert rule.example


@pytest.mark.parametrize(
    "phone",
    [
        "+49 30 1234567",
        "0049301234567",
        "030 1234567",
        "(212) 555-0100",
        "+86 138 0013 8000",
        "+1-202-555-0147",
        "12345",
    ],
)
def test_phones_that_exist_are_not_doubted(phone: str) -> None:
    accepted = validate_parcels(
        parcel_table([a_parcel(recipient_phone=phone)]), at=MORNING, reference=shipped_reference()
    )
    assert accepted.rows["quality_flags"].to_list() == [[]]


@pytest.mark.parametrize("phone", ["1", "+0 123 4567", "+49", "call my sister", "+4930123456789012345"])
def test_phones_that_cannot_exist_are_doubted(phone: str) -> None:
    accepted = validate_parcels(
        parcel_table([a_parcel(recipient_phone=phone)]), at=MORNING, reference=shipped_reference()
    )
    assert accepted.rows["quality_flags"].to_list() == [["phone_impossible"]]


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("GB", "SW1A 1AA"),
        ("GB", "gir 0aa"),  # the one exception of the Cabinet Office's government data standards catalogue
        ("NL", "1012 JS"),
        ("US", "10001-1234"),
        ("PL", "00-950"),
        ("JP", "100-0001"),
        ("HK", "999077"),
    ],
)
def test_postcodes_of_the_world_are_not_doubted(country: str, postcode: str) -> None:
    changed = a_parcel(recipient_country=country, recipient_postcode=postcode)
    assert validate_parcels(parcel_table([changed]), at=MORNING, reference=shipped_reference()).rows[
        "quality_flags"
    ].to_list() == [[]]


def test_texts_are_put_on_one_line_and_empty_ones_are_null() -> None:
    row = a_parcel(sender_name=" Anna\r\n\tMuster ", sender_street="  ", pieces=[a_piece(description="\ttea\npot ")])
    tidy = validate_parcels(parcel_table([row]), at=MORNING, reference=shipped_reference()).rows.to_dicts()[0]
    assert (tidy["sender_name"], tidy["sender_street"]) == ("Anna Muster", None)
    assert tidy["pieces"][0]["description"] == "tea pot"
