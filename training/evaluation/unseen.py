"""Score labelled parcels that the model has not seen, with their outcomes hidden from the history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from polars.exceptions import InvalidOperationError, PolarsError

from features.bundle import Bundle, Calibration
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.history import Engine
from features.log import PARCEL, number
from features.parcel.problems import NothingToLearn, ParcelRiskError
from features.replay import feature_rows, replay
from policy.estimates import Population, estimate, share_of_total, utility, wilson
from training.data.datasets import Dataset, Flags, Ints, feature_rows_of
from training.data.labels import labelled_parcels
from training.data.severity import Severity
from training.estimates.nested import nested, rising
from training.estimates.populations import population_of
from training.evaluation.metrics import CAPACITIES, calibration_metrics, ends, named, ranking_metrics


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
    result = {f"test_{name}": value for name, value in (measured | ends(judged.raw[seen], label)).items()}
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
    tops = [judged.top(share) for share in CAPACITIES]
    opened = nested([estimate(judged.population, top) for top in tops])
    values = rising([utility(judged.population, judged.points, top) for top in tops])
    rests = nested([estimate(judged.population, ~top) for top in reversed(tops)])[::-1]
    for share, one, rest, value in zip(CAPACITIES, opened, rests, values, strict=True):
        at = named(share)
        wanted[f"flow_precision_at_{at}"] = one.finding_share
        wanted[f"flow_recall_at_{at}"] = share_of_total(one, rest)
        wanted[f"flow_value_at_{at}"] = value.scaled(1.0 / one.n_parcels)
    result = {"flow_mean_probability": float(judged.probability.mean())}
    for name, interval in wanted.items():
        result |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return result


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Figures, and one row per parcel: ``parcel_id, operator, lodged_at, label, raw_score, probability``."""

    metrics: dict[str, float]
    parcels: pl.DataFrame


def evaluate(
    bundle: Bundle, *, past: pl.DataFrame, parcels: pl.DataFrame, outcomes: pl.DataFrame, where: str = ""
) -> Evaluation:
    """Evaluate on a file: `past` is the log so far, `parcels` are provisional parcel events, `outcomes` their results.

    The parcels are replayed among the events of the log at their own time, so that none sees what was learned later;
    none of their outcomes enters the history. With `where`, a condition over columns of the log and features, figures
    are those of the parcels that meet it.

    Raises
    ------
    NothingToLearn
        When the outcomes hold no finding, or nothing but findings.
    ParcelRiskError
        When `where` is no condition over known columns.
    """
    marked = pl.concat(
        [past.with_columns(pl.lit(value=False).alias(_OURS)), parcels.with_columns(pl.lit(value=True).alias(_OURS))]
    )
    numbered = number(marked, 1)
    ours = numbered.filter(_OURS)
    values = bundle.completed(feature_rows_of(numbered.drop(_OURS), ours["seq"].to_numpy()), ours["description"])
    raw = bundle.raw(values)
    results = (
        outcomes.filter(pl.col("result") != "not_presented")
        .unique(["parcel_id", "operator"], keep="first", maintain_order=True)
        .select("parcel_id", "operator", (pl.col("result") == "found").cast(pl.Int64).alias("label"))
    )
    scored = ours.select("parcel_id", "operator", pl.col("known_at").alias("lodged_at")).with_columns(
        raw_score=raw, probability=bundle.probability(raw), is_asked_for=_meets(where, ours, values)
    )
    return _evaluation(
        scored.join(results, on=["parcel_id", "operator"], how="left", maintain_order="left", nulls_equal=True)
    )


_OURS = "is_ours"


def _meets(where: str, parcels: pl.DataFrame, values: Floats) -> pl.Series:
    """Whether each parcel meets a condition over columns of the log and features; all do without one."""
    if not where:
        return pl.repeat(value=True, n=parcels.height, eager=True)
    known = catalogue()
    try:
        condition = pl.sql_expr(where)
        read = {name: values[:, known.column(name)] for name in condition.meta.root_names() if name in known}
        features = [pl.Series(name, column, nan_to_null=True) for name, column in read.items()]
        met = parcels.with_columns(features).select(condition).to_series()
        if met.dtype != pl.Boolean:
            raise InvalidOperationError("it is neither true nor false")
        return met.fill_null(value=False)
    except PolarsError as error:
        raise ParcelRiskError(
            f"{where!r} cannot be evaluated ({str(error).splitlines()[0]}). Write an SQL condition over fields of the "
            "parcel (docs/fields.md) and features (docs/features.md), as in sender_days_since_last IS NULL."
        ) from error


def evaluate_log(bundle: Bundle, log: pl.DataFrame, where: str = "") -> Evaluation:
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
    parcels = later.filter(pl.col("kind") == PARCEL)
    values = bundle.completed(rows.values, parcels["description"])
    raw = bundle.raw(values)
    labels = labelled_parcels(log).select("seq", pl.when(pl.col("label") >= 0).then("label").alias("label"))
    scored = parcels.select("seq", "parcel_id", "operator", pl.col("known_at").alias("lodged_at")).with_columns(
        raw_score=raw, probability=bundle.probability(raw), is_asked_for=_meets(where, parcels, values)
    )
    return _evaluation(scored.join(labels, on="seq", how="inner", maintain_order="left"))


def _evaluation(scored: pl.DataFrame) -> Evaluation:
    asked = scored.filter("is_asked_for").drop("is_asked_for")
    judged = asked.filter(pl.col("label").is_not_null())
    label: Ints = judged["label"].to_numpy()
    if label.size == 0 or label.min() == label.max():
        raise NothingToLearn(
            f"{label.size} outcomes, {int(label.sum())} of them findings: figures need inspections with and without."
        )
    raw = np.asarray(judged["raw_score"].to_numpy())
    metrics = {**ranking_metrics(raw, label), **calibration_metrics(judged["probability"].to_numpy(), label)}
    return Evaluation(metrics=metrics | ends(raw, label), parcels=asked)
