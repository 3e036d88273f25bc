"""Search the past for what is only known now, and tell which of the matches can still be recalled.

History is searched whole; what can be recalled is looked for among the parcels of the last ``REACH``, by their states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from features.declared.declare import Floats
from features.handling.states import Position, State
from features.history import Engine
from features.log import PARCEL, RETRACTION
from features.replay import feature_rows
from policy.lists import name_form
from policy.lists.matching import NAME_COLUMNS
from serving.office.current import Current, current_parcels, versions_of
from serving.office.sought import Sought, Ties
from serving.office.whereabouts import whereabouts
from serving.store import Connection
from serving.store import log as event_log
from serving.store.scores import personal_held
from serving.store.vault import Vault

REACH = timedelta(days=60)
"""Mail that was lodged before has been delivered, or is lost."""
_DESCRIPTION, _LENGTH = "description", "fact_description_length"
_NEAREST = (
    *(State.HANDED_OVER, State.RELEASED, State.PRESENTED, State.IN_EXAMINATION, State.HELD, State.IN_HALL),
    *(State.ARRIVED, State.DEPARTED, State.DECLARED, State.LOST_SIGHT_OF),
)
"""States in the order in which the chance to recall a parcel passes."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A parcel of the last days that matches.

    Attributes
    ----------
    ties:
        Why it matches.
    is_examined:
        Whether a person has looked into it already.
    """

    current: Current
    ties: tuple[str, ...]
    position: Position

    @property
    def is_examined(self) -> bool:
        """Whether a person has looked into it already."""
        return self.current.known.is_inspected

    @property
    def is_in_reach(self) -> bool:
        """Whether it can still be recalled, and nobody has looked into it."""
        return self.position.can_be_recalled and not self.is_examined and not self.current.known.is_cancelled

    @property
    def until(self) -> datetime | None:
        """When it is expected to arrive; None where that is not known."""
        due: datetime | None = self.current.event.get("due_at")
        return due

    @property
    def urgency(self) -> tuple[int, datetime]:
        """Sorts what must be recalled first to the front."""
        state = self.position.state
        return (_NEAREST.index(state) if state in _NEAREST else len(_NEAREST)), self.position.since


@dataclass(frozen=True, kw_only=True)
class Hunted:
    """What a search of the past found.

    Attributes
    ----------
    n_parcels, n_matched:
        Current versions of parcels that were looked at, and those that match.
    n_without_text:
        Parcels whose description, or names, have been erased: nobody can say whether they match by these.
    recent:
        Matches among the parcels that may still be under way, the most urgent first.
    is_covert:
        Whether what was sought is covert.
    """

    title: str
    n_parcels: int
    n_matched: int
    n_without_text: int
    recent: tuple[Match, ...]
    is_covert: bool = False

    @property
    def in_reach(self) -> list[Match]:
        """Those that can still be recalled."""
        return [one for one in self.recent if one.is_in_reach]


def hunt(connection: Connection, vault: Vault, sought: Sought, at: datetime) -> Hunted:
    """Search the stored log; what was known then counts, and lists, rules and typologies are those of now."""
    seen = _Seen(sought, at)
    for part, values in _replayed(connection, sought):
        parcels = part.filter(pl.col("kind") == PARCEL)
        seen.add(parcels, values, _names(connection, vault, parcels, at) if sought.reads_names else {})
        seen.retracted |= set(part.filter(pl.col("kind") == RETRACTION)["subject_seq"])
    return seen.hunted(connection, at)


def _replayed(connection: Connection, sought: Sought) -> Iterator[tuple[pl.DataFrame, Floats | None]]:
    engine = Engine() if sought.reads_features else None
    for part in event_log.parts(connection, texts=(_DESCRIPTION,)):
        yield part, None if engine is None else feature_rows(part, engine).values


def _names(connection: Connection, vault: Vault, parcels: pl.DataFrame, at: datetime) -> Mapping[str, Sequence[str]]:
    """Names of recent parcels whose personal data are still there; empty for all others."""
    is_recent = (parcels["known_at"] >= at - REACH).to_list()
    clear = [
        (personal_held(connection, vault, seq) or {}) if recent else {}
        for seq, recent in zip(parcels["seq"].to_list(), is_recent, strict=True)
    ]
    return {
        column: [
            name_form(one.get(column), country)
            for one, country in zip(clear, parcels[column.replace("name", "country")].to_list(), strict=True)
        ]
        for column in NAME_COLUMNS
    }


@dataclass
class _Seen:
    sought: Sought
    at: datetime
    ties: Ties = field(default_factory=dict)
    parcels: set[int] = field(default_factory=set)
    without_text: set[int] = field(default_factory=set)
    recent: set[int] = field(default_factory=set)
    retracted: set[int] = field(default_factory=set)

    def add(self, parcels: pl.DataFrame, values: Floats | None, names: Mapping[str, Sequence[str]]) -> None:
        if parcels.height == 0:
            return
        self.ties |= self.sought.matches(parcels, values, names)
        self.parcels |= set(parcels["seq"])
        self.recent |= set(parcels.filter(pl.col("known_at") >= self.at - REACH)["seq"])
        has_none = parcels[_DESCRIPTION].is_null() & parcels[_LENGTH].is_not_nan()
        if names:
            has_none = pl.Series([not any(pair) for pair in zip(*names.values(), strict=True)])
        self.without_text |= set(parcels.filter(has_none)["seq"])

    def hunted(self, connection: Connection, at: datetime) -> Hunted:
        matched = self.ties.keys() - self.retracted
        found = sorted(_located(connection, self.ties, matched & self.recent, at), key=lambda one: one.urgency)
        return Hunted(
            title=self.sought.title,
            n_parcels=len(self.parcels - self.retracted),
            n_matched=len(matched),
            n_without_text=len(self.without_text - self.retracted),
            recent=tuple(found),
            is_covert=self.sought.is_covert,
        )


def _located(connection: Connection, ties: Ties, seqs: set[int], at: datetime) -> Iterator[Match]:
    """Matches with where they are; what has no number any more cannot be recalled."""
    events = [event for event in event_log.events_at(connection, sorted(seqs)) if event["parcel_id"] is not None]
    numbers = {event["parcel_id"] for event in events}
    current = current_parcels(connection, numbers, at)
    versions = [one for one in versions_of(connection, numbers) if one.seq in seqs]
    where = whereabouts(connection, versions) if versions else {}
    for version in versions:
        one = next((each for each in current.of(version.key) if each.known.seq == version.seq), None)
        if one is not None:
            yield Match(current=one, ties=ties[version.seq], position=where[version.life])
