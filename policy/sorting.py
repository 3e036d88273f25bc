"""Sort codes: where a sorting machine puts an item, by a dated table of the office (``sort_codes.toml``).

A code says where, never why. What was not read or not decided on never shares the code of what is asked nothing of.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.handling.states import SCANNED, State
from features.parcel.problems import ParcelRiskError
from policy.asking import Decision
from policy.vocabulary import Cause, Referral

FILE = "sort_codes.toml"
_KEYS = {"from", "source", "offline_days", "offline_hours", "codes", "code", "sorter"}
_LONGEST = 8


class Reading(StrEnum):
    """What the readings of one item stand for."""

    ONE = "one"
    """One parcel on record."""
    NO_READ = "no_read"
    """Nothing was read."""
    SEVERAL = "several"
    """Numbers of several parcels, or of a bill or receptacle."""
    MISREAD = "misread"
    """A number that is rather misread than one that nobody lodged."""
    UNKNOWN = "unknown"
    """A number under which nothing is declared."""


DRAWN, COVERT, EXAMINED = "drawn", "covert", "examined"
WITHOUT_ONE = tuple(one for one in Reading if one is not Reading.ONE)
KINDS = (*(one.value for one in Referral), DRAWN, COVERT, EXAMINED, *(one.value for one in WITHOUT_ONE))
"""What has a code."""
_NOT_DECIDED = (Referral.NOT_ASSESSED, *(one for one in Referral if one.asks_inspection), *WITHOUT_ONE, DRAWN)


class SortCodeError(ParcelRiskError):
    """The table of sort codes cannot be used."""


@dataclass(frozen=True, kw_only=True)
class SortCodes:
    """The table of one day; ``sort_codes.toml`` says what each value means.

    Attributes
    ----------
    sorters:
        Chutes by code of machines that have others than `chutes`.
    """

    first_on: date
    source: str
    offline_days: int
    offline_hours: int
    codes: Mapping[str, str]
    chutes: Mapping[str, tuple[str, ...]]
    states: Mapping[str, State]
    sorters: Mapping[str, Mapping[str, tuple[str, ...]]]

    def code_of(self, decision: Decision) -> str:
        """Code of a decision that stands."""
        if decision.disclosed is not None:
            return self.codes[COVERT]
        is_drawn = decision.cause is Cause.RANDOM and decision.referral.asks_inspection
        return self.codes[DRAWN if is_drawn else decision.referral.value]

    def strongest(self, codes: list[str]) -> str:
        """Of the codes of several parcels under one number the one by which the fewest leave unseen."""
        asked = [code for code in codes if code != self.codes[Referral.RELEASE]]
        in_hand = [code for code in asked if code == self.codes[Referral.HOLD]]
        return (in_hand or asked or codes)[0]

    def chutes_of(self, sorter: str, code: str) -> tuple[str, ...]:
        """Chutes of a code at a machine."""
        return self.sorters.get(sorter, {}).get(code, self.chutes[code])

    def code_at(self, sorter: str, chute: str) -> str | None:
        """Code of a chute of a machine; None where it has no such chute."""
        return next((code for code in self.chutes if chute in self.chutes_of(sorter, code)), None)


def load_sort_codes(folder: Path | None) -> tuple[SortCodes, ...]:
    """Read the tables from `folder`; the shipped ones without a folder, or where it holds none. The newest comes first.

    Raises
    ------
    SortCodeError
        When they cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return shipped_sort_codes()
    try:
        return sort_codes_of(path.read_text("utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise SortCodeError(f"{path} cannot be used: {error}. Compare with policy/{FILE} that is shipped.") from error


def in_force(tables: tuple[SortCodes, ...], day: date) -> SortCodes:
    """Table of a day; before the first one the first one."""
    return next((one for one in tables if one.first_on <= day), tables[-1])


@cache
def shipped_sort_codes() -> tuple[SortCodes, ...]:
    """The tables that this package ships."""
    return sort_codes_of(files("policy").joinpath(FILE).read_text("utf-8"))


def sort_codes_of(text: str) -> tuple[SortCodes, ...]:
    """Tables of the text of a file, the newest first.

    Raises
    ------
    KeyError, TypeError, ValueError
        When they cannot be used.
    """
    found = [_table(entry) for entry in tomllib.loads(text)["table"]]
    if not found:
        raise ValueError("it has no table")
    return tuple(sorted(found, key=lambda one: one.first_on, reverse=True))


def _table(entry: Mapping[str, Any]) -> SortCodes:
    unknown = entry.keys() - _KEYS
    if unknown:
        raise ValueError(f"{min(unknown)} is no key of a table")
    if type(entry["from"]) is not date:
        raise ValueError("from is to be a date, as in 2026-01-01")
    codes = {kind: _short(entry["codes"][kind]) for kind in KINDS}
    if strange := entry["codes"].keys() - codes.keys():
        raise ValueError(f"{min(strange)} is nothing that has a code")
    _never_released(codes)
    chutes, states = _chutes(entry["code"], codes), {}
    for code, row in entry["code"].items():
        states[code] = State(row["state"])
        if states[code] not in SCANNED:
            raise ValueError(f"{row['state']} is no state that a scan reports")
    sorters = {_name(row): _chutes_of_sorter(row, chutes) for row in entry.get("sorter", [])}
    return SortCodes(
        first_on=entry["from"],
        source=str(entry["source"]),
        offline_days=_positive(entry, "offline_days"),
        offline_hours=_positive(entry, "offline_hours"),
        codes=codes,
        chutes=chutes,
        states=states,
        sorters=sorters,
    )


def _never_released(codes: Mapping[str, str]) -> None:
    for kind in _NOT_DECIDED:
        if codes[str(kind)] == codes[Referral.RELEASE]:
            raise ValueError(
                f"{kind} has the code of release: what is missing or asked for would pass as nothing asked"
            )


def _chutes(rows: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    chutes = {code: tuple(map(_short, row["chutes"])) for code, row in rows.items()}
    lacking = set(codes.values()) - chutes.keys()
    if lacking:
        raise ValueError(f"the code {min(lacking)} has no chutes")
    _once(chutes)
    return chutes


def _chutes_of_sorter(row: Mapping[str, Any], chutes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    own = {code: tuple(map(_short, given)) for code, given in row["chutes"].items()}
    if strange := own.keys() - chutes.keys():
        raise ValueError(f"the sorter {row['name']} has chutes for {min(strange)}, which is no code")
    _once({**chutes, **own})
    return own


def _once(chutes: Mapping[str, tuple[str, ...]]) -> None:
    every = [chute for each in chutes.values() for chute in each]
    if len(set(every)) != len(every) or not all(chutes.values()):
        raise ValueError("each code needs a chute, and each chute belongs to one code")


def _short(text: object) -> str:
    if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST or not text.isascii() or not text.isalnum():
        raise ValueError(f"codes and chutes are 1 to {_LONGEST} letters or digits")
    return text


def _name(row: Mapping[str, Any]) -> str:
    return str(row["name"])


def _positive(entry: Mapping[str, Any], name: str) -> int:
    value = entry[name]
    if type(value) is not int or value <= 0:
        raise ValueError(f"{name} is to be a whole number above 0")
    return value
