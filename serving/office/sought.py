"""What a search of the past looks for: a rule, a typology, a list, or whatever is akin to one parcel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl

from features.declared.declare import Floats
from features.event_rows import Row
from policy import Referral
from policy.capacity import Flags
from policy.lists import ListIndex, Matches, Parcels
from policy.rules import Checked, Lists, Program, of_log

Ties = dict[int, tuple[str, ...]]
"""Why each parcel matches, by sequence number."""
_KEYS = {
    "number_block_key": "number block",
    "look_alike_key": "look-alike",
    "contact_key": "contact",
    "address_key": "address",
    "sender_key": "sender",
}
"""Keys that two parcels of one hand may share, with their words."""
FRANKING = ("postage_cents", "postage_currency", "postage_paid_by", "stream")
OFFICE_AND_DAY, SAME_FRANKING = "posting office and day", "franking"


class Sought(Protocol):
    """What is looked for; its title is kind, name and version."""

    @property
    def title(self) -> str:
        """Name of the search."""

    @property
    def asks(self) -> Referral:
        """What is asked of a match."""

    @property
    def is_covert(self) -> bool:
        """Whether operators are not shown what it asks."""

    @property
    def reads_features(self) -> bool:
        """Whether feature rows are needed."""

    @property
    def reads_names(self) -> bool:
        """Whether clear names are needed."""

    def matches(self, parcels: pl.DataFrame, values: Floats | None, names: Mapping[str, Sequence[str]]) -> Ties:
        """Which of the parcel events match, and why.

        Parameters
        ----------
        parcels:
            Parcel events as the log holds them.
        values:
            Their feature rows, shape ``(n, k)``, where they are read.
        names:
            Names in the form in which they are compared by column, where they are read; empty where they were erased.
        """


@dataclass(frozen=True, kw_only=True)
class SoughtRule:
    """A rule, or a typology as one."""

    title: str
    asks: Referral
    checked: Checked
    lists: Lists
    reads_features: bool = True
    reads_names: bool = False
    _program: Program = field(init=False)

    @property
    def is_covert(self) -> bool:
        """Whether the rule is."""
        return self.checked.rule.covert

    def __post_init__(self) -> None:
        """Make it ready."""
        object.__setattr__(self, "_program", Program([self.checked.acting], lists=self.lists))

    def matches(self, parcels: pl.DataFrame, values: Floats | None, names: Mapping[str, Sequence[str]]) -> Ties:
        """Parcels that the rule hits."""
        if values is None:
            raise ValueError("a rule reads feature rows; give them")
        hits = self._program.hits(of_log(parcels, values))[0]
        return {seq: (self.title,) for seq in parcels["seq"].to_numpy()[hits].tolist()}


@dataclass(frozen=True, kw_only=True)
class SoughtList:
    """A list; entries that have expired by `at_us` match nothing."""

    title: str
    asks: Referral
    index: ListIndex
    at_us: int
    is_covert: bool = False
    reads_features: bool = False

    @property
    def reads_names(self) -> bool:
        """Whether entries are names."""
        return self.index.reads_names

    def matches(self, parcels: pl.DataFrame, values: Floats | None, names: Mapping[str, Sequence[str]]) -> Ties:
        """Parcels that meet an entry."""
        found = self.index.match(
            Parcels(
                n=parcels.height,
                keys={column: parcels[column] for column in self.index.columns},
                names=names,
                descriptions=parcels["description"].to_list(),
            ),
            self.at_us,
        )
        return self._ties(parcels["seq"].to_list(), found)

    def _ties(self, seqs: Sequence[int], found: Matches) -> Ties:
        ties: Ties = {}
        for row, entry in zip(found.rows.tolist(), found.entries.tolist(), strict=True):
            ties[seqs[row]] = (*ties.get(seqs[row], ()), f"entry {entry}")
        return ties


@dataclass(frozen=True, kw_only=True)
class SoughtSiblings:
    """Whatever shares a key with a parcel, or was posted at its office on its day with its franking."""

    title: str
    asks: Referral
    subject: Row
    is_covert: bool = False
    reads_features: bool = False
    reads_names: bool = False

    def matches(self, parcels: pl.DataFrame, values: Floats | None, names: Mapping[str, Sequence[str]]) -> Ties:
        """Siblings, each with what it shares; one of office with day and franking alone is none."""
        shared = {words: self._same(parcels, (column,)) for column, words in _KEYS.items()}
        strong = np.logical_or.reduce(list(shared.values()))
        office, franking = self._office_and_day(parcels), self._same(parcels, FRANKING)
        shared |= {OFFICE_AND_DAY: office, SAME_FRANKING: franking}
        rows = np.flatnonzero((strong | (office & franking)) & (parcels["seq"].to_numpy() != self.subject["seq"]))
        seqs = parcels["seq"].to_list()
        return {seqs[row]: tuple(words for words, is_same in shared.items() if is_same[row]) for row in rows.tolist()}

    def _same(self, parcels: pl.DataFrame, columns: Sequence[str]) -> Flags:
        given = [self.subject.get(column) for column in columns]
        if any(value is None for value in given):
            return np.zeros(parcels.height, dtype=np.bool_)
        pairs = zip(columns, given, strict=True)
        same = [(parcels[column] == value).fill_null(value=False).to_numpy() for column, value in pairs]
        return np.asarray(np.logical_and.reduce(same), dtype=np.bool_)

    def _office_and_day(self, parcels: pl.DataFrame) -> Flags:
        posted: dt.datetime | None = self.subject.get("posted_at")
        if posted is None:
            return np.zeros(parcels.height, dtype=np.bool_)
        same_day = (parcels["posted_at"].dt.date() == posted.date()).fill_null(value=False).to_numpy()
        return np.asarray(same_day & self._same(parcels, ("origin_office",)), dtype=np.bool_)
