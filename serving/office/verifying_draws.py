"""Check the draws of one day: from its seed, and from what was stored of each parcel, everything is computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

import numpy as np

from features.bundle import Reference
from features.event_rows import Row, first_at
from features.typical import lane_of
from policy import Ask, Cause, Decision, Decisions, Inputs, LinePolicy, Referral, Scores, decide, draw_text, draws
from policy.seeds import beginning_us, commitment, day_of
from serving.office.current import Life, decision_of, versions_of
from serving.office.seeds import committed_day
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.policy_history import committed_since, policies_known
from serving.store.rules import rule_hits_of
from serving.store.scores import scored_on, scores_of
from serving.store.times import microseconds

_DAY_US = 86_400_000_000
_AT_ONCE = 2_000
References = Callable[[str], Reference | None]
"""Reference population of the bundle of this name and digest; None where it is no longer there."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first decision that chance explains otherwise than it is stored."""

    seq: int
    what: str
    stored: str
    recomputed: str


@dataclass(frozen=True, kw_only=True)
class DrawsVerified:
    """What the check of a day's draws found.

    Attributes
    ----------
    is_committed:
        Whether the seed is the one that was committed.
    is_in_time:
        Whether it was committed before the first parcel of the day was lodged.
    n_checked, n_drawn, n_different:
        Decisions that were computed again, those of them that chance made, and those that differ.
    n_unknown:
        Decisions of a bundle or of a procedure that is no longer there: their draw was made again, not their
        propensity.
    n_erased:
        Decisions on parcels whose number was erased: they cannot be drawn again.
    n_before:
        Decisions on parcels of the day that were lodged before seeds were committed at all.
    """

    day: date
    is_committed: bool
    is_in_time: bool = True
    n_checked: int = 0
    n_drawn: int = 0
    n_different: int = 0
    n_unknown: int = 0
    n_erased: int = 0
    n_before: int = 0
    first: Difference | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nobody has steered anything, as far as this check can say."""
        return self.is_committed and self.is_in_time and not self.n_different


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """One decision of the past, those on earlier versions of the same parcel, and by how much rules raised it."""

    event: Row
    scored: Scored
    earlier: float
    points: float = 0.0

    @property
    def raised(self) -> Ask | None:
        return Ask(referral=Referral.RELEASE, hits=(), points=self.points) if self.points else None

    @property
    def decision(self) -> Decision:
        return decision_of(self.scored)

    @property
    def context(self) -> tuple[str, str]:
        return self.scored.policy_id or "", self.scored.bundle_id or ""


def verify_draws(connection: Connection, seed: bytes, day: date, references: References) -> DrawsVerified:
    """Compute every draw of the parcels that were first lodged on `day` again, from its seed.

    Raises
    ------
    ParcelRiskError
        When no seed was committed for the day.
    """
    committed = committed_day(connection, day)
    found = DrawsVerified(day=day, is_committed=committed.commitment == commitment(seed))
    since_us, policies = committed_since(connection) or 0, policies_known(connection)
    for stored in _of_day(connection, day):
        known = [one for one in stored if one.event["parcel_id"] is not None]
        drawn_by_it = [one for one in known if microseconds(first_at(one.event)) >= since_us]
        late = any(microseconds(first_at(one.event)) < committed.committed_at for one in drawn_by_it)
        found = replace(
            found,
            is_in_time=found.is_in_time and not late,
            n_erased=found.n_erased + len(stored) - len(known),
            n_before=found.n_before + len(known) - len(drawn_by_it),
        )
        for (policy_id, bundle_id), alike in _by_context(drawn_by_it):
            policy = LinePolicy.of(policies[policy_id]) if policy_id in policies else None
            found = _checked(found, alike, seed, policy, references(bundle_id) if bundle_id else None)
    return found


def _of_day(connection: Connection, day: date) -> Iterator[list[_Stored]]:
    """Decisions on the parcels that were first lodged on a day, on all versions, some parcels at a time."""
    start_us = beginning_us(day)
    seqs = scored_on(connection, start_us, start_us + _DAY_US)
    for start in range(0, len(seqs), _AT_ONCE):
        yield _decisions_at(connection, seqs[start : start + _AT_ONCE], day)


def _decisions_at(connection: Connection, seqs: Sequence[int], day: date) -> list[_Stored]:
    """Decisions on the parcels of a day that were lodged first at one of `seqs`, on later versions as well."""
    events = [event for event in event_log.events_at(connection, seqs) if _is_of(event, day)]
    firsts = {event["seq"] for event in events if event["known_at"] == first_at(event)}
    ids = {event["parcel_id"] for event in events if event["parcel_id"] is not None and event["seq"] in firsts}
    versions = versions_of(connection, ids)
    of_these = {one.life for one in versions if one.seq in firsts}
    versions = [one for one in versions if one.life in of_these]
    erased = [event for event in events if event["parcel_id"] is None]
    scored = scores_of(connection, [one.seq for one in versions] + [event["seq"] for event in erased])
    lives: dict[Life, float] = {}
    points = {
        seq: sum(rule.rule.raises for rule, _ in hits)
        for seq, hits in rule_hits_of(connection, [one.seq for one in versions]).items()
    }
    stored = []
    for one in versions:
        if one.seq in scored:
            earlier, raised = lives.get(one.life, 0.0), points.get(one.seq, 0.0)
            stored.append(_Stored(event=one.event, scored=scored[one.seq], earlier=earlier, points=raised))
            lives[one.life] = max(lives.get(one.life, 0.0), scored[one.seq].propensity)
    return stored + [_Stored(event=event, scored=scored[event["seq"]], earlier=0.0) for event in erased]


def _is_of(event: Row, day: date) -> bool:
    return day_of(microseconds(first_at(event))) == day


def _by_context(stored: Iterable[_Stored]) -> Iterator[tuple[tuple[str, str], list[_Stored]]]:
    ordered = sorted(stored, key=lambda one: (one.context, one.scored.seq))
    return ((context, list(alike)) for context, alike in groupby(ordered, key=lambda one: one.context))


def _checked(
    found: DrawsVerified, stored: Sequence[_Stored], seed: bytes, policy: LinePolicy | None, reference: Reference | None
) -> DrawsVerified:
    """Add decisions of one policy and one model to what was found."""
    texts = (
        draw_text(one.event["operator"] or "", one.event["parcel_id"], microseconds(first_at(one.event)))
        for one in stored
    )
    draw = draws(seed, texts)
    again = _decided(stored, draw, policy, reference)
    differences = [
        difference
        for row, one in enumerate(stored)
        if (difference := _difference(one, float(draw[row]), [each[row] for each in again])) is not None
    ]
    first = min((one for one in (found.first, *differences) if one), key=lambda one: one.seq, default=None)
    return replace(
        found,
        n_checked=found.n_checked + len(stored),
        n_drawn=found.n_drawn + sum(one.decision.cause is Cause.RANDOM for one in stored),
        n_unknown=found.n_unknown + (0 if again else len(stored)),
        n_different=found.n_different + len(differences),
        first=first,
    )


def _decided(
    stored: Sequence[_Stored], draw: np.ndarray, policy: LinePolicy | None, reference: Reference | None
) -> list[Decisions]:
    """What score and chance alone say, by the same procedure; nothing where policy or bundle are not known.

    Where there were lists, a parcel may have been on a trusted one, which no decision records: then chance alone is a
    second answer.
    """
    has_model = bool(stored[0].scored.bundle_id)
    if policy is None or (has_model and reference is None):
        return []
    scores = None
    if reference is not None:
        missing = float("nan")
        scores = Scores(
            raw=np.array([missing if one.scored.raw_score is None else one.scored.raw_score for one in stored]),
            probability=np.array(
                [missing if one.scored.probability is None else one.scored.probability for one in stored]
            ),
            threshold=reference.threshold(policy.score_budget),
            mean_root=reference.mean_roots(lane_of(one.event) for one in stored),
        )
    trusted = [None, np.ones(len(stored), dtype=np.bool_)] if policy.lists and scores is not None else [None]
    raised = [one.raised for one in stored]
    return [decide(Inputs(draw=draw, scores=scores, rules=raised, trusted=one), policy) for one in trusted]


def _difference(one: _Stored, draw: float, again: Sequence[Decision]) -> Difference | None:
    """What does not agree in one decision with any of those made again; None where all does.

    Lists and rules make a propensity certain, and the propensity of an earlier decision on the parcel stays.
    """
    stored = one.decision
    if stored.cause is Cause.RANDOM and draw >= stored.propensity:
        now = f"not drawn: {draw:.6f} is not below {stored.propensity:.6f}"
        return Difference(seq=one.scored.seq, what="drawn", stored="drawn", recomputed=now)
    found = [_from(one, stored, each) for each in again]
    return next((each for each in found if each is not None), None) if all(found) else None


def _from(one: _Stored, stored: Decision, again: Decision) -> Difference | None:
    """What does not agree with one decision made again."""
    asks = stored.referral.asks_inspection
    if again.referral.asks_inspection and not asks:
        now = f"{again.referral.value} by {again.cause.value}"
        return Difference(seq=one.scored.seq, what="selected", stored=stored.referral.value, recomputed=now)
    is_named = stored.cause in (Cause.LIST, Cause.RULE) and asks
    allowed = {1.0} if is_named else {again.propensity, max(again.propensity, one.earlier)}
    if stored.propensity in allowed:
        return None
    was, now = str(stored.propensity), str(again.propensity)
    return Difference(seq=one.scored.seq, what="propensity", stored=was, recomputed=now)
