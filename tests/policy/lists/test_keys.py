"""Keys of entries are those of the parcels that they name."""

from __future__ import annotations

from typing import Any

import pytest

from features.identity import KEYS
from policy.lists import ListField
from policy.lists.keys import PARCEL_COLUMNS, Lack, marks_of, stated
from tests.builders import KEY, a_parcel, derived

PARTY = {"street": "Mill Lane", "postcode": "60601", "country": "US"}
WHERE = {"street": "Ring Road", "number": "7", "postcode": "10115", "city": "Berlin", "country": "DE"}
CASES: list[tuple[ListField, dict[str, Any], dict[str, Any], str]] = [
    (ListField.SENDER, {"name": "EXAMPLE trading, Limited", **PARTY}, {}, "sender_key"),
    (ListField.SENDER, {"name": "Trading Example", **PARTY, "street": "Elm Street"}, {}, "sender_loose_key"),
    (ListField.SENDER, {"tax_id": "12-345", "country": "US"}, {"sender_tax_id": "12345"}, "sender_key"),
    (ListField.SENDER, {"account": "K 77", "operator": "post-a"}, {"sender_account": "k77"}, "sender_key"),
    (ListField.RECIPIENT, {"name": "Muster Anna", **WHERE}, {}, "recipient_key"),
    (ListField.ADDRESS, {**WHERE, "street": "ring road 7", "number": None}, {}, "address_key"),
    (ListField.CONTACT, {"phone": "030 901820", "country": "DE"}, {"sender_phone": "+49 30 901820"}, "contact_key"),
    (ListField.CONTACT, {"email": "Me+x@firm.example"}, {"sender_email": "me@firm.example"}, "contact_key"),
    (ListField.ACCOUNT, {"account": "77", "operator": "post-a"}, {"recipient_account": "77"}, "recipient_key"),
    (ListField.NUMBER_BLOCK, {"parcel_id": "RB 473 124 999 US", "operator": "post-a"}, {}, "number_block_key"),
    (ListField.LANE, {"origin": "USORDA", "destination": "DEFRAA"}, {}, "lane_key"),
]


@pytest.mark.parametrize(("field", "given", "changes", "column"), CASES)
def test_an_entry_has_the_key_of_the_parcels_that_it_names(
    field: ListField, given: dict[str, Any], changes: dict[str, Any], column: str
) -> None:
    marks = marks_of(field, given, KEY)
    assert not isinstance(marks, Lack), marks
    key = derived(a_parcel(**changes))[column].item()
    assert key is not None
    assert (column, key) in {(mark.column, mark.key) for mark in marks}


@pytest.mark.parametrize("field", PARCEL_COLUMNS)
def test_a_key_as_text_is_the_same_key_again_and_belongs_to_its_field(field: ListField) -> None:
    for column, key in ((PARCEL_COLUMNS[field][0], -5), (PARCEL_COLUMNS[field][-1], 2**63 - 1)):
        (mark,) = marks_of(field, {"key": stated(column, key)}, KEY)
        assert (mark.column, mark.key) == (column, key)
    assert isinstance(marks_of(field, {"key": stated("office_key", 5)}, KEY), Lack)
    assert isinstance(marks_of(field, {"key": f"{PARCEL_COLUMNS[field][0]}:xyz"}, KEY), Lack)
    assert isinstance(marks_of(field, {"key": f"{PARCEL_COLUMNS[field][0]}:{'f' * 17}"}, KEY), Lack)


@pytest.mark.parametrize(
    ("field", "given", "lacking"),
    [
        (ListField.SENDER, {"name": "Li Wei"}, "street"),
        (ListField.SENDER, {"account": "77"}, "operator"),
        (ListField.SENDER, {}, "name"),
        (ListField.SENDER, {"account": "0000", "operator": "post-a"}, "name"),
        (ListField.ADDRESS, {"city": "Berlin"}, "street"),
        (ListField.CONTACT, {"phone": "12"}, "phone"),
        (ListField.CONTACT, {"email": "no-reply@shop.example"}, "email"),
        (ListField.CONTACT, {}, "phone"),
        (ListField.ACCOUNT, {"account": "77"}, "account"),
        (ListField.ACCOUNT, {"account": "none", "operator": "post-a"}, "account"),
        (ListField.NUMBER_BLOCK, {"parcel_id": "RB473124829US"}, "parcel_id"),
        (ListField.NUMBER_BLOCK, {"parcel_id": "ABC", "operator": "post-a"}, "parcel_id"),
        (ListField.LANE, {"origin": "CN"}, "origin"),
        (ListField.LOOK_ALIKE, {"words": "shoes"}, "key"),
        (ListField.DESCRIPTION, {"words": "a 1"}, "words"),
        (ListField.SENDER_NAME, {"name": "Li"}, "name"),
    ],
)
def test_what_identifies_nothing_is_said_with_its_field(field: ListField, given: dict[str, Any], lacking: str) -> None:
    found = marks_of(field, given, KEY)
    assert isinstance(found, Lack)
    assert found.field == lacking


def test_every_column_of_keys_exists() -> None:
    assert {column for columns in PARCEL_COLUMNS.values() for column in columns} <= set(KEYS)
