"""Whether a new parcel is the goods of one on record: on the way back, sent on, or declared by a second client.

The same number is not enough: couriers number as they like. What is stated decides, and nothing is guessed; where it
does not suffice the parcel counts by itself, as any other.

- *Returned*: sender and recipient have changed places, by name; or the category says that the goods are returned and
  they are sent back to the country that they came from.
- *Redirected*: the sender is the same, and it is sent from the country that it was sent to before.
- *Declared again*: another client, the same sender or the same recipient, and an S10 number, which only one item bears;
  with any other number two of sender, recipient and goods agree.

A linked parcel is scored and decided on by itself, and history reads for it, but counts only the first. A returned
parcel has the sender and the recipient of the first: who sends back what came to him is no sender.

Which way is the first is not always the one that was declared first: where what came later says that the goods went
that way before, the parcel on record is linked to it instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from features.event_rows import Row, first_at, parcel_row, restated_row, retraction_row
from features.identity import PARTY_KEYS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import (
    DECLARED_AGAIN,
    NUMBER_REUSED,
    OF_OTHERS,
    OTHER_GOODS,
    OTHER_PARTIES,
    OTHER_VALUE,
    OTHER_WEIGHT,
    REDIRECTED,
    RETURNED,
    SAME_GOODS,
)
from features.parcel.s10 import is_s10
from serving.office.reuse import GOODS, RECIPIENT, SENDER, differs, looks_alike, shares, weighs_otherwise

_OTHER_WAYS = (RETURNED, REDIRECTED)
_VALUE = "declared_value_eur_cents"
_LEAST_CENTS, _SHARE = 100, 20
Facts = Mapping[str, Any]


def is_linked(event: Facts) -> bool:
    """Whether a parcel is the goods of another one."""
    return not set(SAME_GOODS).isdisjoint(event[QUALITY_FLAGS] or ())


def first_of(facts: Facts, earlier: Iterable[Row], later: Iterable[Row] = ()) -> tuple[str, Row] | None:
    """How a parcel is linked, and to which of those under its number, given oldest first.

    To one that was on record before it, unless its own way is the first; to one that was declared later where that
    says that it went first.
    """
    for other in earlier:
        how = None if is_linked(other) or was_sent_first(other, facts) else link_of(other, facts)
        if how is not None:
            return how, other
    for other in later:
        if not is_linked(other) and was_sent_first(facts, other):
            return str(link_of(other, facts)), other
    return None


def was_sent_first(before: Facts, now: Facts) -> bool:
    """Whether what was declared later is the first way of the goods: what is on record is its return or redirection.

    Where both ways fit, that only one of them is declared as a return decides, then when each was posted; where
    nothing does, the one that was declared first is the first.
    """
    back = link_of(now, before)
    if back not in _OTHER_WAYS:
        return False
    if link_of(before, now) != back:
        return True
    is_return, was_return = now["category"] == "returned", before["category"] == "returned"
    if is_return != was_return:
        return bool(was_return)
    posted = now["posted_at"], before["posted_at"]
    return None not in posted and posted[0] < posted[1]


def link_of(before: Facts, now: Facts) -> str | None:
    """Flag that says how a parcel is the same goods as the one before under its number; None where it is not."""
    if _is_returned(before, now):
        return RETURNED
    if before["operator"] == now["operator"] or (differs(before, now, SENDER) and differs(before, now, RECIPIENT)):
        return None
    if shares(before, now, SENDER) and differs(before, now, RECIPIENT) and _is_sent_on(before, now):
        return REDIRECTED
    agrees = shares(before, now, SENDER) or shares(before, now, RECIPIENT)
    is_one_item = agrees if is_s10(now["parcel_id"]) else looks_alike(before, now)
    return DECLARED_AGAIN if is_one_item else None


def _is_returned(before: Facts, now: Facts) -> bool:
    pairs = [
        (before["recipient_name_key"], now["sender_name_key"]),
        (before["sender_name_key"], now["recipient_name_key"]),
    ]
    known = [one == other for one, other in pairs if one is not None and other is not None]
    if known and not any(known):
        return False
    return (len(known) == 2 and all(known)) or (now["category"] == "returned" and _goes_back(before, now))


def _goes_back(before: Facts, now: Facts) -> bool:
    """Whether it is sent from where it was sent to, and to where it came from."""
    came_from = {before["dispatch_country"], before["sender_country"]} - {None}
    return _is_sent_on(before, now) and now["recipient_country"] in came_from


def _is_sent_on(before: Facts, now: Facts) -> bool:
    return before["recipient_country"] is not None and now["dispatch_country"] == before["recipient_country"]


def contradictions(before: Facts, now: Facts) -> list[str]:
    """Flags for what two declarations of one item say otherwise; what one side leaves out contradicts nothing."""
    one, other = before[_VALUE], now[_VALUE]
    is_known = one is not None and other is not None
    said = {
        OTHER_VALUE: is_known and abs(one - other) > max(_LEAST_CENTS, max(one, other) // _SHARE),
        OTHER_WEIGHT: weighs_otherwise(before, now),
        OTHER_GOODS: differs(before, now, GOODS),
        OTHER_PARTIES: differs(before, now, SENDER) or differs(before, now, RECIPIENT),
    }
    return [flag for flag, is_so in said.items() if is_so]


def flags_with(how: str, first: Facts, facts: Facts) -> list[str]:
    """Flags of a parcel with those of its link; that its number is used again is then explained."""
    own = [flag for flag in facts[QUALITY_FLAGS] or () if flag != NUMBER_REUSED and flag not in OF_OTHERS]
    return [*own, how, *(contradictions(first, facts) if how == DECLARED_AGAIN else ())]


def linked_event(event: Row, how: str, first: Facts) -> Row:
    """The event of a parcel that is linked to `first`."""
    keys = {name: first[name] for name in PARTY_KEYS} if how == RETURNED else {}
    return {**event, **keys, QUALITY_FLAGS: flags_with(how, first, event)}


def with_first_keys(row: Row, event: Facts) -> Row:
    """A row that was derived anew, or an outcome, with the keys that a returned parcel had of the first."""
    is_returned = RETURNED in (event[QUALITY_FLAGS] or ())
    return {**row, **{name: event[name] for name in PARTY_KEYS}} if is_returned else row


def link_changes(event: Row, how: str, first: Facts) -> Row:
    """What changes in the event of a parcel on record that turns out to be another way of `first`."""
    linked = linked_event(event, how, first)
    return {name: linked[name] for name in (QUALITY_FLAGS, *PARTY_KEYS)}


def relinked_events(event: Row, outcomes: Iterable[Row], changes: Row, at: datetime) -> list[Row]:
    """Events that put a parcel that nobody scored into the log anew, with `changes`; its outcomes follow it."""
    known, anew = list(outcomes), {**event, **changes}
    return [
        *(retraction_row(one, at) for one in (event, *known)),
        parcel_row(anew, at, first_at=first_at(event)),
        *(restated_row(with_first_keys(one, anew), at) for one in known),
    ]
