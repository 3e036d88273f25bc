"""Whether two declarations under one number are one parcel, and whether a new parcel looks like one cancelled before.

A post may not use a number again within twelve months, and does. What changes both parties, or goods and weight, is no
amendment: it is another parcel, which keeps its own referral and outcome. Parties and goods are compared by their
entity keys, so a name that is spelled otherwise does not make another parcel; what one side leaves out differs from
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import RETURNED

SENDER = ("sender_key", "sender_loose_key", "contact_key")
RECIPIENT = ("recipient_key", "recipient_loose_key", "address_key")
GOODS = ("commodity_key", "wording_key")
WEIGHT = "gross_weight_g"
COMPARED = ("sender_key", "contact_key", "recipient_key", "address_key", *GOODS, WEIGHT)
"""Columns of a parcel event that are kept of a cancelled one, to be compared with those of another."""
_LEAST_G, _SHARE = 50, 5
Facts = Mapping[str, Any]


def is_another_parcel(before: Facts, now: Facts) -> bool:
    """Whether a declaration changes both parties, or goods and weight, of the one before under the same number."""
    return _has_other_parties(before, now) or (differs(before, now, GOODS) and weighs_otherwise(before, now))


def _has_other_parties(before: Facts, now: Facts) -> bool:
    """Whether both parties differ; a return on record has the keys of its first way, so it is compared by names."""
    if RETURNED not in (before.get(QUALITY_FLAGS) or ()):
        other = differs(before, now, SENDER) and differs(before, now, RECIPIENT)
        return other and _is_of_one_derivation(before, now)
    sender, recipient = "sender_name_key", "recipient_name_key"
    turned = ((before[sender], now[recipient]), (before[recipient], now[sender]))
    return all(None not in pair and pair[0] != pair[1] for pair in turned)


def looks_alike(before: Facts, now: Facts) -> bool:
    """Whether two of sender, recipient and goods agree, and the weight does not speak against it."""
    n_shared = sum(shares(before, now, names) for names in (SENDER, RECIPIENT, GOODS))
    return n_shared >= 2 and not weighs_otherwise(before, now)


def _compared(before: Facts, now: Facts, names: tuple[str, ...]) -> list[bool]:
    """For each key that both sides have, whether it is the same."""
    pairs = ((before.get(name), now.get(name)) for name in names)
    return [one == other for one, other in pairs if one is not None and other is not None]


def _is_of_one_derivation(before: Facts, now: Facts) -> bool:
    """Whether both have, or both lack, what events of derivation 1 have not: keys of parties differ between the two."""
    return all(
        (before.get(name) is None) == (now.get(name) is None) for name in ("sender_name_key", "recipient_name_key")
    )


def differs(before: Facts, now: Facts, names: tuple[str, ...]) -> bool:
    """Whether both sides have some of these keys, and none of them agrees."""
    agrees = _compared(before, now, names)
    return bool(agrees) and not any(agrees)


def shares(before: Facts, now: Facts, names: tuple[str, ...]) -> bool:
    """Whether one of these keys is the same on both sides."""
    return any(_compared(before, now, names))


def weighs_otherwise(before: Facts, now: Facts) -> bool:
    """Whether both are weighed, and differ by more than a fifth and 50 g."""
    one, other = before[WEIGHT], now[WEIGHT]
    return one is not None and other is not None and abs(one - other) > max(_LEAST_G, max(one, other) // _SHARE)
