"""From a decision to a result: how far each targeted parcel came, and why it came no further.

The steps are those of a hall: targeted, arrived, seen by customs' own scanners, diverted to customs, on the table,
examined, decided. A later step implies the earlier ones, whatever was not scanned. Every targeted parcel is at exactly
one step, with one reason: *done* where it was decided, *pending* where it may still come further, else why it was lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from features.handling.outcome import Entry, Result, outcome_of
from features.handling.states import WITH_CUSTOMS, Signal, State


class Step(StrEnum):
    """Steps in their order."""

    TARGETED = "targeted"
    ARRIVED = "arrived"
    SEEN = "seen"
    DIVERTED = "diverted"
    ON_THE_TABLE = "on_the_table"
    EXAMINED = "examined"
    DECIDED = "decided"


class Reason(StrEnum):
    """Why a parcel is at its step."""

    DONE = "done"
    """It was examined, and customs decided what becomes of it."""
    PENDING = "pending"
    """It may still come further."""
    CANCELLED = "cancelled"
    """The operator cancelled it before it arrived."""
    NO_DATA_IN_TIME = "no_data_in_time"
    """It had left the hall before the decision was made."""
    NOT_PRESENTED = "not_presented"
    """Customs waited for it, and it was not presented."""
    NO_READ = "no_read"
    """It passed, and no scanner of customs read its number."""
    WRONG_CHUTE = "wrong_chute"
    """It was read, and left without being diverted."""
    NO_CAPACITY = "no_capacity"
    """It was diverted, and left without being examined."""
    ENDED = "ended"
    """A person ended its referral: let it go, handed it on to another authority, or looked for it in vain."""


STEPS = tuple(Step)
GONE = frozenset({State.HANDED_OVER, State.DELIVERED, State.RETURNED})
"""States in which it has left the hall, whoever says so."""
_DECIDED = frozenset({State.RELEASED, State.HANDED_OVER, State.RETURNED, State.SEIZED, State.DESTROYED})
_NOT_HERE = frozenset({State.DECLARED, State.CANCELLED, State.DEPARTED, State.LOST_SIGHT_OF})
_LOOKED = (Result.FOUND, Result.NOTHING_FOUND, Result.UNCLEAR)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is known of one targeted parcel.

    Attributes
    ----------
    targeted_at:
        When a decision asked for its inspection first.
    signals:
        Everything that says where it is or was.
    entries:
        Stages in force.
    is_ended:
        Whether a person has ended its referral, so that it will come no further.
    """

    targeted_at: dt.datetime
    is_cancelled: bool
    signals: Sequence[Signal]
    entries: Sequence[Entry]
    is_ended: bool = False


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The furthest step that a parcel has reached, and why it is there."""

    step: Step
    reason: Reason


def placed(case: Case) -> Placed:
    """Place one targeted parcel."""
    step = _furthest(case)
    reason = _reason(case, step)
    is_ended = case.is_ended and reason is Reason.PENDING and step is not Step.EXAMINED
    return Placed(step=step, reason=Reason.ENDED if is_ended else reason)


def _furthest(case: Case) -> Step:
    facts = {one.state for one in case.signals if one.is_fact}
    looked = any(entry.result in _LOOKED for entry in case.entries)
    derived = outcome_of(case.entries)
    is_examined = derived is not None and derived.result in (Result.FOUND, Result.NOTHING_FOUND)
    if is_examined:
        return Step.DECIDED if facts & _DECIDED else Step.EXAMINED
    if looked or State.IN_EXAMINATION in facts:
        return Step.ON_THE_TABLE
    if facts & WITH_CUSTOMS or any(entry.result is Result.PRESENTED for entry in case.entries):
        return Step.DIVERTED
    if facts - _NOT_HERE:
        return Step.SEEN
    return Step.ARRIVED if any(one.state not in _NOT_HERE for one in case.signals) else Step.TARGETED


def _reason(case: Case, step: Step) -> Reason:
    if step is Step.DECIDED:
        return Reason.DONE
    presence = [one.result for one in case.entries if one.result in (Result.PRESENTED, Result.NOT_PRESENTED)]
    is_gone = any(one.state in GONE or (one.is_fact and one.state is State.RELEASED) for one in case.signals)
    if step is Step.EXAMINED:
        return Reason.PENDING
    if step in (Step.DIVERTED, Step.ON_THE_TABLE):
        return Reason.NO_CAPACITY if is_gone else Reason.PENDING
    if step is Step.TARGETED and case.is_cancelled:
        return Reason.CANCELLED
    if _was_late(case):
        return Reason.NO_DATA_IN_TIME
    if presence and presence[-1] is Result.NOT_PRESENTED:
        return Reason.NOT_PRESENTED
    if is_gone:
        return Reason.WRONG_CHUTE if step is Step.SEEN else Reason.NO_READ
    return Reason.PENDING


def _was_late(case: Case) -> bool:
    """Whether the parcel had left the hall before anybody asked for it."""
    return any(one.state in GONE and one.happened_at < case.targeted_at for one in case.signals)


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """Parcels of one part of the targeted ones: how many reached each step, and how many were lost behind it and why.

    Attributes
    ----------
    reached:
        By step, never more than at the one before.
    stopped:
        By step and reason: those that came no further. They add up to the targeted ones.
    """

    part: str
    reached: dict[Step, int]
    stopped: dict[tuple[Step, Reason], int]

    @property
    def n(self) -> int:
        """Targeted parcels."""
        return self.reached[Step.TARGETED]


def funnel(part: str, parcels: Iterable[Placed]) -> Funnel:
    """Add up placed parcels."""
    given = list(parcels)
    at = [STEPS.index(one.step) for one in given]
    stopped: dict[tuple[Step, Reason], int] = {}
    for one in given:
        stopped[one.step, one.reason] = stopped.get((one.step, one.reason), 0) + 1
    return Funnel(
        part=part,
        reached={step: sum(place >= rank for place in at) for rank, step in enumerate(STEPS)},
        stopped=dict(sorted(stopped.items(), key=lambda entry: (STEPS.index(entry[0][0]), entry[0][1]))),
    )
