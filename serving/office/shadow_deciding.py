"""What a shadow decides on a portion of what the champion has decided on, from what was committed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby

import numpy as np

from features.bundle import Bundle, Reference
from features.catalogue import catalogue
from features.event_rows import Row, first_at
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.undeclared import UNDECLARED
from features.typical import lane_of
from policy import Ask, Cause, Decision, Decisions, Inputs, LinePolicy, Scores, decide, stronger, unreadable
from policy.capacity import Flags
from policy.chance import Floats
from policy.lists import ListKind, Terms
from serving.office.current import EXAMINED, Life, Version, outcomes_of, versions_of
from serving.office.deciding import with_undeclared
from serving.office.office import Office
from serving.office.rule_names import rule_names
from serving.office.ruling import Held, Live, asked_by, ruling, tried
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.lists import hits_of, lists_of
from serving.store.policy_history import policies_known
from serving.store.rules import rule_hits_of
from serving.store.scores import scores_of
from serving.store.shadows import Shadow, ShadowDecision, shadow_decisions_of
from serving.store.times import microseconds, time_of

References = Callable[[str], Reference | None]
"""Reference population of the bundle of this name and digest; None where it is no longer there."""
Asks = list[Ask | None]


@dataclass
class Shadowing:
    """A shadow at work on one portion of events."""

    office: Office
    connection: Connection
    shadow: Shadow
    model: Bundle | None
    references: References
    _held: dict[date, Held] = field(default_factory=dict)

    def decided(self, seqs: Sequence[int]) -> list[ShadowDecision]:
        """Decide on events, each after those before it on the same parcel."""
        scored = scores_of(self.connection, seqs, with_rows=True)
        events = event_log.events_at(self.connection, seqs)
        numbers = {event["parcel_id"] for event in events if event["parcel_id"]}
        versions = {one.seq: one for one in versions_of(self.connection, numbers)}
        before, examined = self._before(list(versions.values()))
        policies = policies_known(self.connection)
        made: list[ShadowDecision] = []

        def standing(event: Row) -> Decision | None:
            life = _life(event, versions)
            at: datetime = event["known_at"]
            return None if life in examined and examined[life] < at else before.get(life)

        for batch in _without_repeats(events, versions):
            for _, alike in groupby(batch, key=lambda event: _context(scored[event["seq"]])):
                part = list(alike)
                found = self._decide(part, scored, policies, list(map(standing, part)))
                made += found
                before |= {_life(event, versions): one.decision for event, one in zip(part, found, strict=False)}
        return made

    def _before(self, versions: Sequence[Version]) -> tuple[dict[Life, Decision], dict[Life, datetime]]:
        """The latest decision of this shadow on each parcel, and when a parcel was examined first."""
        earlier = shadow_decisions_of(self.connection, self.shadow.shadow_id, [one.seq for one in versions])
        before = {one.life: earlier[one.seq].decision for one in versions if one.seq in earlier}
        examined = {
            life: min(first_at(event) for event in outcomes if event["result"] in EXAMINED)
            for life, outcomes in outcomes_of(self.connection, versions).items()
            if any(event["result"] in EXAMINED for event in outcomes)
        }
        return before, examined

    def _decide(
        self,
        batch: Sequence[Row],
        scored: Mapping[int, Scored],
        policies: Mapping[str, str],
        standing: Sequence[Decision | None],
    ) -> list[ShadowDecision]:
        """Decide on events that the champion decided on under one policy and model."""
        given = [scored[event["seq"]] for event in batch]
        settings = policies.get(given[0].policy_id or "")
        policy = LinePolicy.of(settings) if settings else None
        if policy is None:
            return []
        scores, raw, probability = self._scores(batch, given, policy)
        rules, policy = self._rules(batch, given, policy)
        lists, watched, trusted = self._lists(given)
        made = decide(
            Inputs(
                draw=self.office.seeds.draws(
                    (event["operator"] or "", _number(event), microseconds(first_at(event))) for event in batch
                ),
                scores=scores,
                doubtful=policy.doubts([event[QUALITY_FLAGS] for event in batch]),
                lists=lists,
                rules=rules,
                watched=watched,
                trusted=trusted,
                gate=self.office.gate.limits(batch, time_of(given[0].scored_at).date()),
                standing=standing,
            ),
            policy,
        )
        return list(_kept(self.shadow.shadow_id, given, made, raw, probability))

    def _scores(
        self, batch: Sequence[Row], given: Sequence[Scored], policy: LinePolicy
    ) -> tuple[Scores | None, Floats, Floats]:
        """What the challenger's model, or the one that decided, says."""
        if self.model is not None:
            raw, reference = _raw(self.model, batch, given), self.model.meta.reference
            probability = self.model.probability(raw)
        else:
            raw = np.array([one.raw_score for one in given], dtype=np.float64)
            probability = np.array([one.probability for one in given], dtype=np.float64)
            found = self.references(given[0].bundle_id) if given[0].bundle_id else None
            if found is None:
                return None, raw, probability
            reference = found
        scores = Scores(
            raw=raw,
            probability=probability,
            threshold=reference.threshold(policy.score_budget),
            mean_root=reference.mean_roots(lane_of(event) for event in batch),
        )
        return scores, raw, probability

    def _rules(self, batch: Sequence[Row], given: Sequence[Scored], policy: LinePolicy) -> tuple[Asks, LinePolicy]:
        """What the challenger's rules, or those that hit, ask, and the policy with them."""
        if self.shadow.rules is None:
            hits = rule_hits_of(self.connection, [one.seq for one in given])
            asks = [
                asked_by([Live(stored=rule, tree=None, lost=() if is_whole else ("?",)) for rule, is_whole in found])
                for found in (hits.get(one.seq, []) for one in given)
            ]
        else:
            held = self._tried(time_of(given[0].scored_at).date())
            unknown = np.full(len(catalogue()), np.nan)
            values = np.array([unknown if (kept := _row(one)) is None else kept for one in given])
            asks = ruling(held, batch, values).asks or [None] * len(batch)
            policy = replace(policy, rules=held.digest, lines=held.lines, most_points=held.most_points)
        return with_undeclared(asks, [event["operator"] == UNDECLARED for event in batch]), policy

    def _tried(self, day: date) -> Held:
        """The challenger's rules as they run on a day, see `serving.office.ruling`."""
        if day not in self._held:
            office = self.office
            names = rule_names(self.connection, office.secrets.vault, office.lines, office.clock())
            self._held[day] = tried(self.shadow.rules or (), day, names)
        return self._held[day]

    def _lists(self, given: Sequence[Scored]) -> tuple[Asks, Asks, Flags]:
        """What lists asked: they are never challenged."""
        terms: dict[tuple[str, int], Terms] = {}
        row_of = {one.seq: row for row, one in enumerate(given)}
        lists: list[Ask | None] = [
            unreadable("list:?") if "lists" in (one.degraded or "") and one.cause == Cause.LIST else None
            for one in given
        ]
        watched: list[Ask | None] = [None] * len(given)
        trusted = np.zeros(len(given), dtype=np.bool_)
        for hit in hits_of(self.connection, row_of):
            if not terms:
                terms = {(one.terms.name, one.version): one.terms for one in lists_of(self.connection)}
            one, row = terms[hit.name, hit.version], row_of[hit.seq]
            if one.asks is None:
                trusted[row] = True
            else:
                column = lists if one.kind is ListKind.MANDATORY else watched
                column[row] = _and(column[row], Ask(referral=one.asks, hits=(one.hit,)))
        return lists, watched, trusted


