"""Sort codes for machines and sites without a connection: a signed table of what is on record, and its age.

Numbers are in it as salted digests, which say nothing to a reader who has not the number. What is not in the table is
put aside, and so is everything once the table is too old.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from features.parcel.numbers import TooLong, candidates, compact
from features.parcel.problems import BundleError
from features.signing import SORT_TABLE, Signature, verify
from policy.sorting import Reading, SortCodeError

N_DIGEST = 16
"""Hexadecimal digits of a number's digest: of a million numbers two share one by a chance of 3 in 100 million."""


@dataclass(frozen=True, kw_only=True)
class SortTable:
    """The table.

    Attributes
    ----------
    made_at, valid_until:
        Behind `valid_until` nothing of it is used.
    is_whole:
        False where more parcels were on record than a table holds; the newest are in it.
    without_one:
        Code of each reading without one parcel.
    codes:
        Digests of numbers by code, sorted.
    """

    made_at: datetime
    valid_until: datetime
    salt: str
    is_whole: bool
    without_one: Mapping[str, str]
    codes: Mapping[str, tuple[str, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        times = {"made_at": self.made_at.isoformat(), "valid_until": self.valid_until.isoformat()}
        lists = {code: list(digests) for code, digests in self.codes.items()}
        return {**vars(self), **times, "without_one": dict(self.without_one), "codes": lists}

    def digest(self) -> str:
        """SHA-256 of what it says, in hex."""
        said = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A table whose signature was checked, ready to be asked."""

    table: SortTable
    by_number: Mapping[str, str]

    def age(self, now: datetime) -> timedelta:
        """Age of what it says."""
        return now - self.table.made_at

    def code(self, readings: Iterable[str], now: datetime) -> tuple[Reading, str]:
        """What the readings of an item stand for, and its code."""
        aside = self.table.without_one
        given = [one for one in readings if one.strip()]
        if not given:
            return Reading.NO_READ, aside[Reading.NO_READ]
        if not self.table.made_at <= now <= self.table.valid_until:
            return Reading.UNKNOWN, aside[Reading.UNKNOWN]
        found = {digest: self.by_number[digest] for one in given for digest in self._digests(one)}
        if len(found) > 1:
            return Reading.SEVERAL, aside[Reading.SEVERAL]
        return (Reading.ONE, *found.values()) if found else (Reading.UNKNOWN, aside[Reading.UNKNOWN])  # type: ignore[return-value]

    def _digests(self, reading: str) -> list[str]:
        try:
            numbers = [one.number for one in candidates(reading)]
        except TooLong:
            return []
        tried = (digest_of(self.table.salt, number) for number in numbers)
        return [digest for digest in tried if digest in self.by_number][:1]


def digest_of(salt: str, number: str) -> str:
    """Digest under which a number is in a table."""
    return hashlib.sha256(f"{salt}:{compact(number) or number}".encode()).hexdigest()[:N_DIGEST]


def read_table(document: Mapping[str, Any], trusted: frozenset[str]) -> Verified:
    """Table of a document whose signature was made with one of the `trusted` public keys (hex).

    Raises
    ------
    SortCodeError
        When it cannot be read, was changed, or is signed with another key.
    """
    try:
        said = dict(document["table"])
        times = {name: datetime.fromisoformat(said[name]) for name in ("made_at", "valid_until")}
        lists = {str(code): tuple(map(str, digests)) for code, digests in said["codes"].items()}
        table = SortTable(**{**said, **times, "codes": lists})
        signature = Signature(**document["signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise SortCodeError("this is no table of sort codes. Fetch it with GET /v1/sort/table.") from error
    try:
        verify(signature, trusted=trusted, purpose=SORT_TABLE)
    except BundleError as error:
        raise SortCodeError(f"the table of sort codes: {error}") from error
    if signature.digest != table.digest():
        raise SortCodeError("the table of sort codes was changed after it was signed. Fetch it again.")
    return Verified(
        table=table, by_number={digest: code for code, digests in table.codes.items() for digest in digests}
    )
