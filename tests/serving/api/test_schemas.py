"""Parcels of a request: texts that are looked at together give what each gives by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from serving.api.schemas import Parcel, parcel_facts
from tests.serving.api.test_parcels import EXAMPLE

TEXTS = (None, "", " ", "n/a", "--", "0", "\x07", "a\nb", "\ud800", "a\u00adb", "\u200b", " two  blanks ", "Žluťoučký")


def _read(read: Callable[[Any], dict[str, Any]], item: Any) -> dict[str, Any] | None:
    try:
        return read(item)
    except ValidationError:  # its words are not used: the item is read as any document is
        return None


def _one_by_one(item: Any) -> dict[str, Any]:
    return Parcel.model_validate(item).model_dump()


@pytest.mark.parametrize("field", ["parcel_id", "sender_name", "recipient_street", "recipient_email", "mail_class"])
def test_texts_together_are_read_as_each_by_itself(field: str) -> None:
    for text in TEXTS:
        of_parcel = {**EXAMPLE, field: text}
        of_piece = {**EXAMPLE, "pieces": [{"description": "tea"}, {"description": text, "hs_code": text}]}
        for item in (of_parcel, of_piece):
            assert _read(parcel_facts, item) == _read(_one_by_one, item), text


@pytest.mark.parametrize("item", [None, [], "A", {}, {"parcel_id": "A", "colour": "red"}])
def test_what_is_no_parcel_is_refused_as_before(item: object) -> None:
    with pytest.raises(ValidationError):
        parcel_facts(item)
