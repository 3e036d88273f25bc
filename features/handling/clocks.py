"""Clocks of referrals: until when an inspection is still of use, who owns it, and how it ended.

Every referral that asks for an inspection has a *latest useful moment*: the first of the sort cut-off, the departure of
what only passes through, the promised delivery, and the legal maximum of holding. It has an owner, and from some hours
before that moment on a superior to whom it is escalated. It ends when something is chosen: by an outcome, by letting
the parcel go, by a cancellation, or by an end that a person names with a reason. Past its moment it is *overdue*, and
stays so until then: nothing expires by itself.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.handling.direction import Direction
from features.handling.states import WITH_CUSTOMS, Signal, State
from features.parcel.fields import STREAMS
from features.parcel.problems import ParcelRiskError

FILE = "clocks.toml"
_BY_STREAM = ("cut_off_h", "departure_h", "promised_h")
_ALONE = {"valid_from", "source", "escalate_h", "most_held_h", "owner", "superior"}
_LEAVES = frozenset({Direction.TRANSIT, Direction.EXPORT, Direction.RETURN, Direction.REDIRECTION})
_HERE = frozenset({State.ARRIVED, State.IN_HALL, State.PRESENTED, State.IN_EXAMINATION, State.HELD})


class Bound(StrEnum):
    """What sets the latest useful moment."""

    CUT_OFF = "cut_off"
    DEPARTURE = "departure"
    PROMISE = "promise"
    LEGAL_MAXIMUM = "legal_maximum"


class End(StrEnum):
    """How a referral ended."""

    EXAMINED = "examined"
    NOT_PRESENTED = "not_presented"
    LET_GO = "let_go"
    CANCELLED = "cancelled"
    HANDED_ON = "handed_on"
    """To another authority."""
    GONE = "gone"
    """It has left and cannot be recalled."""
    NOT_FOUND = "not_found"
    """It was looked for in vain."""


CHOSEN = (End.LET_GO, End.HANDED_ON, End.GONE, End.NOT_FOUND)
"""Ends that a person names; the others follow from what is recorded."""


class ClockState(StrEnum):
    """How urgent a referral is."""

    WAITING = "waiting"
    """The parcel is not here yet, so that no clock runs."""
    RUNNING = "running"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class ClockTable:
    """The dated table of hours, by stream where streams differ."""

    cut_off_h: Mapping[str, float]
    departure_h: Mapping[str, float]
    promised_h: Mapping[str, float]
    escalate_h: float
    most_held_h: float
    owner: str
    superior: str
    valid_from: dt.date
    source: str

    @classmethod
    def read(cls, folder: Path | None = None) -> ClockTable:
        """Read the table of `folder`; the shipped one without a folder, or where it holds none.

        Raises
        ------
        ParcelRiskError
            When it cannot be used.
        """
        path = folder / FILE if folder is not None else None
        if path is None or not path.is_file():
            return shipped_clocks()
        try:
            return cls.parsed(tomllib.loads(path.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise ParcelRiskError(
                f"{path} cannot be used: {error}. Compare with the {FILE} that is shipped."
            ) from error

    @classmethod
    def parsed(cls, document: Mapping[str, Any]) -> ClockTable:
        """Check the content of a table; ValueError says which key cannot be used."""
        wrong = sorted(document.keys() ^ {*_ALONE, *_BY_STREAM})
        if wrong:
            raise ValueError(
                f"{wrong[0]} is missing or is no key; there are {', '.join(sorted({*_ALONE, *_BY_STREAM}))}"
            )
        for name in _BY_STREAM:
            if set(document[name]) != set(STREAMS):
                raise ValueError(f"[{name}] must hold exactly {', '.join(STREAMS)}")
        hours = [*(hour for name in _BY_STREAM for hour in document[name].values())]
        if not all(float(hour) > 0 for hour in (*hours, document["escalate_h"], document["most_held_h"])):
            raise ValueError("an hour is not above 0")
        return cls(**document)


@cache
def shipped_clocks() -> ClockTable:
    """The table that this package ships."""
    return ClockTable.parsed(tomllib.loads(files("features.handling").joinpath(FILE).read_text("utf-8")))


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The clock of one referral.

    Attributes
    ----------
    latest_at, bound:
        Latest useful moment and what sets it; None while the parcel is not here and nothing is promised.
    """

    state: ClockState
    latest_at: dt.datetime | None
    bound: Bound | None
    end: End | None


