"""Who and what a parcel is about without personal data: entity keys, and facts derived from personal text."""

from features.identity.derivation import (
    DERIVATION,
    DERIVED_SCHEMA,
    PERSONAL,
    derive,
    derived_row,
    derived_values,
    with_goods,
)
from features.identity.keys import KEYS, PARTY_KEYS, IdentityKey
from features.identity.names import name_of
from features.identity.texts import normalise, sorted_words

__all__ = [
    "DERIVATION",
    "DERIVED_SCHEMA",
    "KEYS",
    "PARTY_KEYS",
    "PERSONAL",
    "IdentityKey",
    "derive",
    "derived_row",
    "derived_values",
    "name_of",
    "normalise",
    "sorted_words",
    "with_goods",
]
