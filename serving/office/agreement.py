"""Agreement: officers who always follow the advice or never look at the card, as questions for their supervisor.

Nobody is judged by these figures alone: whoever works where the advice is good follows it often. They say where it is
sensible to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.entries import LET_GO
from serving.office.oversight import Habits, habits
from serving.store import Connection
from serving.store.entries import Entry, entries_between
from serving.store.times import microseconds

RARE = 0.05
"""Probability below which it is no chance any more that somebody never overrides where the others do."""
LEAST = 20
"""Records below which nothing is asked."""
_MUCH = 0.2
"""Share of records without a look, or too quick for one, from which somebody is asked."""


class Question(StrEnum):
    """What a supervisor may ask an officer about."""

    ALWAYS_FOLLOWS = "always_follows"
    NEVER_FOLLOWS = "never_follows"
    DOES_NOT_LOOK = "does_not_look"
    TOO_QUICK = "too_quick"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One officer over a period.

    Attributes
    ----------
    n, n_followed, followed:
        Entries at the station, those that followed the advice, and their share with its interval.
    n_hidden, followed_hidden:
        Entries on parcels whose score was hidden, and the share of these that followed the advice; None without any.
    n_let_go, n_anyway:
        Overrides: let go although an inspection was asked for, and inspected although none was.
    habits:
        What the audit says, see `serving.office.oversight`; None where it says nothing.
    questions:
        What to ask about; none where too little was recorded.
    """

    who: str
    n: int
    n_followed: int
    followed: Interval
    n_let_go: int
    n_anyway: int
    n_hidden: int
    followed_hidden: Interval | None
    habits: Habits | None
    questions: tuple[Question, ...]


def agreement(connection: Connection, since: datetime, until: datetime) -> list[Agreement]:
    """Everybody who entered something at the station in the period, by name."""
    entries: dict[str, list[Entry]] = {}
    for one in entries_between(connection, microseconds(since), microseconds(until)):
        if one.undone_at is None and one.answer in ("recorded", LET_GO):
            entries.setdefault(one.client_id, []).append(one)
    seen = {one.who: one for one in habits(connection, since, until)}
    everything = [one for its in entries.values() for one in its]
    return [_agreement(who, its, seen.get(who), everything) for who, its in sorted(entries.items())]


def _agreement(who: str, entries: Sequence[Entry], seen: Habits | None, everything: Sequence[Entry]) -> Agreement:
    n_let_go = sum(one.answer == LET_GO for one in entries)
    n_overrides = sum(one.reason is not None for one in entries)
    n, n_followed = len(entries), len(entries) - n_overrides
    hidden = [one.reason is None for one in entries if one.score_hidden]
    others = [one for one in everything if one.client_id != who]
    usual = sum(one.reason is not None for one in others) / len(others) if others else 0.0
    return Agreement(
        who=who,
        n=n,
        n_followed=n_followed,
        followed=wilson(n_followed, n),
        n_let_go=n_let_go,
        n_anyway=n_overrides - n_let_go,
        n_hidden=len(hidden),
        followed_hidden=wilson(sum(hidden), len(hidden)) if hidden else None,
        habits=seen,
        questions=tuple(questions_about(n, n_overrides, usual, seen)) if n >= LEAST else (),
    )


def questions_about(n: int, n_overrides: int, usual: float, seen: Habits | None) -> list[Question]:
    """What to ask somebody about who made `n` entries; `usual` is the share of the others' that override."""
    found = []
    if not n_overrides and (1.0 - usual) ** n < RARE:
        found.append(Question.ALWAYS_FOLLOWS)
    if n_overrides == n and usual**n < RARE:
        found.append(Question.NEVER_FOLLOWS)
    if seen is not None and seen.n_recorded and seen.n_unseen > _MUCH * seen.n_recorded:
        found.append(Question.DOES_NOT_LOOK)
    if seen is not None and seen.n_recorded and seen.n_hasty > _MUCH * seen.n_recorded:
        found.append(Question.TOO_QUICK)
    return found
