"""What is made of a row without asking the store: a keyed digest that tells repetitions, and its derived values.

It imports little, because the process that reads a large file makes them, too.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic_core import to_json

from features.event_rows import Row
from features.parcel.fields import CATEGORY_FIELDS
from features.parcel.schema import PARCEL_SCHEMA, TIME


class Derived(NamedTuple):
    """What was made of a row: `content_of` it, and `features.identity.derived_values` of it."""

    content: str
    values: Sequence[Any]


_ENVELOPE = ("manifest_id", "version", "function", "lodged_at")
"""What a message says of itself: a parcel sent again in another message is the same parcel."""
_ADDED = (*(field.name for field in CATEGORY_FIELDS), "tax_rate_bp")
"""Fields that digests of earlier versions do not know: they count where they are given."""
_FACTS = tuple(name for name in PARCEL_SCHEMA if name not in (*_ENVELOPE, *_ADDED))
_TIMES = tuple(name for name in _FACTS if PARCEL_SCHEMA[name] == TIME)
_FACTS_OF, _ADDED_OF = itemgetter(*_FACTS), itemgetter(*_ADDED)


def content_of(row: Row, key: bytes) -> str:
    """Keyed digest of a row: tells a repetition from other facts without keeping personal data."""
    facts = dict(zip(_FACTS, _FACTS_OF(row), strict=True))
    for name in _TIMES:
        if facts[name] is not None:
            facts[name] = _written(facts[name])
    facts.update((name, value) for name, value in zip(_ADDED, _ADDED_OF(row), strict=True) if value is not None)
    return hmac.digest(key, to_json(facts), "sha256")[:16].hex()


def _written(at: datetime) -> str:
    # Digests are compared with those of earlier versions, which wrote times so.
    return at.isoformat(timespec="milliseconds" if at.microsecond % 1000 == 0 < at.microsecond else "auto")
