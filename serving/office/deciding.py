"""Score a batch and decide on it: model, policy, draws, standing decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from features.catalogue import FeatureRows, catalogue
from features.declared.declare import Floats
from features.parcel.flags import QUALITY_FLAGS
from features.reasons import Reason, described, reasons
from policy import Decision, Decisions, Inputs, Scores, decide, draw_text, draws
from serving.office.office import Office
from serving.store import Scored

Columns = list[tuple[float | None, float | None, float | None]]
"""Raw score, probability and share of the population that scores at least as high, of each parcel."""


def scored_and_decided(
    office: Office,
    batch: pl.DataFrame,
    computed: FeatureRows,
    *,
    contents: list[str],
    standing: Sequence[Decision | None],
    at_us: int,
    explain: bool,
) -> list[Scored]:
    """Score the parcel events of `batch`, decide on them, and say why where somebody will look.

    Parameters
    ----------
    contents:
        Digest of the facts of each parcel.
    standing:
        Earlier decision on each parcel.
    explain:
        Find the reasons for all of them, not only for those that are selected.
    """
    computed, scores, columns = _scores(office, batch, computed)
    decisions = decide(
        Inputs(
            draw=_draws(office, batch),
            scores=scores,
            doubtful=office.policy.doubts(batch[QUALITY_FLAGS].to_list()),
            standing=standing,
        ),
        office.policy,
    )
    why = _reasons(office, batch, computed, decisions, explain=explain)
    model = office.champion.bundle
    return [
        Scored(
            seq=int(seq),
            content=content,
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
        for index, (seq, content, values, (raw, probability, share), decision) in enumerate(
            zip(computed.seq, contents, computed.values, columns, decisions, strict=True)
        )
    ]


def _draws(office: Office, batch: pl.DataFrame) -> Floats:
    first = pl.coalesce("counted_at", "known_at").dt.epoch("us")
    rows = batch.select("operator", "parcel_id", first.alias("first_us")).iter_rows()
    return draws(office.secrets.draw, (draw_text(operator or "", parcel, first) for operator, parcel, first in rows))


def _scores(office: Office, batch: pl.DataFrame, computed: FeatureRows) -> tuple[FeatureRows, Scores | None, Columns]:
    model = office.champion.bundle
    if model is None:
        return computed, None, [(None, None, None)] * batch.height
    computed = replace(computed, values=model.completed(computed.values, batch["description"]))
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
    office: Office, batch: pl.DataFrame, computed: FeatureRows, decisions: Decisions, *, explain: bool
) -> dict[int, tuple[Reason, ...]]:
    model = office.champion.bundle
    if model is None:
        return {}
    wanted = [row for row, referral in enumerate(decisions.referral) if explain or referral.asks_inspection]
    found = reasons(model, computed.values[wanted], *described(batch[wanted])) if wanted else []
    return {row: tuple(why) for row, why in zip(wanted, found, strict=True)}
