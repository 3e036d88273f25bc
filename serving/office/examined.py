"""Parcels that were examined in a period: what selected each of them, and whether something was found.

The period is that in which the office learned of the result, as the audit notes it. Test parcels are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from policy import Cause, LinePolicy
from serving.office.answers import referral_of
from serving.office.current import EXAMINED, Life, Version, outcome_in_force, outcomes_of, versions_of
from serving.store import Connection, Scored, audit
from serving.store import log as event_log
from serving.store.lists import hits_of, lists_of
from serving.store.policy_history import policy_known
from serving.store.quality import lane_in
from serving.store.rules import rule_hits_of
from serving.store.scores import scores_of
from serving.store.times import microseconds
from serving.store.trials import trials_among

_RECORDED = ("outcome", "correction", "stage")
_AT_ONCE = 10_000


class Arm(StrEnum):
    """What selects parcels for an inspection."""

    LIST = "list"
    RULE = "rule"
    MODEL = "model"
    DRAW = "draw"
    HUNT = "hunt"
    OFFICER = "officer"
    """Nothing asked for it: an officer picked the parcel."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """One parcel that was examined.

    Attributes
    ----------
    known_at:
        When the office learned of the result.
    arms:
        All that selected it. A draw is named where nothing else selected the parcel: only then it decided.
    probability, propensity:
        Of the decision that counts; None where no model had assessed it, or it was picked.
    """

    parcel_id: str
    lane: str
    known_at: datetime
    is_found: bool
    arms: frozenset[Arm]
    probability: float | None
    propensity: float | None


def examined(connection: Connection, since: datetime, until: datetime) -> list[Examined]:
    """Parcels with a result that the office learned from `since` to before `until`, each once, oldest first."""
    seqs = _subjects(connection, since, until)
    numbers = {event["parcel_id"] for event in event_log.events_at(connection, seqs) if event["parcel_id"]}
    lives: dict[Life, list[Version]] = {}
    for version in versions_of(connection, numbers):
        lives.setdefault(version.life, []).append(version)
    wanted = {life: its for life, its in lives.items() if seqs & {one.seq for one in its}}
    everything = [one for its in wanted.values() for one in its]
    results, arms = outcomes_of(connection, everything), _Arms(connection, [one.seq for one in everything])
    trials = trials_among(connection, [life[:2] for life in wanted])
    found = [
        _examined(life, its, outcome_in_force(results[life]), arms)
        for life, its in wanted.items()
        if life in results and life[:2] not in trials and outcome_in_force(results[life])["result"] in EXAMINED
    ]
    return sorted((one for one in found if since <= one.known_at < until), key=lambda one: one.known_at)


def _subjects(connection: Connection, since: datetime, until: datetime) -> set[int]:
    """Parcel events of which something was recorded in the period."""
    seqs: set[int] = set()
    after = 0
    first_us, last_us = microseconds(since), microseconds(until)
    while entries := audit.entries(connection, after=after, limit=_AT_ONCE, since_us=first_us, until_us=last_us):
        for entry in entries:
            if entry.action in _RECORDED and entry.first is not None:
                seqs |= set(range(entry.first, (entry.last or entry.first) + 1))
        after = entries[-1].number
    return {event["subject_seq"] for event in event_log.events_at(connection, seqs)}


class _Arms:
    """What selected parcels, by their events."""

    def __init__(self, connection: Connection, seqs: Iterable[int]) -> None:
        wanted = list(seqs)
        self.scored = scores_of(connection, wanted)
        asking = {
            (one.terms.name, one.version)
            for one in lists_of(connection)
            if one.terms.asks and one.terms.asks.asks_inspection
        }
        self._lists = {hit.seq for hit in hits_of(connection, wanted) if (hit.name, hit.version) in asking}
        self._rules = {
            seq
            for seq, hits in rule_hits_of(connection, wanted).items()
            if any(one.rule.asks.asks_inspection for one, _ in hits)
        }
        self._connection = connection
        self._budget = lru_cache(maxsize=256)(self._score_budget)

    def of(self, seqs: Iterable[int]) -> frozenset[Arm]:
        """Arms of one parcel, by the events of its versions."""
        found: set[Arm] = set()
        for seq in seqs:
            one = self.scored.get(seq)
            if one is not None and referral_of(one).asks_inspection:
                found |= self._of_decision(one)
        if found - {Arm.DRAW}:
            found.discard(Arm.DRAW)
        return frozenset(found or {Arm.OFFICER})

    def _of_decision(self, one: Scored) -> set[Arm]:
        cause, found = Cause.parse(one.cause), set[Arm]()
        if one.seq in self._lists or cause is Cause.LIST:
            found.add(Arm.LIST)
        if one.seq in self._rules or cause is Cause.RULE:
            found.add(Arm.RULE)
        if cause is Cause.SCORE or (one.flow_share is not None and one.flow_share <= self._budget(one.policy_id)):
            found.add(Arm.MODEL)
        if cause is Cause.HUNT:
            found.add(Arm.HUNT)
        return found or {Arm.DRAW}

    def _score_budget(self, policy_id: str | None) -> float:
        """Share that the policy of a decision selected for its score; below every share where it is not known."""
        settings = policy_known(self._connection, policy_id)
        policy = LinePolicy.of(settings) if settings else None
        return -1.0 if policy is None else policy.score_budget


def _examined(life: Life, versions: list[Version], outcome: dict[str, object], arms: _Arms) -> Examined:
    scored = [arms.scored[one.seq] for one in versions if one.seq in arms.scored]
    asked = [one for one in scored if referral_of(one).asks_inspection]
    decision = next(iter((asked or scored)[-1:]), None)
    known_at = outcome["known_at"]
    if not isinstance(known_at, datetime):
        raise TypeError("an outcome has the time at which it was learned")
    return Examined(
        parcel_id=life[1],
        lane=lane_in(versions[-1].event),
        known_at=known_at,
        is_found=outcome["result"] == "found",
        arms=arms.of(one.seq for one in versions),
        probability=None if decision is None else decision.probability,
        propensity=asked[-1].propensity if asked else None,
    )
