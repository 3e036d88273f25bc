"""Oversight of people: who decides faster than anybody can look, and who looks at parcels that are nobody's case.

Everything comes from the audit, so that it can be checked entry by entry. These are questions to ask, no findings: a
fast officer may be a good one, and a look may have a reason that the system does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from serving.office.answers import referral_of
from serving.store import Connection, Scored, audit
from serving.store import log as event_log
from serving.store.scores import scores_of
from serving.store.times import microseconds
from serving.tlog.entries import Entry

HASTY = timedelta(seconds=3)
"""Between a look and an outcome: nobody opens a parcel, or reads a card, in less."""
_LOOK, _RECORDED = "viewed", ("outcome", "correction", "stage")
_AT_ONCE = 10_000
_US = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What the audit says of one person in a period.

    Attributes
    ----------
    n_looks, n_without_case:
        Parcels that were looked at; those that nothing referred, and of which the person recorded nothing.
    n_recorded, n_hasty:
        Parcels of which something was recorded; those less than ``HASTY`` behind the look before.
    n_unseen:
        Parcels of which something was recorded without a look in the period.
    dwell_s:
        Median seconds between look and record; None where nothing was recorded behind a look.
    """

    who: str
    n_looks: int
    n_without_case: int
    n_recorded: int
    n_hasty: int
    n_unseen: int
    dwell_s: float | None


@dataclass
class _Person:
    looked_us: dict[int, int] = field(default_factory=dict)
    dwells_us: dict[int, int] = field(default_factory=dict)
    recorded: set[int] = field(default_factory=set)


def habits(connection: Connection, since: datetime, until: datetime | None = None) -> list[Habits]:
    """Habits of everybody who looked or recorded since a time, and before another where one is given, by name."""
    return [_habits(connection, who, person) for who, person in sorted(_people(connection, since, until).items())]


def pace_s(connection: Connection, since: datetime, until: datetime) -> float | None:
    """Median seconds between look and record over everybody; None where nothing was recorded behind a look."""
    dwells = [one for person in _people(connection, since, until).values() for one in person.dwells_us.values()]
    return median(dwells) / 1e6 if dwells else None


def _people(connection: Connection, since: datetime, until: datetime | None) -> dict[str, _Person]:
    people: dict[str, _Person] = {}
    for entry in _entries(connection, since, until):
        _follow(connection, people.setdefault(entry.who, _Person()), entry)
    return people


def _entries(connection: Connection, since: datetime, until: datetime | None) -> Iterator[Entry]:
    after, until_us = 0, None if until is None else microseconds(until) - 1
    since_us = microseconds(since)
    while found := audit.entries(connection, after=after, limit=_AT_ONCE, since_us=since_us, until_us=until_us):
        yield from (one for one in found if one.first is not None and one.action in (_LOOK, *_RECORDED))
        after = found[-1].number


def _follow(connection: Connection, person: _Person, entry: Entry) -> None:
    first, last = entry.first or 0, entry.last or 0
    if entry.action == _LOOK:
        person.looked_us |= dict.fromkeys(range(first, last + 1), entry.at)
        return
    for event in event_log.events_at(connection, range(first, last + 1)):
        seq = event["subject_seq"]
        person.recorded.add(seq)
        if seq in person.looked_us:
            person.dwells_us.setdefault(seq, entry.at - person.looked_us[seq])


def _habits(connection: Connection, who: str, person: _Person) -> Habits:
    others = person.looked_us.keys() - person.recorded
    idle = [one for one in scores_of(connection, others).values() if not _is_case(one)]
    dwells = list(person.dwells_us.values())
    return Habits(
        who=who,
        n_looks=len(person.looked_us),
        n_without_case=len(idle),
        n_recorded=len(person.recorded),
        n_hasty=sum(one * _US < HASTY for one in dwells),
        n_unseen=len(person.recorded - person.dwells_us.keys()),
        dwell_s=median(dwells) / 1e6 if dwells else None,
    )


def _is_case(scored: Scored) -> bool:
    return referral_of(scored).asks_inspection