def _kept(
    shadow_id: int, given: Sequence[Scored], made: Decisions, raw: Floats, probability: Floats
) -> Iterator[ShadowDecision]:
    """Decisions as they are kept."""
    for row, (one, decision) in enumerate(zip(given, made, strict=True)):
        yield ShadowDecision(
            shadow_id=shadow_id,
            seq=one.seq,
            referral=decision.referral.value,
            cause=decision.cause.value,
            propensity=decision.propensity,
            raw_score=None if np.isnan(raw[row]) else float(raw[row]),
            probability=None if np.isnan(probability[row]) else float(probability[row]),
        )


def _raw(model: Bundle, batch: Sequence[Row], given: Sequence[Scored]) -> Floats:
    """Raw scores by a model; NaN for what nobody has declared, and where the feature row is no longer kept."""
    found = np.full(len(batch), np.nan)
    rows = [
        row
        for row, (event, one) in enumerate(zip(batch, given, strict=True))
        if _row(one) is not None and event["operator"] != UNDECLARED
    ]
    if rows:
        values = np.array([_row(given[row]) for row in rows])
        found[rows] = model.raw(model.completed(values, [batch[row]["description"] for row in rows]))
    return found


def _row(scored: Scored) -> Floats | None:
    """Feature row; None where it is no longer kept, or is of another catalogue."""
    return scored.features if scored.fingerprint == catalogue().fingerprint else None


def _and(one: Ask | None, other: Ask) -> Ask:
    if one is None:
        return other
    return replace(one, referral=stronger(one.referral, other.referral), hits=(*one.hits, *other.hits))


def _number(event: Row) -> str:
    return event["parcel_id"] or ""


def _life(event: Row, versions: Mapping[int, Version]) -> Life:
    one = versions.get(event["seq"])
    return one.life if one is not None else (event["operator"], str(event["seq"]), first_at(event))


def _context(scored: Scored) -> tuple[str, str, int]:
    return scored.policy_id or "", scored.bundle_id or "", scored.scored_at // 86_400_000_000


def _without_repeats(events: Iterable[Row], versions: Mapping[int, Version]) -> Iterator[list[Row]]:
    """The events in order, cut before each that is of a parcel of the same batch."""
    batch: list[Row] = []
    lives: set[Life] = set()
    for event in events:
        life = _life(event, versions)
        if life in lives:
            yield batch
            batch, lives = [], set()
        batch.append(event)
        lives.add(life)
    yield batch
