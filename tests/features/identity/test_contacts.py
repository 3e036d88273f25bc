from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from features.identity.contacts import e164, is_somebodys, mailbox

KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
FORMS = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
FEWEST_DIGITS = 5


def examples(country: str) -> list[phonenumbers.PhoneNumber]:
    """Example numbers of the metadata: a landline and a mobile."""
    numbers = [phonenumbers.example_number_for_type(country, kind) for kind in KINDS]
    return [one for one in numbers if one is not None and len(str(one.national_number)) >= FEWEST_DIGITS]


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS - {"KR"}))
def test_the_example_numbers_of_a_country_are_read_in_every_form(country: str):
    for number in examples(country):
        expected = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        written = [phonenumbers.format_number(number, form) for form in FORMS]
        assert {e164(one, country) for one in written} == {expected}
        assert e164(phonenumbers.format_out_of_country_calling_number(number, "FR"), "FR") == expected


@pytest.mark.parametrize(
    "made_up", ["010-2000-0000", "+82 1111 111111", "1234567", "987654321", "0", "", "12", "+", "()"]
)
def test_made_up_numbers_are_none(made_up: str):
    assert e164(made_up, "KR") is None


def test_the_party_s_country_decides_how_a_national_number_is_read():
    assert [e164("0664 1234567", country) for country in ("AT", "IT", None)] == [
        "+436641234567",
        "+3906641234567",
        None,
    ]


@pytest.mark.parametrize(
    ("written", "is_one"),
    [("J.Smith@example.org", True), ("anna1985@example.org", True), ("a1b2c3d4e5@example.org", False), ("x", False)],
)
def test_a_mailbox_that_a_machine_drew_is_nobody_s(written: str, is_one: bool):
    assert is_somebodys(mailbox(written)) is is_one
