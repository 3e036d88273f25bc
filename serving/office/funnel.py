"""The funnel of an office: what became of the parcels that decisions of a period asked to inspect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from features.event_rows import Row, first_at
from features.handling.funnel import Case, Funnel, Placed, funnel, placed
from features.handling.states import Signal
from features.typical import lane_of
from serving.office.answers import referral_of
from serving.office.current import Life, Version, versions_of
from serving.office.entries import LET_GO
from serving.office.handled import entry_of, stages_of
from serving.office.whereabouts import signals_of
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.clock_entries import clock_entries_of
from serving.store.entries import entries_about
from serving.store.movements import Movement, movements_of
from serving.store.scans import scans_of
from serving.store.scores import scored_between
from serving.store.times import microseconds, time_of


class By(StrEnum):
    """What the funnel is taken apart by."""

    ALL = "all"
    OPERATOR = "operator"
    SITE = "site"
    LANE = "lane"
    CAUSE = "cause"


@dataclass(frozen=True, kw_only=True)
class Targeted:
    """One targeted parcel and where it is in the funnel.

    Attributes
    ----------
    parts:
        The part that it belongs to, by what the funnel is taken apart by.
    propensity:
        Of its selection: estimates weight by it whether the parcel came or not.
    """

    parcel_id: str
    parts: dict[By, str]
    propensity: float
    placed: Placed


@dataclass(frozen=True, kw_only=True)
class Selected:
    """A parcel that a decision asked to inspect, with what is on record of it.

    Attributes
    ----------
    versions:
        Its versions, oldest first.
    decisions:
        Those of the period that asked for it, oldest first.
    signals:
        Everything that says where it is or was.
    stages:
        Stages in force.
    is_ended:
        Whether a person has ended its referral (docs/clocks.md).
    """

    versions: Sequence[Version]
    decisions: Sequence[Scored]
    movements: Sequence[Movement]
    signals: Sequence[Signal]
    stages: Sequence[Row]
    is_ended: bool = False

    @property
    def newest(self) -> Version:
        """Its current version."""
        return self.versions[-1]

    @property
    def asked_at(self) -> datetime:
        """When a decision asked for it first."""
        return time_of(min(one.scored_at for one in self.decisions))


def selected(connection: Connection, since: datetime, until: datetime) -> list[Selected]:
    """Parcels of which a decision from `since` to before `until` asked for an inspection, each once."""
    asked = scored_between(connection, microseconds(since), microseconds(until))
    wanted = {scored.seq: scored for scored in asked if referral_of(scored).asks_inspection}
    versions = versions_of(connection, _numbers(connection, wanted))
    lives: dict[Life, list[Version]] = {}
    for version in versions:
        lives.setdefault(version.life, []).append(version)
    stages, ended = stages_of(connection, versions), _ended(connection, [version.seq for version in versions])
    return [
        _selected(connection, its, decisions, stages.get(life, []), ended)
        for life, its in lives.items()
        if (decisions := [wanted[one.seq] for one in its if one.seq in wanted])
    ]


def _ended(connection: Connection, seqs: Sequence[int]) -> set[int]:
    """Those of the parcel events whose referral a person has ended, at the station or by its clock."""
    let_go = {entry.seq for entry in entries_about(connection, seqs) if entry.answer == LET_GO}
    return let_go | {entry.seq for entry in clock_entries_of(connection, seqs) if entry.end}


def _numbers(connection: Connection, wanted: Iterable[int]) -> set[str]:
    return {event["parcel_id"] for event in event_log.events_at(connection, wanted) if event["parcel_id"]}


def _selected(
    connection: Connection, versions: list[Version], decisions: list[Scored], stages: list[Row], ended: set[int]
) -> Selected:
    newest = versions[-1]
    movements = movements_of(connection, *newest.key, since=first_at(newest.event))
    scans = scans_of(connection, (one.seq for one in versions))
    signals = signals_of(newest, movements, stages, scans)
    return Selected(
        versions=versions,
        decisions=decisions,
        movements=movements,
        signals=signals,
        stages=stages,
        is_ended=any(one.seq in ended for one in versions),
    )


def targeted(connection: Connection, since: datetime, until: datetime) -> list[Targeted]:
    """Where each selected parcel of a period is in the funnel."""
    return [_targeted(one) for one in selected(connection, since, until)]


def _targeted(one: Selected) -> Targeted:
    event, decision = one.newest.event, one.decisions[-1]
    case = Case(
        targeted_at=one.asked_at,
        is_cancelled=one.newest.is_retracted,
        signals=one.signals,
        entries=[entry_of(stage) for stage in one.stages],
        is_ended=one.is_ended,
    )
    return Targeted(
        parcel_id=one.newest.key[1],
        parts={
            By.ALL: "all",
            By.OPERATOR: one.newest.key[0],
            By.SITE: event["destination_office"] or "not known",
            By.LANE: lane_of(event),
            By.CAUSE: decision.cause,
        },
        propensity=decision.propensity,
        placed=placed(case),
    )


def funnels(parcels: Iterable[Targeted], by: By) -> list[Funnel]:
    """Funnel of each part, largest first."""
    parts: dict[str, list[Placed]] = {}
    for one in parcels:
        parts.setdefault(one.parts[by], []).append(one.placed)
    return sorted((funnel(part, its) for part, its in parts.items()), key=lambda one: (-one.n, one.part))