def clock_of(
    event: Mapping[str, Any],
    signals: Sequence[Signal],
    way: Direction,
    table: ClockTable,
    *,
    now: dt.datetime,
    end: End | None,
) -> Clock:
    """Clock of a referral.

    Parameters
    ----------
    event:
        Columns of its parcel event.
    signals:
        Everything that says where the parcel is or was.
    end:
        How it ended; None where nothing was chosen yet.
    """
    moments = _moments(event, signals, way, table)
    latest_at, bound = min(((at, bound) for bound, at in moments.items()), default=(None, None))
    return Clock(state=_state(latest_at, table, now, end), latest_at=latest_at, bound=bound, end=end)


def _moments(
    event: Mapping[str, Any], signals: Sequence[Signal], way: Direction, table: ClockTable
) -> dict[Bound, dt.datetime]:
    """Every moment that is known; an item whose stream is not known has the clock of a letter."""
    stream = event["stream"] or STREAMS[0]
    arrived = min((one.happened_at for one in signals if one.state in _HERE), default=None)
    held = min((one.happened_at for one in signals if one.is_fact and one.state in WITH_CUSTOMS), default=None)
    moments = {}
    if arrived is not None and way in _LEAVES:
        moments[Bound.DEPARTURE] = arrived + dt.timedelta(hours=table.departure_h[stream])
    if arrived is not None and way not in _LEAVES:
        moments[Bound.CUT_OFF] = arrived + dt.timedelta(hours=table.cut_off_h[stream])
    if event["due_at"] is not None:
        moments[Bound.PROMISE] = event["due_at"] + dt.timedelta(hours=table.promised_h[stream])
    if held is not None:
        # What customs has in its hands waits for customs, not for the sorting machine.
        moments.pop(Bound.CUT_OFF, None)
        moments[Bound.LEGAL_MAXIMUM] = held + dt.timedelta(hours=table.most_held_h)
    return moments


def _state(latest_at: dt.datetime | None, table: ClockTable, now: dt.datetime, end: End | None) -> ClockState:
    if end is not None:
        return ClockState.ENDED
    if latest_at is None:
        return ClockState.WAITING
    if now >= latest_at:
        return ClockState.OVERDUE
    is_near = now >= latest_at - dt.timedelta(hours=table.escalate_h)
    return ClockState.ESCALATED if is_near else ClockState.RUNNING


@dataclass(frozen=True, kw_only=True)
class Held:
    """Hours that customs held parcels of one cause: of those that it gave away, and how many it still holds."""

    cause: str
    n: int
    p50_h: float | None
    p95_h: float | None
    n_still_held: int


def held_for(signals: Sequence[Signal]) -> tuple[dt.timedelta | None, bool]:
    """Time in customs' hands from the first to the last fact, and whether customs holds the parcel still."""
    facts = sorted((one for one in signals if one.is_fact), key=lambda one: one.happened_at)
    total, since = dt.timedelta(0), None
    was_held = False
    for one in facts:
        if one.state in WITH_CUSTOMS and since is None:
            since, was_held = one.happened_at, True
        elif one.state not in WITH_CUSTOMS and since is not None:
            total, since = total + (one.happened_at - since), None
    return (total if was_held else None), since is not None


def holding_times(parcels: Iterable[tuple[str, Sequence[Signal]]]) -> list[Held]:
    """Holding times by cause, the cause with most parcels first; parcels that customs never held do not count."""
    ended: dict[str, list[float]] = {}
    still: dict[str, int] = {}
    for cause, signals in parcels:
        held, is_still = held_for(signals)
        if held is None:
            continue
        still[cause] = still.get(cause, 0) + is_still
        ended.setdefault(cause, []).extend([] if is_still else [held.total_seconds() / 3600])
    found = [
        Held(
            cause=cause,
            n=len(hours),
            p50_h=_percentile(hours, 0.5),
            p95_h=_percentile(hours, 0.95),
            n_still_held=still[cause],
        )
        for cause, hours in ended.items()
    ]
    return sorted(found, key=lambda one: (-one.n - one.n_still_held, one.cause))


def _percentile(hours: Sequence[float], share: float) -> float | None:
    """Smallest time within which at least `share` of the parcels were given away."""
    ordered = sorted(hours)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else None
