"""The summary of a shift: what was inspected and found, against the draws; what was overridden; what did not work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.capacity_model import capacity_of
from serving.office.entries import LET_GO
from serving.office.examined import Arm, Examined, examined
from serving.office.office import Office
from serving.office.oversight import pace_s
from serving.office.queue import Waiting, queue
from serving.store import Connection
from serving.store.entries import Entry, entries_between
from serving.store.notes import Note, notes_between
from serving.store.policy_history import capacity_in_force
from serving.store.times import microseconds, time_of
from serving.store.volumes import degraded

USUAL = timedelta(hours=8)
"""Length of a shift where none is set."""
_LATE = timedelta(seconds=10)
"""An entry that came later than this after the key was pressed had been kept in the browser."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Examined parcels, those with a finding, and their share with its interval."""

    n: int
    n_found: int
    share: Interval

    @classmethod
    def of(cls, parcels: Sequence[Examined]) -> Rate:
        """Rate of some parcels."""
        n_found = sum(one.is_found for one in parcels)
        return cls(n=len(parcels), n_found=n_found, share=wilson(n_found, len(parcels)))


@dataclass(frozen=True, kw_only=True)
class ShiftReport:
    """A shift, or any other period.

    Attributes
    ----------
    selected, drawn, picked:
        Rates of what lists, rules and scores selected, of draws, and of officers' own picks.
    let_go, inspected_anyway:
        Overrides by reason: no inspection although one was asked for, and the other way round.
    n_undone:
        Entries that were undone within their half minute.
    pace_s:
        Median seconds between look and record; None where nothing was recorded behind a look.
    n_kept, longest_kept:
        Entries that a browser kept because the server was lost, and the longest time.
    degraded:
        Answers in which something was missing, by what was.
    waiting:
        What is left in the queue now.
    notes:
        What was written for the next shift, newest first.
    """

    since: datetime
    until: datetime
    selected: Rate
    drawn: Rate
    picked: Rate
    let_go: Mapping[str, int]
    inspected_anyway: Mapping[str, int]
    n_undone: int
    pace_s: float | None
    n_kept: int
    longest_kept: timedelta
    degraded: Mapping[str, int]
    waiting: Sequence[Waiting]
    notes: Sequence[Note]


def shift_of(connection: Connection, at: datetime) -> tuple[datetime, datetime]:
    """From the end of the last shift to now, or the usual length of one where none is set."""
    saved = capacity_in_force(connection)
    window = None if saved is None else capacity_of(saved.content).window(microseconds(at))
    return (at - USUAL if window is None else time_of(window.since_us)), at + timedelta(microseconds=1)


def shift_report(office: Office, since: datetime, until: datetime) -> ShiftReport:
    """Summary of what happened from `since` to before `until`."""
    since_us, until_us = microseconds(since), microseconds(until)
    with office.store.begin_read() as connection:
        parcels = examined(connection, since, until)
        entries = entries_between(connection, since_us, until_us)
        pace, missing = pace_s(connection, since, until), degraded(connection, since_us, until_us)
        notes = notes_between(connection, since_us, until_us)
    kept = [late for one in entries if (late := _late(one)) > _LATE]
    done = [one for one in entries if one.undone_at is None]
    return ShiftReport(
        since=since,
        until=until,
        selected=Rate.of([one for one in parcels if one.arms - {Arm.DRAW, Arm.OFFICER}]),
        drawn=Rate.of([one for one in parcels if one.arms == {Arm.DRAW}]),
        picked=Rate.of([one for one in parcels if one.arms == {Arm.OFFICER}]),
        let_go=Counter(one.reason or "" for one in done if one.answer == LET_GO),
        inspected_anyway=Counter(one.reason for one in done if one.answer != LET_GO and one.reason),
        n_undone=len(entries) - len(done),
        pace_s=pace,
        n_kept=len(kept),
        longest_kept=max(kept, default=timedelta()),
        degraded=missing,
        waiting=queue(office),
        notes=notes,
    )


def _late(one: Entry) -> timedelta:
    return time_of(one.received_at) - time_of(one.made_at)
