"""Score a batch and decide on it: model, policy, draws, standing decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from features.catalogue import FeatureRows, catalogue
from features.declared.declare import Floats
from features.event_rows import Row, first_at
from features.parcel.flags import QUALITY_FLAGS
from features.reasons import Reason, reasons
from features.typical import lane_of
from policy import Decisions, Inputs, Scores, decide, draw_text, draws
from serving.office.entering import Entering
from serving.office.office import Office
from serving.store import Scored
from serving.store.times import microseconds

Columns = list[tuple[float | None, float | None, float | None]]
"""Raw score, probability and share of the population that scores at least as high, of each parcel."""


def scored_and_decided(
    office: Office, batch: list[Row], computed: FeatureRows, parcels: Sequence[Entering], *, at_us: int
) -> list[Scored]:
    """Score the parcel events of `batch`, decide on them, and say why where somebody will look.

    Parameters
    ----------
    parcels:
        The same parcels as they were lodged.
    """
    computed, scores, columns = _scores(office, batch, computed)
    decisions = decide(
        Inputs(
            draw=_draws(office, batch),
            scores=scores,
            doubtful=office.policy.doubts([event[QUALITY_FLAGS] for event in batch]),
            standing=[one.standing for one in parcels],
        ),
        office.policy,
    )
    why = _reasons(office, batch, computed, decisions, explain=[one.explain for one in parcels])
    model = office.champion.bundle
    return [
        Scored(
            seq=event["seq"],
            content=lodged.content,
            scored_at=at_us,
            fingerprint=catalogue().fingerprint,
            features=values,
            bundle_id=model.bundle_id if model else None,
            raw_score=raw,
            probability=probability,
            flow_share=share,
            referral=decision.referral.value,
            cause=decision.cause.value,
            propensity=decision.propensity,
            degraded=office.champion.degraded,
            policy_id=decision.policy_id,
            reasons=why.get(index),
        )
        for index, (event, lodged, values, (raw, probability, share), decision) in enumerate(
            zip(batch, parcels, computed.values, columns, decisions, strict=True)
        )
    ]


def _draws(office: Office, batch: list[Row]) -> Floats:
    texts = (draw_text(event["operator"] or "", event["parcel_id"], microseconds(first_at(event))) for event in batch)
    return draws(office.secrets.draw, texts)


def _scores(office: Office, batch: list[Row], computed: FeatureRows) -> tuple[FeatureRows, Scores | None, Columns]:
    model = office.champion.bundle
    if model is None:
        return computed, None, [(None, None, None)] * len(batch)
    descriptions = (event["description"] for event in batch)
    computed = replace(computed, values=model.completed(computed.values, descriptions))
    raw = model.raw(computed.values)
    probability = model.probability(raw)
    reference = model.meta.reference
    scores = Scores(
        raw=raw,
        probability=probability,
        threshold=reference.threshold(office.policy.score_budget),
        mean_root=reference.mean_root,
    )
    return (
        computed,
        scores,
        list(zip(raw.tolist(), probability.tolist(), reference.share_at(raw).tolist(), strict=True)),
    )


def _reasons(
    office: Office, batch: list[Row], computed: FeatureRows, decisions: Decisions, *, explain: list[bool]
) -> dict[int, tuple[Reason, ...]]:
    model = office.champion.bundle
    if model is None:
        return {}
    wanted = [row for row, referral in enumerate(decisions.referral) if explain[row] or referral.asks_inspection]
    facts = [batch[row] for row in wanted]
    descriptions, lanes = [event["description"] for event in facts], [lane_of(event) for event in facts]
    found = reasons(model, computed.values[wanted], descriptions, lanes) if wanted else []
    return {row: tuple(why) for row, why in zip(wanted, found, strict=True)}
