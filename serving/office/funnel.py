"""The funnel of an office: what became of the parcels that decisions of a period asked to inspect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from features.event_rows import Row, first_at
from features.handling.funnel import Case, Funnel, Placed, funnel, placed
from features.typical import lane_of
from serving.office.answers import referral_of
from serving.office.current import Life, Version, versions_of
from serving.office.handled import entry_of, stages_of
from serving.office.whereabouts import signals_of
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.movements import movements_of
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


def targeted(connection: Connection, since: datetime, until: datetime) -> list[Targeted]:
    """Parcels of which a decision from `since` to before `until` asked for an inspection, each once."""
    asked = scored_between(connection, microseconds(since), microseconds(until))
    wanted = {scored.seq: scored for scored in asked if referral_of(scored).asks_inspection}
    versions = versions_of(connection, _numbers(connection, wanted))
    lives: dict[Life, list[Version]] = {}
    for version in versions:
        lives.setdefault(version.life, []).append(version)
    stages = stages_of(connection, versions)
    return [
        _targeted(connection, its, decisions, stages.get(life, []))
        for life, its in lives.items()
        if (decisions := [wanted[one.seq] for one in its if one.seq in wanted])
    ]


def _numbers(connection: Connection, wanted: Iterable[int]) -> set[str]:
    return {event["parcel_id"] for event in event_log.events_at(connection, wanted) if event["parcel_id"]}


def _targeted(connection: Connection, versions: list[Version], decisions: list[Scored], stages: list[Row]) -> Targeted:
    """One parcel by its versions, the decisions that asked for it, and its stages."""
    newest = versions[-1]
    event, decision = newest.event, decisions[-1]
    movements = movements_of(connection, *newest.key, since=first_at(event))
    scans = scans_of(connection, (one.seq for one in versions))
    case = Case(
        targeted_at=time_of(min(one.scored_at for one in decisions)),
        is_cancelled=newest.is_retracted,
        signals=signals_of(newest, movements, stages, scans),
        entries=[entry_of(stage) for stage in stages],
    )
    return Targeted(
        parcel_id=newest.key[1],
        parts={
            By.ALL: "all",
            By.OPERATOR: newest.key[0],
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
