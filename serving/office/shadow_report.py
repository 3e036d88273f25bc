"""What a shadow would have selected, next to what was selected, on the same parcels with the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.parcel.problems import ParcelRiskError
from features.typical import lane_of
from policy import Cause, Referral
from policy.whatif import Findings, Grouped, Period, findings
from serving.office.current import EXAMINED, outcome_in_force, outcomes_of, versions_of
from serving.store import Connection
from serving.store import log as event_log
from serving.store.scores import scores_of
from serving.store.shadows import Shadow, ShadowDecision, newest_shadow, shadow_decisions_of

_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class ShadowReport:
    """A shadow compared with the champion, each parcel once: by its latest version.

    Attributes
    ----------
    n:
        Parcels that both decided on.
    champion, challenger:
        What each selected.
    both, only_champion, only_challenger:
        Where they agree, and where they do not.
    causes:
        Parcels by the cause of the champion and that of the challenger.
    """

    shadow: Shadow
    n: int
    champion: Findings
    challenger: Findings
    both: Findings
    only_champion: Findings
    only_challenger: Findings
    causes: Mapping[tuple[Cause, Cause], int]


def report(connection: Connection) -> ShadowReport:
    """Compare the shadow that runs, or the last one that did.

    Raises
    ------
    ParcelRiskError
        When there never was one, or it has decided on nothing yet.
    """
    found = newest_shadow(connection)
    if found is None:
        raise ParcelRiskError("there never was a shadow. `parcel-risk shadow start` starts one.")
    made = shadow_decisions_of(connection, found.shadow_id)
    if not made:
        raise ParcelRiskError("the shadow has not decided on any parcel yet. The service lets it decide each minute.")
    rows = [
        row
        for start in range(0, len(made), _AT_ONCE)
        for row in _rows(connection, list(made)[start : start + _AT_ONCE])
    ]
    latest = {row.life: row for row in rows}
    return _compared(found, list(latest.values()), made)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One decided version: of which parcel, what the champion decided, and what was found in it."""

    seq: int
    life: tuple[object, ...]
    at_us: int
    lane: str
    sender: int
    referral: Referral
    cause: Cause
    propensity: float
    label: int


def _rows(connection: Connection, seqs: Sequence[int]) -> list[_Row]:
    scored, events = scores_of(connection, seqs), event_log.events_at(connection, seqs)
    versions = versions_of(connection, {event["parcel_id"] for event in events if event["parcel_id"]})
    lives = {one.seq: one.life for one in versions}
    outcomes = outcomes_of(connection, versions)
    found = []
    for event in events:
        one = scored[event["seq"]]
        life = lives.get(event["seq"])
        results = [] if life is None else outcomes.get(life, [])
        result = outcome_in_force(results)["result"] if results else None
        found.append(
            _Row(
                seq=event["seq"],
                life=life or (event["seq"],),
                at_us=one.scored_at,
                lane=lane_of(event),
                sender=-event["seq"] if event["sender_key"] is None else event["sender_key"],
                referral=Referral.parse(one.referral),
                cause=Cause.parse(one.cause),
                propensity=one.propensity,
                label=int(result == "found") if result in EXAMINED else -1,
            )
        )
    return found


def _compared(shadow: Shadow, rows: Sequence[_Row], made: Mapping[int, ShadowDecision]) -> ShadowReport:
    challengers = [made[row.seq] for row in rows]
    by_champion = np.array([row.referral.asks_inspection for row in rows], dtype=np.bool_)
    by_challenger = np.array([one.decision.referral.asks_inspection for one in challengers], dtype=np.bool_)
    period = _period(rows, challengers, by_champion)
    causes: dict[tuple[Cause, Cause], int] = {}
    for row, one in zip(rows, challengers, strict=True):
        pair = row.cause, Cause.parse(one.cause)
        causes[pair] = causes.get(pair, 0) + 1
    return ShadowReport(
        shadow=shadow,
        n=len(rows),
        champion=findings(period, by_champion),
        challenger=findings(period, by_challenger),
        both=findings(period, by_champion & by_challenger),
        only_champion=findings(period, by_champion & ~by_challenger),
        only_challenger=findings(period, by_challenger & ~by_champion),
        causes=causes,
    )


def _period(rows: Sequence[_Row], challengers: Sequence[ShadowDecision], by_champion: np.ndarray) -> Period:
    """The parcels as estimates take them: the challenger's probabilities predict, the champion's draws correct."""
    n = len(rows)
    lanes = sorted({row.lane for row in rows})
    code = {lane: number for number, lane in enumerate(lanes)}
    everywhere = Grouped(np.zeros(n, dtype=np.int64), ("all",))
    return Period(
        at_us=np.array([row.at_us for row in rows], dtype=np.int64),
        raw=np.array([one.raw_score for one in challengers], dtype=np.float64),
        probability=np.array([one.probability for one in challengers], dtype=np.float64),
        root=np.ones(n),
        label=np.array([row.label for row in rows], dtype=np.int64),
        was_selected=by_champion,
        was_propensity=np.array([row.propensity for row in rows]),
        was_minutes=np.zeros(n),
        sender=np.array([row.sender for row in rows], dtype=np.int64),
        lane=Grouped(np.array([code[row.lane] for row in rows], dtype=np.int64), lanes),
        origin=everywhere,
    )
