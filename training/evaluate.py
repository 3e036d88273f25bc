"""Score labelled parcels that the model has not seen, with their outcomes hidden from the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.bundle import Bundle
from features.history import Engine
from features.log import OUTCOME, PARCEL, number
from features.parcel.problems import NothingToLearn
from features.replay import feature_rows, replay
from training.dataset import Ints
from training.metrics import calibration_metrics, ranking_metrics


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Figures, and one row per parcel: ``parcel_id, operator, lodged_at, label, raw_score, probability``."""

    metrics: dict[str, float]
    parcels: pl.DataFrame


def evaluate(bundle: Bundle, *, past: pl.DataFrame, parcels: pl.DataFrame, outcomes: pl.DataFrame) -> Evaluation:
    """Evaluate on a file: `past` is the log so far, `parcels` are provisional parcel events, `outcomes` their results.

    The parcels are played in order after the log; none of their outcomes enters the history.

    Raises
    ------
    NothingToLearn
        When the outcomes hold no finding, or nothing but findings.
    """
    engine = Engine()
    for _ in replay(past, engine):
        pass
    numbered = number(parcels, engine.last_seq + 1)
    rows = feature_rows(numbered, engine)
    raw = bundle.raw(rows.values)
    results = (
        outcomes.filter(pl.col("result") != "not_presented")
        .unique(["parcel_id", "operator"], keep="first", maintain_order=True)
        .select("parcel_id", "operator", (pl.col("result") == "found").cast(pl.Int64).alias("label"))
    )
    scored = numbered.select("parcel_id", "operator", pl.col("known_at").alias("lodged_at")).with_columns(
        raw_score=raw, probability=bundle.probability(raw)
    )
    return _figures(
        scored.join(results, on=["parcel_id", "operator"], how="left", maintain_order="left", nulls_equal=True)
    )


def evaluate_log(bundle: Bundle, log: pl.DataFrame) -> Evaluation:
    """Evaluate on the parcels that entered the log after the last one that the bundle was trained on."""
    is_new = pl.col("seq") > bundle.meta.training["last_seq"]
    earlier, later = log.filter(~is_new), log.filter(is_new)
    if later.filter(pl.col("kind") == PARCEL).height == 0:
        raise NothingToLearn(
            f"the log holds nothing newer than the training data of {bundle.meta.name}, which ends "
            f"{bundle.meta.training['last_lodged_at']}. Give a file with outcomes, or wait for newer ones."
        )
    engine = Engine()
    for _ in replay(earlier, engine):
        pass
    rows = feature_rows(later, engine)
    raw = bundle.raw(rows.values)
    results = (
        later.filter((pl.col("kind") == OUTCOME) & (pl.col("result") != "not_presented"))
        .unique("subject_seq", keep="first", maintain_order=True)
        .select(pl.col("subject_seq").alias("seq"), (pl.col("result") == "found").cast(pl.Int64).alias("label"))
    )
    scored = later.filter(pl.col("kind") != OUTCOME).select(
        "seq", "parcel_id", "operator", pl.col("known_at").alias("lodged_at")
    )
    scored = scored.with_columns(raw_score=raw, probability=bundle.probability(raw))
    return _figures(scored.join(results, on="seq", how="left", maintain_order="left"))


def _figures(scored: pl.DataFrame) -> Evaluation:
    judged = scored.filter(pl.col("label").is_not_null())
    label: Ints = judged["label"].to_numpy()
    if label.size == 0 or label.min() == label.max():
        raise NothingToLearn(
            f"{label.size} outcomes, {int(label.sum())} of them findings: figures need inspections with and without."
        )
    raw = np.asarray(judged["raw_score"].to_numpy())
    metrics = {**ranking_metrics(raw, label), **calibration_metrics(judged["probability"].to_numpy(), label)}
    return Evaluation(metrics=metrics, parcels=scored)
