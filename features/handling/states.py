"""Where a parcel is in its life: one state machine, moved by what operators claim and by what customs scans.

Signals are taken in the order in which they happened. A *fact* (customs' own scan or stage) moves the parcel wherever
it says, except out of an end. A *claim* (an operator's event) moves it along the table of what may follow, and never
out of customs' hands: what a fact put there only a fact releases. What does not move it is kept as a contradiction.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any


class State(StrEnum):
    """State of a parcel."""

    DECLARED = "declared"
    CANCELLED = "cancelled"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    IN_HALL = "in_hall"
    PRESENTED = "presented"
    IN_EXAMINATION = "in_examination"
    HELD = "held"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNED = "returned"
    SEIZED = "seized"
    DESTROYED = "destroyed"
    LOST_SIGHT_OF = "lost_sight_of"

    @property
    def words(self) -> str:
        """The state as people read it."""
        return {State.IN_HALL: "in the hall"}.get(self, self.value.replace("_", " "))


WITH_CUSTOMS = frozenset({State.PRESENTED, State.IN_EXAMINATION, State.HELD, State.SEIZED, State.DESTROYED})
"""States in which a parcel is in customs' hands."""
SCANNED = (
    State.IN_HALL,
    State.PRESENTED,
    State.IN_EXAMINATION,
    State.HELD,
    State.RELEASED,
    State.HANDED_OVER,
    State.RETURNED,
    State.SEIZED,
    State.DESTROYED,
    State.LOST_SIGHT_OF,
)
"""States that an officer may report."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something that says which state a parcel is in.

    Attributes
    ----------
    is_fact:
        True for customs' own scans and stages, False for what an operator claims.
    code:
        Of the message; empty where there is none.
    """

    state: State
    happened_at: dt.datetime
    is_fact: bool
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where a parcel is, as far as is known.

    Attributes
    ----------
    since:
        When the signal happened that says so.
    is_fact:
        Whether customs itself saw it.
    contradictions:
        Signals that did not move the parcel though they say that it is elsewhere.
    was_presented:
        Whether customs itself saw the parcel in its hands: what compliance is measured by.
    """

    state: State
    since: dt.datetime
    is_fact: bool
    code: str = ""
    contradictions: tuple[Signal, ...] = ()
    was_presented: bool = False

    def moved(self, signal: Signal) -> Position:
        """Position behind one more signal."""
        if signal.state is self.state and (self.is_fact or not signal.is_fact):
            return self
        if not _may_move(self, signal):
            return Position(**{**vars(self), "contradictions": (*self.contradictions, signal)})
        return Position(
            state=signal.state,
            since=signal.happened_at,
            is_fact=signal.is_fact,
            code=signal.code,
            contradictions=self.contradictions,
            was_presented=self.was_presented or (signal.is_fact and signal.state in WITH_CUSTOMS),
        )

    @property
    def can_be_recalled(self) -> bool:
        """Whether the parcel can still be brought to customs, or is there."""
        table = states()
        return table.recall_by_code.get(self.code, table.recall[self.state])


def _may_move(position: Position, signal: Signal) -> bool:
    following = states().next[position.state]
    if signal.is_fact:
        return bool(following) or signal.state is position.state
    is_in_custody = position.is_fact and position.state in WITH_CUSTOMS
    return signal.state in following and not is_in_custody


def position_of(declared_at: dt.datetime, signals: Iterable[Signal]) -> Position:
    """Position of a parcel that became known at `declared_at`, behind all signals.

    Of what happened at one moment claims come before facts.
    """
    position = Position(state=State.DECLARED, since=declared_at, is_fact=False)
    for signal in sorted(signals, key=lambda one: (one.happened_at, one.is_fact)):
        position = position.moved(signal)
    return position


@dataclass(frozen=True, kw_only=True)
class States:
    """The dated table of states, and of the codes that say them, by family of messages."""

    next: Mapping[State, frozenset[State]]
    recall: Mapping[State, bool]
    recall_by_code: Mapping[str, bool]
    codes: Mapping[str, Mapping[str, State]]
    valid_from: dt.date
    source: str

    def of_event(self, code: str) -> State | None:
        """State that a code of EMSEVT says; None for one that is not known."""
        return self.codes["emsevt"].get(code)


FAMILIES = ("emsevt", "cusrsp", "edifact_7365", "ics2")


@cache
def states() -> States:
    """The shipped table."""
    document: dict[str, Any] = tomllib.loads(files("features.handling").joinpath("states.toml").read_text("utf-8"))
    return States(
        next={State(one): frozenset(map(State, following)) for one, following in document["next"].items()},
        recall={State(one): bool(can) for one, can in document["recall"].items()},
        recall_by_code=document["recall_by_code"],
        codes={family: {code: State(state) for code, state in document[family].items()} for family in FAMILIES},
        valid_from=document["valid_from"],
        source=str(document["source"]),
    )
