"""From a reading to parcels on record: by identifier in any spelling, by house bill, master bill or receptacle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from features.parcel.numbers import Candidate, Verdict, candidates, is_fragment, is_probable_misread, near_numbers
from features.parcel.problems import StoreError
from features.parcel.undeclared import UNDECLARED
from serving.office.current import Key, Version, versions_of
from serving.store import Connection
from serving.store.identifiers import GROUPS, Kind, Match, grouped, identified, number_of
from serving.store.quarantine import Held, held_by_number
from serving.store.vault import Vault

_MOST_NEAR = 5
_MOST_HELD = 3


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """Parcels that a reading stands for.

    Attributes
    ----------
    kind:
        What the number names: a parcel, or a bill or receptacle that may cover several.
    number:
        The number under which they are stored; empty when nothing is.
    parcels:
        Operator and identifier of each, newest first for bills and receptacles.
    """

    kind: Kind = Kind.SPELLING
    number: str = ""
    parcels: tuple[Key, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """What can be said of a reading for which no parcel is on record.

    Attributes
    ----------
    is_misread:
        Whether it is rather a misread than a parcel that nobody declared.
    near:
        Identifiers on record that differ from it by one character, or as misreads usually do.
    refused:
        Rows that lodged the number and were rejected, newest first.
    is_several:
        Whether it holds the numbers of several parcels, which are in `near`.
    is_past:
        Whether it is in the log, but came by a historical backfill and was never assessed.
    is_fragment:
        Whether it is too short for a number, as a scan that was cut is.
    """

    is_misread: bool = False
    near: tuple[str, ...] = ()
    refused: tuple[Held, ...] = ()
    is_several: bool = False
    is_past: bool = False
    is_fragment: bool = False


def one_parcel(connection: Connection, number: str, operator: str | None = None) -> list[Version]:
    """Versions of the parcel that was lodged last under a number, the newest one last.

    Raises
    ------
    StoreError
        When no parcel has the number, or several operators use it and none is named.
    """
    keys = [key for key in resolve(connection, number, operator).parcels if operator in (None, key[0])]
    versions = [one for one in versions_of(connection, {key[1] for key in keys}) if one.key in keys]
    if not versions or len({one.key for one in versions}) > 1:
        names = ", ".join(sorted({one.key[0] for one in versions})) or "nobody"
        raise StoreError(f"one parcel must have this number; it was lodged by {names}. Give --operator or its number.")
    last = max(one.life[2] for one in versions)
    return [one for one in versions if one.life[2] == last]


def resolve(connection: Connection, reading: str, operator: str | None = None) -> Resolved:
    """Parcels that a reading stands for, of one operator where it is given.

    Raises
    ------
    TooLong
        When the reading has more characters than are understood.
    """
    found = candidates(reading)
    numbers = [one.number for one in found]
    if _several(connection, found, operator):
        return Resolved()
    for number, matches in _by_number(numbers, identified(connection, numbers, operator)):
        return Resolved(number=number, parcels=_without_joined(connection, _keys(matches)))
    names = list(dict.fromkeys(map(number_of, numbers)))
    for kind in GROUPS:
        for number, matches in _by_number(names, grouped(connection, kind, names, operator)):
            return Resolved(kind=kind, number=number, parcels=_keys(matches))
    return Resolved()


def _several(connection: Connection, found: tuple[Candidate, ...], operator: str | None) -> tuple[str, ...]:
    """Identifiers on record, where a reading holds more than one whole number: which one is meant nobody knows."""
    certain = [one.number for one in found if one.is_certain and one.verdict is Verdict.RIGHT]
    if len(certain) < 2:
        return ()
    matches = identified(connection, certain, operator)
    stored = dict.fromkeys(match.parcel_id for match in matches)
    return tuple(stored) if len(stored) > 1 and not _are_one(certain) else ()


def _are_one(numbers: list[str]) -> bool:
    """Whether the numbers are one and what it carries around it."""
    longest = max(numbers, key=len)
    return all(number in longest for number in numbers)


def _by_number(numbers: list[str], matches: list[Match]) -> list[tuple[str, list[Match]]]:
    """Matches of each number, in the order in which numbers are tried; those of none left out."""
    found: dict[str, list[Match]] = {}
    for match in matches:
        found.setdefault(match.number, []).append(match)
    return [(number, found[number]) for number in numbers if number in found]


def _keys(matches: Iterable[Match]) -> tuple[Key, ...]:
    return tuple(dict.fromkeys((match.operator, match.parcel_id) for match in matches))


def _without_joined(connection: Connection, parcels: tuple[Key, ...]) -> tuple[Key, ...]:
    """The same, without undeclared items that are one with a parcel that was declared later."""
    if len(parcels) < 2 or all(operator != UNDECLARED for operator, _ in parcels):
        return parcels
    known = {version.key for version in versions_of(connection, {number for _, number in parcels})}
    return tuple(key for key in parcels if key in known)


def nothing(connection: Connection, vault: Vault, reading: str, operator: str | None = None) -> Nothing:
    """What can be said of a reading for which no parcel is on record, from rows of one operator where it is given."""
    found = candidates(reading)
    several = _several(connection, found, operator)
    if several:
        return Nothing(is_several=True, near=several[:_MOST_NEAR])
    refused = held_by_number(connection, vault, [one.number for one in found], operator=operator, limit=_MOST_HELD)
    near = () if _is_sound(found) else _near(connection, reading, operator)
    return Nothing(
        is_misread=is_probable_misread(reading) or (bool(near) and _is_doubtful(found)),
        near=near,
        refused=tuple(refused),
        is_fragment=is_fragment(reading),
    )


def _is_sound(found: tuple[Candidate, ...]) -> bool:
    """Whether a check digit says that the number was read as it is."""
    return any(one.verdict is Verdict.RIGHT for one in found)


def _is_doubtful(found: tuple[Candidate, ...]) -> bool:
    return any(one.verdict is Verdict.WRONG for one in found)


def _near(connection: Connection, reading: str, operator: str | None) -> tuple[str, ...]:
    near = near_numbers(reading)
    matches = dict(_by_number(list(near), identified(connection, near, operator)))
    return tuple(dict.fromkeys(match.parcel_id for one in matches.values() for match in one))[:_MOST_NEAR]
