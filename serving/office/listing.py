"""Lists in the decision: those that are live, taken over without a restart, and what they ask for a batch of parcels.

A list that cannot be read is retried with every batch. Until then a mandatory one asks for a manual check of every
parcel, and every answer says that it is degraded; no parcel is refused for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl
import structlog

from features.event_rows import Row
from features.parcel.problems import ParcelRiskError
from policy.lists import Asked, Listed, ListIndex, ListKind, Parcels, name_form
from policy.lists.matching import NAME_COLUMNS
from policy.lists.terms import until_us
from serving.office.entering import Entering
from serving.office.rule_names import is_read_by_rules
from serving.store import Connection, Store
from serving.store.lists import KIND, StoredList, content_of, count_lookups, keep_hits, live_lists
from serving.store.marks import mark_of
from serving.store.times import microseconds
from serving.store.vault import Vault

UNREADABLE = "lists unreadable"
"""What answers lack while a list cannot be read, in two words."""
_ALL = "list:?"
"""Stands for the mandatory lists of an office that cannot be known."""
_log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Held:
    """Live lists as they were read last.

    Attributes
    ----------
    mark:
        Under which they were read; None before.
    lost:
        Names of mandatory lists of which nobody knows whether these are still they; None while that is known.
    """

    mark: int | None = None
    lists: tuple[Listed, ...] = ()
    index: ListIndex = field(default_factory=ListIndex)
    lost: tuple[str, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every list could be read."""
        return self.lost is None and not self.index.unreadable

    @property
    def digest(self) -> str:
        """Names terms and content of all lists; empty where there is none."""
        return _digest(one.digest for one in self.lists)

    @property
    def readable(self) -> Mapping[str, int | None]:
        """Lists of words and codes by name, each with the number of its version; None where it cannot be read."""
        return {
            one.terms.name: None if self.lost is not None or one.content is None else one.number
            for one in self.lists
            if is_read_by_rules(one.terms)
        }

    def words(self, day: dt.date) -> dict[str, frozenset[str]]:
        """Words and codes of each list that can be read, on a day, by its name."""
        at_us, readable = until_us(day), self.readable
        return {
            one.terms.name: frozenset() if one.terms.has_expired(day) else one.content.words(at_us)
            for one in self.lists
            if one.content is not None and readable.get(one.terms.name) is not None
        }


def digest_of(lists: Iterable[StoredList]) -> str:
    """What stands for lists in the identity of a policy; empty where there is none."""
    return _digest(map(_digest_of_one, lists))


def _digest_of_one(one: StoredList) -> str:
    return f"{one.list_id} {one.version} {one.terms}"


def _digest(lists: Iterable[str]) -> str:
    ordered = sorted(lists)
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:12] if ordered else ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lists ask of a batch, as the decision needs it."""

    asked: Asked = field(default_factory=Asked)
    degraded: str | None = None
    digest: str = ""


class LiveLists:
    """The lists of an office that are live. What was read is replaced whole, so that threads need not wait."""

    def __init__(self, store: Store, vault: Vault) -> None:
        """Read nothing yet."""
        self._store, self._vault = store, vault
        self._held = Held()

    def held(self) -> Held:
        """The lists that are live at this moment; those of before, marked as lost, where that cannot be known."""
        try:
            with self._store.glance() as connection:
                mark = mark_of(connection, KIND)
            if mark != self._held.mark or not self._held.is_whole:
                self._held = self._read(mark)
        except ParcelRiskError as error:
            self._held = self._lost(error)
        return self._held

    def _read(self, mark: int) -> Held:
        """Read what is new; what was read before is taken as it is."""
        known = {one.number: one for one in self._held.lists if one.content is not None}
        with self._store.begin_read() as connection:
            stored = live_lists(connection)
        live = [known.get(one.list_id) or self._listed(one) for one in stored]
        is_same = {id(one) for one in live} == {id(one) for one in self._held.lists}
        return Held(mark=mark, lists=tuple(live), index=self._held.index if is_same else ListIndex(live))

    def _listed(self, one: StoredList) -> Listed:
        digest = _digest_of_one(one)
        try:
            with self._store.begin_read() as connection:
                content = content_of(connection, self._vault, one)
        except ParcelRiskError as error:
            _log.error("list unreadable", name=one.terms.name, kind=one.terms.kind, reason=str(error))
            return Listed(number=one.list_id, terms=one.terms, content=None, digest=digest)
        return Listed(number=one.list_id, terms=one.terms, content=content, digest=digest)

    def _lost(self, error: ParcelRiskError) -> Held:
        _log.error("lists unreadable", reason=str(error))
        if self._held.mark is None:
            return replace(self._held, lost=(_ALL,))
        mandatory = (one.terms.hit for one in self._held.lists if one.terms.kind is ListKind.MANDATORY)
        return replace(self._held, lost=tuple(mandatory))


def look_up(
    held: Held, connection: Connection, batch: Sequence[Row], parcels: Sequence[Entering], at: datetime
) -> Listing:
    """Look parcels up in the lists that are live; keep the hits, and count the look-ups.

    Parameters
    ----------
    batch:
        Their events, numbered.
    parcels:
        The same parcels as they were lodged, with their names.
    """
    at_us = microseconds(at)
    if not held.lists and held.is_whole:
        return Listing()
    matches = held.index.match(_parcels(held.index, batch, parcels), at_us)
    keep_hits(connection, [event["seq"] for event in batch], matches)
    count_lookups(connection, held.mark or 0, len(batch), at_us=at_us)
    return Listing(
        asked=held.index.asked(matches, len(batch), lost=held.lost or ()),
        degraded=None if held.is_whole else UNREADABLE,
        digest=held.digest,
    )


def _parcels(index: ListIndex, batch: Sequence[Row], parcels: Sequence[Entering]) -> Parcels:
    return Parcels(
        n=len(batch),
        keys={column: pl.Series(column, [one[column] for one in batch], dtype=pl.Int64) for column in index.columns},
        names=_names(batch, parcels) if index.reads_names else {},
        descriptions=[event["description"] for event in batch],
    )


def _names(batch: Sequence[Row], parcels: Sequence[Entering]) -> Mapping[str, Sequence[str]]:
    """Names in the form in which they are compared; where the clear data were erased there are none."""
    countries = {column: column.replace("name", "country") for column in NAME_COLUMNS}
    return {
        column: [name_form(one.clear.get(column), event[country]) for event, one in zip(batch, parcels, strict=True)]
        for column, country in countries.items()
    }
