"""Requests of a person: which parcels name him, what is held of him, and its erasure.

The log knows nobody by name. The words that a person gives are made into entity keys as those of a manifest are, and
parcels are found by these keys, also where their clear data were erased before. The words themselves are written
nowhere; the audit notes who asked for what purpose, and about which events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from features.event_rows import Row, first_at
from features.identity import PERSONAL, IdentityKey, derived_row
from features.log import PARCEL
from features.parcel.checking import checked_row
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import Reference
from features.parcel.schema import LINE
from serving.office.retaining import Keeping
from serving.store import Connection, holds
from serving.store import log as event_log
from serving.store.database import note
from serving.store.erasure import erase, parcels_of, subject_of
from serving.store.log_changes import about
from serving.store.masking import masked_texts_of
from serving.store.overwriting import overwrite_deleted
from serving.store.scores import personal_held
from serving.store.times import microseconds

ROLES = ("sender", "recipient")
_KEYS = {
    "sender": ("sender_key", "sender_loose_key", "contact_key"),
    "recipient": ("recipient_key", "recipient_loose_key"),
}
"""Keys that stand for one person; an address or a name alone is many people's."""


class SubjectError(ParcelRiskError):
    """A request of a person cannot be answered."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A parcel event that names the person in a role.

    Attributes
    ----------
    number:
        Of the parcel; None where it was erased before.
    by:
        Keys by which it was found.
    is_held:
        Whether a legal hold keeps it.
    """

    seq: int
    operator: str | None
    number: str | None
    lodged_at: datetime
    role: str
    by: tuple[str, ...]
    is_held: bool


def person_keys(party: Mapping[str, str], identity: IdentityKey, reference: Reference, at: datetime) -> dict[str, int]:
    """Entity keys of a person described in the words of a manifest, by column of the log.

    `party` has the fields of a party without the role (``name``, ``postcode`` ...), and ``operator`` for an account.

    Raises
    ------
    SubjectError
        When the words make no key of a person.
    """
    operator = {"operator": party["operator"]} if "operator" in party else {}
    named = {f"{role}_{name}": text for role in ROLES for name, text in party.items() if name != "operator"}
    checked = checked_row({LINE: 1, "parcel_id": "REQUEST", **operator, **named}, reference=reference, at=at)
    found: Mapping[str, Any] = {} if checked.row is None else derived_row(checked.row, identity, reference)
    keys = {name: found[name] for names in _KEYS.values() for name in names if found.get(name) is not None}
    if not keys:
        raise SubjectError(
            "the words given make no key of a person. A name counts together with the whole address, or with postcode "
            "and country; a phone or an e-mail address alone is enough for a sender."
        )
    return keys


def find(keeping: Keeping, keys: Mapping[str, int], *, purpose: str) -> list[Match]:
    """Parcel events that name a person, oldest first; the search is written to the audit."""
    with keeping.store.begin() as connection:
        found = _matches(connection, keeping, keys)
        _note(connection, keeping, "subject found", found, purpose)
    return found


def report(keeping: Keeping, keys: Mapping[str, int], *, purpose: str) -> list[dict[str, Any]]:
    """Everything that is held of a person, also what is masked; nothing of the other party of a parcel."""
    with keeping.store.begin() as connection:
        found = _matches(connection, keeping, keys)
        _note(connection, keeping, "subject reported", found, purpose)
        return [_held_of(connection, keeping, one) for one in found]


def erase_person(keeping: Keeping, keys: Mapping[str, int], *, purpose: str) -> tuple[list[Match], list[Match]]:
    """Erase the parcels that name a person; return those that were erased, and those that a hold keeps."""
    with keeping.store.begin() as connection:
        found = [one for one in _matches(connection, keeping, keys) if one.number is not None]
        gone, kept = [one for one in found if not one.is_held], [one for one in found if one.is_held]
        events = event_log.events_at(connection, [one.seq for one in gone])
        at_us = microseconds(keeping.clock())
        _note(connection, keeping, "subject erased", gone, purpose, about(connection, [one.seq for one in gone]))
        erase(connection, keeping.vault, set(map(subject_of, events)), at_us=at_us)
    overwrite_deleted(keeping.store.url)
    return gone, kept


def _matches(connection: Connection, keeping: Keeping, keys: Mapping[str, int]) -> list[Match]:
    """By the keys alone; the log is read once, column by column."""
    is_one = [pl.col(name) == key for name, key in keys.items()]
    found: list[Row] = []
    for part in event_log.parts(connection, texts=("parcel_id",)):
        of_person = part.filter((pl.col("kind") == PARCEL) & pl.any_horizontal(is_one))
        found += of_person.drop("pieces").to_dicts()
    held = _held_by_life(connection, keeping, found)
    return [_match(event, keys, is_held=event["seq"] in held) for event in found]


def _held_by_life(connection: Connection, keeping: Keeping, events: Sequence[Row]) -> frozenset[int]:
    """Events whose parcel a hold keeps, whichever of its versions, or the item joined to it, the hold names."""
    subjects: dict[int, set[str]] = {}
    for event in events:
        if event["parcel_id"] is not None:
            own = subject_of(event)
            subjects[event["seq"]] = {own, *map(subject_of, parcels_of(connection, [own]))}
    handles = {one: keeping.vault.handle(one) for of_event in subjects.values() for one in of_event}
    held = holds.held(connection, handles.values())
    return frozenset(seq for seq, of_event in subjects.items() if any(handles[one] in held for one in of_event))


def _match(event: Row, keys: Mapping[str, int], *, is_held: bool) -> Match:
    by = tuple(name for name, key in keys.items() if event[name] == key)
    role = "recipient" if by[0].startswith("recipient") else "sender"
    return Match(
        seq=event["seq"],
        operator=event["operator"],
        number=event["parcel_id"],
        lodged_at=first_at(event),
        role=role,
        by=by,
        is_held=is_held,
    )


def _held_of(connection: Connection, keeping: Keeping, match: Match) -> dict[str, Any]:
    (event,) = event_log.events_at(connection, [match.seq])
    clear = personal_held(connection, keeping.vault, match.seq, masked_too=True) or {}
    texts = {"description": event["description"], **masked_texts_of(connection, keeping.vault, match.seq)}
    return {
        "event": match.seq,
        "operator": match.operator,
        "parcel_id": match.number,
        "lodged_at": match.lodged_at.isoformat(),
        "role": match.role,
        "person": {name: text for name, text in clear.items() if name in PERSONAL and name.startswith(match.role)},
        "texts": {name: text for name, text in texts.items() if text},
        "is_held": match.is_held,
    }


def _note(
    connection: Connection,
    keeping: Keeping,
    action: str,
    found: Iterable[Match],
    purpose: str,
    seqs: list[int] | None = None,
) -> None:
    if not purpose.strip():
        raise SubjectError("a purpose is missing. Give it with --purpose, without naming the person.")
    events = sorted({one.seq for one in found}) if seqs is None else seqs
    at_us = microseconds(keeping.clock())
    note(connection, at_us=at_us, client_id=keeping.client.client_id, action=action, seqs=events, detail=purpose)
