"""What the system did not look at in a period, and why: blind spots by their reason, counted from what is on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from features.handling.funnel import Step
from policy import Cause, Referral
from serving.office.funnel import targeted
from serving.store import Connection
from serving.store.casework import rows, waivers
from serving.store.quarantine import open_between
from serving.store.stops import stops
from serving.store.times import microseconds
from serving.store.volumes import asked, degraded, limited

_EXAMINED = (Step.EXAMINED, Step.DECIDED)


class Blind(BaseModel):
    """One reason for which something was not looked at."""

    what: str = Field(description="Kind of the blind spot.", examples=["answers with something missing"])
    why: str = Field(examples=["no model"])
    n: int = Field(
        description="How many; of waivers and stops their number, because the parcels behind them are not known."
    )


class Overlooked(BaseModel):
    """What was not looked at from `since` to before `until`; reasons overlap, so that they have no sum."""

    since: AwareDatetime
    until: AwareDatetime
    n_answers: int = Field(description="Answers given in the period.")
    blind: list[Blind]


def overlooked(connection: Connection, since: datetime, until: datetime) -> Overlooked:
    """Blind spots of a period.

    Nothing can be counted of mail that nobody declared or scanned: `accounts` compares declarations with arrivals.
    """
    since_us, until_us = microseconds(since), microseconds(until)
    answers = asked(connection, since_us, until_us)
    found = [
        *_not_assessed(answers),
        *_named("answers with something missing", degraded(connection, since_us, until_us)),
        *_named("what may be done is limited by law", limited(connection, since_us, until_us)),
        *_named("rows that could not be used, and still cannot", open_between(connection, since_us, until_us)),
        *_named("referred, and not examined", _not_examined(connection, since, until)),
        *_named("advance data waived", _waived(connection, since, until)),
        *_named("score stopped", _stopped(connection, since_us, until_us)),
    ]
    return Overlooked(since=since, until=until, n_answers=sum(n for *_, n in answers), blind=found)


def _not_assessed(answers: list[tuple[str, str, int]]) -> Iterator[Blind]:
    n = sum(n for referral, _, n in answers if referral == Referral.NOT_ASSESSED)
    if n:
        yield Blind(what="not assessed", why="no model answered, and no list, rule or draw selected them", n=n)
    drawn = sum(n for _, cause, n in answers if cause == Cause.RANDOM)
    if answers and not drawn:
        yield Blind(
            what="no parcel was drawn at random", why="nothing can be said of parcels that nothing selects", n=0
        )


def _named(what: str, counts: dict[str, int]) -> Iterator[Blind]:
    for why, n in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        yield Blind(what=what, why=why, n=n)


def _not_examined(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """Selected parcels that nobody examined, by how far they came and why no further."""
    found = (one.placed for one in targeted(connection, since, until) if one.placed.step not in _EXAMINED)
    return dict(Counter(f"{one.step.value}: {one.reason.value}" for one in found))


def _waived(connection: Connection, since: datetime, until: datetime) -> dict[str, int]:
    first, last = since.date().isoformat(), until.date().isoformat()
    during = [one for one in rows(connection, waivers) if one["first_on"] <= last and one["last_on"] >= first]
    return dict(Counter(f"{one['operator']}: {one['reason']}; instead: {one['instead']}" for one in during))


def _stopped(connection: Connection, since_us: int, until_us: int) -> dict[str, int]:
    during = [
        one for one in stops(connection) if one["stopped_at"] < until_us and (one["resumed_at"] or until_us) >= since_us
    ]
    return dict(Counter(f"{one['reason']}{_of_line(one['line'])}" for one in during))


def _of_line(line: str | None) -> str:
    return "" if line is None else f"; line {line} alone"
