"""Score a batch and decide on it: model, policy, draws, standing decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from features.bundle import Bundle
from features.catalogue import FeatureRows, catalogue
from features.declared.declare import Floats
from features.event_rows import Row, first_at
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.undeclared import UNDECLARED
from features.reasons import Reason, reasons
from features.typical import lane_of
from policy import Ask, Decision, Decisions, Inputs, Limit, LinePolicy, Referral, Scores, decide, stronger
from policy.capacity import Flags
from serving.office.champion import Champion
from serving.office.entering import Entering
from serving.office.listing import Listing
from serving.office.office import Office
from serving.office.ruling import Ruling
from serving.office.stopping import STOPPED
from serving.store import Scored
from serving.store.scores import Disclosed
from serving.store.times import microseconds, time_of

LABEL_ALONE = "label alone"
"""What answers an undeclared item, in two words."""
_CHECK_BY_HAND = Ask(referral=Referral.MANUAL_CHECK, hits=("undeclared",))
_UNREADABLE = " unreadable"
Columns = list[tuple[float | None, float | None, float | None]]
"""Raw score, probability and share of the population that scores at least as high, of each parcel."""


def scored_and_decided(
    office: Office,
    batch: list[Row],
    computed: FeatureRows,
    parcels: Sequence[Entering],
    ruling: Ruling,
    listing: Listing,
    *,
    at_us: int,
    stopped: Flags | None = None,
) -> list[Scored]:
    """Score the parcel events of `batch`, decide on them, and say why where somebody will look.

    Parameters
    ----------
    parcels:
        The same parcels as they were lodged.
    ruling:
        What rules ask of them.
    listing:
        What lists ask of them.
    stopped:
        For which of them a person has stopped the score: no model speaks of them.
    """
    # Once: another cut, or another model, may come while we decide.
    policy, champion = _in_force(office.policy, ruling, listing), _unless_stopped(office.champion, stopped)
    plain, (computed, scores, columns) = computed, _scores(champion.bundle, policy, batch, computed)
    if scores is not None and not _usable(scores):
        champion = office.model.distrust(champion, len(batch))
        computed, scores, columns = _scores(None, policy, batch, plain)
    model = champion.bundle
    undeclared = [event["operator"] == UNDECLARED for event in batch]
    unheard = _unheard(undeclared, stopped)
    rules, open_rules = ruling.asks, ruling.asks if ruling.open_asks is None else ruling.open_asks
    if any(unheard):
        away = [one is not None for one in unheard]
        scores, columns = _without(scores, columns, away)
        # Nothing that a model completes belongs to a row that no model has read.
        computed = replace(computed, values=np.where(np.array(away)[:, None], plain.values, computed.values))
    if any(undeclared):
        rules, open_rules = (with_undeclared(one or [None] * len(batch), undeclared) for one in (rules, open_rules))
    inputs = Inputs(
        draw=_draws(office, batch),
        scores=scores,
        rules=rules,
        lists=listing.asked.lists,
        watched=listing.asked.watched,
        trusted=listing.asked.trusted,
        doubtful=policy.doubts([event[QUALITY_FLAGS] for event in batch]),
        gate=office.gate.limits(batch, time_of(at_us).date()),
        recalled=[one.recalled for one in parcels],
        standing=[one.standing for one in parcels],
    )
    decisions = decide(inputs, policy)
    is_covert = ruling.open_asks is not None or any([one.asks_covertly for one in parcels])
    disclosed = decide(_as_disclosed(inputs, open_rules), policy) if is_covert else decisions
    why = _reasons(model, batch, computed, decisions, explain=[one.explain for one in parcels])
    return [
        Scored(
            seq=event["seq"],
            content=lodged.content,
            scored_at=at_us,
            fingerprint=catalogue().fingerprint,
            features=values,
            bundle_id=model.bundle_id if model and not lacks else None,
            raw_score=raw,
            probability=probability,
            flow_share=share,
            referral=str(decision.referral),  # a property of `enum` takes three calls
            cause=str(decision.cause),
            propensity=decision.propensity,
            degraded=_degraded(lacks or champion.degraded, ruling.degraded, listing.degraded),
            policy_id=decision.policy_id,
            gate=None if decision.limit is Limit.NONE else str(decision.limit),
            policy=policy.settings,
            reasons=None if lacks else why.get(index),
            disclosed=_disclosed(decision, disclosed[index]) if is_covert else None,
        )
        for index, (event, lodged, values, (raw, probability, share), decision, lacks) in enumerate(
            zip(batch, parcels, computed.values, columns, decisions, unheard, strict=True)
        )
    ]


def _unless_stopped(champion: Champion, stopped: Flags | None) -> Champion:
    return champion if stopped is None or not stopped.all() else Champion(bundle=None, problem=STOPPED)


def _unheard(undeclared: list[bool], stopped: Flags | None) -> list[str | None]:
    """Why no model speaks of a parcel, in two words; None where it does."""
    by_label = [LABEL_ALONE if one else None for one in undeclared]
    if stopped is None:
        return by_label
    return [why or (STOPPED if one else None) for why, one in zip(by_label, stopped.tolist(), strict=True)]


def _as_disclosed(inputs: Inputs, rules: Sequence[Ask | None] | None) -> Inputs:
    """The same without what asks covertly: from it comes what operators are shown."""
    recalled = [None if ask is None or ask.is_covert else ask for ask in inputs.recalled or ()]
    standing = [one and (one.disclosed or one) for one in inputs.standing or ()]
    return replace(inputs, rules=rules, recalled=recalled, standing=standing)


def _disclosed(decision: Decision, disclosed: Decision) -> Disclosed | None:
    """What the operator is shown; None where it is the decision."""
    made, shown = ((one.referral, one.cause, one.propensity) for one in (decision, disclosed))
    if made == shown:
        return None
    return Disclosed(referral=disclosed.referral.value, cause=disclosed.cause.value, propensity=disclosed.propensity)


def _in_force(policy: LinePolicy, ruling: Ruling, listing: Listing) -> LinePolicy:
    """The policy with the rules and lists that are live; itself, whose identity is worked out once, without any."""
    if not (ruling.digest or listing.digest):
        return policy
    return replace(
        policy, rules=ruling.digest, lines=ruling.lines, most_points=ruling.most_points, lists=listing.digest
    )


def _degraded(model: str | None, *unreadable: str | None) -> str | None:
    """What an answer lacks: the model, and what cannot be read."""
    lacking = ", ".join(one.removesuffix(_UNREADABLE) for one in unreadable if one)
    return ", ".join(filter(None, (model, lacking and f"{lacking}{_UNREADABLE}"))) or None


def with_undeclared(rules: Sequence[Ask | None], undeclared: list[bool]) -> list[Ask | None]:
    """What rules ask, and a check by hand of what nobody declared, unless a rule asks for more."""
    return [_check_by_hand(ask) if is_undeclared else ask for ask, is_undeclared in zip(rules, undeclared, strict=True)]


def _check_by_hand(ask: Ask | None) -> Ask:
    if ask is None:
        return _CHECK_BY_HAND
    hits = (*_CHECK_BY_HAND.hits, *ask.hits)
    return replace(ask, referral=stronger(ask.referral, _CHECK_BY_HAND.referral), hits=hits)


def _without(scores: Scores | None, columns: Columns, away: list[bool]) -> tuple[Scores | None, Columns]:
    """Scores without those of items that nobody declared, of which no model has learned, and of stopped lines."""
    columns = [(None, None, None) if is_away else one for one, is_away in zip(columns, away, strict=True)]
    if scores is not None:
        raw, probability = (np.where(away, np.nan, one) for one in (scores.raw, scores.probability))
        scores = replace(scores, raw=raw, probability=probability)
    return scores, columns


def _draws(office: Office, batch: list[Row]) -> Floats:
    return office.seeds.draws(
        [(event["operator"] or "", event["parcel_id"], microseconds(first_at(event))) for event in batch]
    )


def _scores(
    model: Bundle | None, policy: LinePolicy, batch: list[Row], computed: FeatureRows
) -> tuple[FeatureRows, Scores | None, Columns]:
    if model is None:
        return computed, None, [(None, None, None)] * len(batch)
    descriptions = [event["description"] for event in batch]
    computed = replace(computed, values=model.completed(computed.values, descriptions))
    raw = model.raw(computed.values)
    probability = model.probability(raw)
    reference = model.meta.reference
    scores = Scores(
        raw=raw,
        probability=probability,
        threshold=reference.threshold(policy.score_budget),
        mean_root=reference.mean_roots([lane_of(event) for event in batch]),
    )
    return (
        computed,
        scores,
        list(zip(raw.tolist(), probability.tolist(), reference.share_at(raw).tolist(), strict=True)),
    )


def _usable(scores: Scores) -> bool:
    """Whether every number of a model is one that a decision can rest on."""
    # Plain numbers: of one parcel, an array is asked at ten times the cost. NaN compares with nothing.
    are_shares = all([0.0 <= one <= 1.0 for one in scores.probability.tolist()])
    return are_shares and all(map(isfinite, scores.raw.tolist()))


def _reasons(
    model: Bundle | None, batch: list[Row], computed: FeatureRows, decisions: Decisions, *, explain: list[bool]
) -> dict[int, tuple[Reason, ...]]:
    if model is None:
        return {}
    wanted = [row for row, referral in enumerate(decisions.referral) if explain[row] or referral.asks_inspection]
    if not wanted:
        return {}
    facts = [batch[row] for row in wanted]
    descriptions, lanes = [event["description"] for event in facts], [lane_of(event) for event in facts]
    found = reasons(model, computed.values[wanted], descriptions, lanes)
    return {row: tuple(why) for row, why in zip(wanted, found, strict=True)}
