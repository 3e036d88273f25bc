"""Texts and rows as strange as manifests get: many scripts, marks, blanks, odd phones, numbers and mailboxes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from tests.builders import MORNING

_ALPHABET = (
    "abcXYZ 0129 äßÉŁ АВеоухҚ ΑΒΣς 李伟 عر हिन् ไท 한 \u0300\u0301\u0310\u20dd \u200b\u200c\u200d\u202e\ufeff\u00ad"
    "\t\n\r\v\x1c\x85\xa0\u2003\u3000 .,-+/()@&'_‿²½Ⅷⓐ٣ﬀſıİ𝒜🎉"
)
_PHRASES = (
    *(
        "Anna Muster",
        "Li Wei GmbH",
        "Sp. z o.o.",
        "LTD",
        "P\u0430ul",
        "ΟΔΟΣ",
        "-",
        "...",
        "Packstation nr. 101",
        "Hotel",
    ),
    *(
        "parcel box 7",
        "Parcelbox",
        "pick up 5b",
        "punto poste",
        "Guest House",
        "apartments",
        "virtual office",
        "c/o Li",
    ),
    *(
        "bei Anna",
        "ebei",
        "bei\u0301",
        "²bei",
        "T.A.V.",
        "c.o.",
        "Care Of",
        "z.H.v",
        "+49 (0)30 123456",
        "0049 30 12345",
    ),
    *("030/123 45", "+999 123", "12", "a.b+c@GoogleMail.com", "@googlemail.x", "anna@gmx.de", "muster@example.org"),
    *("610910", "7700000000", "10115", "SW1A 1AA", "RB473124829US", "rb 473124829 us", "JD0012345", "ABC-12"),
)
texts = st.one_of(
    st.sampled_from(_PHRASES),
    st.text(_ALPHABET, max_size=12),
    st.lists(st.one_of(st.sampled_from(_PHRASES), st.text(_ALPHABET, max_size=4)), max_size=3).map(" ".join),
)
_CODES = {
    "country": ("DE", "US", "CN", "KZ", "ZZ"),
    "currency": ("EUR", "USD", "JPY", "XYZ"),
    "hs_code": ("610910", "6109900010", "770000", "300490"),
}


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.kind is Kind.INTEGER:
        low, high = int(field.minimum or 0), int(field.maximum or 0)
        return st.one_of(st.integers(low, high), st.integers(low, min(high, low + 2_000)), st.just(high))
    if field.kind is Kind.TIME:
        return st.integers(-300_000, 300_000).map(lambda seconds: MORNING + timedelta(seconds=seconds))
    codes = next((codes for ending, codes in _CODES.items() if field.name.endswith(ending)), field.choices)
    return st.one_of(st.sampled_from(codes), texts) if codes else texts


def _records(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({field.name: st.one_of(st.none(), _values(field)) for field in fields})


pieces = _records(PIECE_FIELDS)
parcels = st.builds(
    lambda parcel, inside: parcel | {"pieces": inside},
    _records(PARCEL_FIELDS),
    st.one_of(st.none(), st.lists(pieces, max_size=4)),
)
"""Records as a careless operator may send them; every value has the type of its field."""
