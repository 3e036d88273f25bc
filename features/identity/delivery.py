"""Where a parcel goes: the text that is hashed into the key of its address, and facts that are not personal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from features.identity.keys import IdentityKey
from features.identity.streets import address_of
from features.identity.texts import is_in_word, normalise

PARTS = ("name", "street", "number", "additional", "po_box", "postcode", "city", "country")
"""Fields of the recipient that `delivery` reads, without the role in front."""
_LOCKERS = r"\b(packstation|paczkomat|locker|inpost|parcel ?box|punto poste|relais|pickup|pick up|paketbox|smartpost)\b"
_LOCKER = re.compile(_LOCKERS)
_NUMBERED_LOCKER = re.compile(rf"{_LOCKERS} *(?:nr|no|number)? *([0-9a-z]*[0-9][0-9a-z]*)")
_LODGING = re.compile(
    r"\b(hotel|hostel|motel|pension|guest ?house|airbnb|apartments?|boarding ?house|coworking|virtual office)\b"
)
# First words of all of these: most addresses hold none, and looking for words is cheaper than looking for patterns.
_FIRST = (
    "packstation paczkomat locker inpost parcel parcelbox punto relais pickup pick paketbox smartpost hotel hostel "
    "motel pension guest guesthouse airbnb apartment apartments boarding boardinghouse coworking virtual"
)
_FIRST_WORDS = frozenset(_FIRST.split())
_CARE_OF = re.compile(r"c/o|c\.o\.|care of|bei|zhv|t\.a\.v\.")


class DeliveryFacts(NamedTuple):
    """Facts of a recipient's address, in the order of their columns."""

    is_po_box: bool
    is_locker: bool
    is_care_of: bool
    is_lodging: bool


class Delivery(NamedTuple):
    """What may be kept of an address; there is no key where neither a street nor a box is given."""

    key: int | None
    facts: DeliveryFacts


def delivery(row: Mapping[str, Any], key: IdentityKey) -> Delivery:
    """Address to which a parcel goes."""
    return _delivery(key, _given(row))


_given = itemgetter(*(f"recipient_{part}" for part in PARTS))


@lru_cache(maxsize=20_000)
def _delivery(key: IdentityKey, given: tuple[str | None, ...]) -> Delivery:
    name, street, number, additional = [normalise(part) for part in given[:4]]
    address = address_of(*given[1:])
    where = f"{name} {street} {additional}"
    is_special = not _FIRST_WORDS.isdisjoint(f"{where} {number}".split())
    locker = _locker_text(f"{street} {number} {additional}") if is_special else None
    facts = DeliveryFacts(
        is_po_box=address.has_box,
        is_locker=is_special and _LOCKER.search(where) is not None,
        is_care_of=_is_care_of(f"{given[0] or ''}\n{given[1] or ''}\n{given[3] or ''}".lower()),
        is_lodging=is_special and _LODGING.search(where) is not None,
    )
    text = f"{locker}|{address.where}" if locker else address.text
    return Delivery(key.of("address", None if text is None else f"{text}|{given[-1] or ''}"), facts)


def _locker_text(where: str) -> str | None:
    """A locker by its number, whatever else the address says; None where it has no number."""
    first = _LOCKER.search(where)
    numbered = _NUMBERED_LOCKER.search(where) if first else None
    return f"locker|{first[1]}|{numbered[2]}" if first and numbered else None


def _is_care_of(lines: str) -> bool:
    """Whether somebody else takes the parcel for the recipient: one of the marks as a word of its own."""
    return _CARE_OF.search(lines) is not None and any(
        not (found.start() and is_in_word(lines[found.start() - 1]))
        and not (found.end() < len(lines) and is_in_word(lines[found.end()]))
        for found in _CARE_OF.finditer(lines)
    )
