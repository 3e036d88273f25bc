"""Parcels of a request: texts that are looked at together give what each gives by itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from serving.api.schemas import Parcel, parcel_facts
from tests.serving.api.test_parcels import EXAMPLE

TEXTS = (
    *("", " ", "n/a", "--", "0", "\x07", "a\nb", "\ud800", "a\u00adb", "\u200b", " two  blanks ", "Žluťoučký"),
    None,
)


def _read(item: Any) -> dict[str, Any] | list[str]:
    try:
        return Parcel.model_validate(item).model_dump()
    except ValidationError as error:
        return [f"{one['loc']} {one['type']}" for one in error.errors()]


@pytest.mark.parametrize("field", ["parcel_id", "sender_name", "recipient_street", "recipient_email", "mail_class"])
def test_texts_together_are_read_as_each_by_itself(field: str) -> None:
    for text in TEXTS:
        of_parcel = {**EXAMPLE, field: text}
        of_piece = {**EXAMPLE, "pieces": [{"description": "tea"}, {"description": text, "hs_code": text}]}
        for item in (of_parcel, of_piece):
            expected = _read(item)
            try:
                assert parcel_facts(item) == expected
            except ValidationError as error:
                assert [f"{one['loc']} {one['type']}" for one in error.errors()] == expected


@pytest.mark.parametrize("item", [None, [], "A", {}, {"parcel_id": "A", "colour": "red"}])
def test_what_is_no_parcel_is_refused_as_before(item: object) -> None:
    with pytest.raises(ValidationError):
        parcel_facts(item)
