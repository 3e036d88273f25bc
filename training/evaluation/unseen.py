"""Score labelled parcels that the model has not seen, with their outcomes hidden from the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.bundle import Bundle, Calibration
from features.declared.declare import Floats
from features.history import Engine
from features.log import PARCEL, number
from features.parcel.problems import NothingToLearn
from features.replay import feature_rows, replay
from training.data.datasets import Dataset, Flags, Ints
from training.data.labels import labelled_parcels
from training.data.severity import Severity
from training.estimates.doubly_robust import Population, estimate, population_of, share_of_total, utility
from training.estimates.intervals import wilson
from training.evaluation.metrics import CAPACITIES, calibration_metrics, named, ranking_metrics


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A part of the population with the scores of a model that had not seen it, arrays of shape ``(n,)``."""

    raw: Floats
    probability: Floats
    population: Population
    parcels: pl.DataFrame

    @classmethod
    def of(cls, data: Dataset, rows: Flags, raw: Floats, calibration: Calibration) -> Judged:
        """Rows of a data set with their scores."""
        probability = calibration.probability(raw)
        return cls(
            raw=raw,
            probability=probability,
            population=population_of(data, rows, probability),
            parcels=data.parcels.filter(pl.Series(rows)),
        )

    @property
    def label(self) -> Ints:
        """1 found, 0 nothing found, -1 no result."""
        return self.population.label

    @property
    def is_random(self) -> Flags:
        """Parcels with a result that were drawn at random."""
        return np.asarray((self.label >= 0) & (self.parcels["cause"] == "random").fill_null(value=False).to_numpy())

    @property
    def points(self) -> Floats:
        """Points of the finding in each parcel; 0 without one, the mean of the others where its class is not known."""
        severity, classes = Severity.read(), self.parcels["finding_class"]
        known = np.where(classes.is_null(), severity.mean(classes), severity.of_classes(classes))
        return np.where(self.label == 1, known, 0.0)

    def top(self, share: float) -> Flags:
        """The parcels that a line with this capacity would open, at least one; of equal scores the first."""
        n = max(1, round(share * self.raw.size))
        chosen = np.zeros(self.raw.size, dtype=np.bool_)
        chosen[np.argsort(-self.raw, kind="stable")[:n]] = True
        return chosen


def figures(judged: Judged) -> dict[str, float]:
    """Figures for records: those of inspected parcels, of the random sample, and estimates for all."""
    seen = judged.label >= 0
    label = judged.label[seen]
    measured = {**ranking_metrics(judged.raw[seen], label), **calibration_metrics(judged.probability[seen], label)}
    result = {f"test_{name}": value for name, value in measured.items()}
    sample = judged.is_random
    if sample.any():
        share = wilson(int((judged.label[sample] == 1).sum()), int(sample.sum()))
        result |= {"random_n": float(sample.sum()), "random_found_share": share.value}
        result |= {"random_found_share_low": share.low, "random_found_share_high": share.high}
    return result | (_population_figures(judged) if judged.population.labelled.any() else {})


def _population_figures(judged: Judged) -> dict[str, float]:
    """Doubly robust figures; names end in ``_low`` and ``_high`` for the ends of the 90 % interval."""
    everything = estimate(judged.population)
    wanted = {
        "flow_finding_share": everything.finding_share,
        "flow_missed_share": everything.missed_share,
        "flow_recall_of_the_line": everything.recall,
    }
    points = judged.points
    for share in CAPACITIES:
        top = judged.top(share)
        opened, at = estimate(judged.population, top), named(share)
        wanted[f"flow_precision_at_{at}"] = opened.finding_share
        wanted[f"flow_recall_at_{at}"] = share_of_total(opened, estimate(judged.population, ~top))
        wanted[f"flow_value_at_{at}"] = utility(judged.population, points, top).scaled(1.0 / opened.n_parcels)
    result = {"flow_mean_probability": float(judged.probability.mean())}
    for name, interval in wanted.items():
        result |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return result


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Figures, and one row per parcel: ``parcel_id, operator, lodged_at, label, raw_score, probability``."""

    metrics: dict[str, float]
    parcels: pl.DataFrame


def evaluate(bundle: Bundle, *, past: pl.DataFrame, parcels: pl.DataFrame, outcomes: pl.DataFrame) -> Evaluation:
    """Evaluate on a file: `past` is the log so far, `parcels` are provisional parcel events, `outcomes` their results.

    The parcels are replayed among the events of the log at their own time, so that none sees what was learned later;
    none of their outcomes enters the history.

    Raises
    ------
    NothingToLearn
        When the outcomes hold no finding, or nothing but findings.
    """
    marked = pl.concat(
        [past.with_columns(pl.lit(value=False).alias(_OURS)), parcels.with_columns(pl.lit(value=True).alias(_OURS))]
    )
    numbered = number(marked, 1)
    ours = numbered.filter(_OURS)
    raw = _raw_scores(bundle, numbered.drop(_OURS), ours)
    results = (
        outcomes.filter(pl.col("result") != "not_presented")
        .unique(["parcel_id", "operator"], keep="first", maintain_order=True)
        .select("parcel_id", "operator", (pl.col("result") == "found").cast(pl.Int64).alias("label"))
    )
    scored = ours.select("parcel_id", "operator", pl.col("known_at").alias("lodged_at")).with_columns(
        raw_score=raw, probability=bundle.probability(raw)
    )
    return _evaluation(
        scored.join(results, on=["parcel_id", "operator"], how="left", maintain_order="left", nulls_equal=True)
    )


_OURS = "is_ours"


def _raw_scores(bundle: Bundle, log: pl.DataFrame, parcels: pl.DataFrame) -> Floats:
    """Raw scores of some `parcels` of a log, which is replayed from its beginning."""
    wanted, found = parcels["seq"].to_numpy(), []
    for rows in replay(log):
        found.append(rows.values[np.isin(rows.seq, wanted, assume_unique=True)])
    values = np.concatenate(found) if found else np.zeros((0, len(bundle.catalogue)))
    return bundle.raw(bundle.completed(values, parcels["description"]))


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
    described = later.filter(pl.col("kind") == PARCEL)["description"]
    raw = bundle.raw(bundle.completed(rows.values, described))
    labels = labelled_parcels(log).select("seq", pl.when(pl.col("label") >= 0).then("label").alias("label"))
    scored = (
        later.filter(pl.col("kind") == PARCEL)
        .select("seq", "parcel_id", "operator", pl.col("known_at").alias("lodged_at"))
        .with_columns(raw_score=raw, probability=bundle.probability(raw))
    )
    return _evaluation(scored.join(labels, on="seq", how="inner", maintain_order="left"))


def _evaluation(scored: pl.DataFrame) -> Evaluation:
    judged = scored.filter(pl.col("label").is_not_null())
    label: Ints = judged["label"].to_numpy()
    if label.size == 0 or label.min() == label.max():
        raise NothingToLearn(
            f"{label.size} outcomes, {int(label.sum())} of them findings: figures need inspections with and without."
        )
    raw = np.asarray(judged["raw_score"].to_numpy())
    metrics = {**ranking_metrics(raw, label), **calibration_metrics(judged["probability"].to_numpy(), label)}
    return Evaluation(metrics=metrics, parcels=scored)
