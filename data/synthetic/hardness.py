"""How hard a world is: what single features, models and the historic rules find of what is really there.

Rankings of the parcels of the last part of a world are compared at the capacity of the line: a model trained on the
full truth (which no office has), one trained on the outcomes of inspected parcels against a sample of the mail flow,
the historic rules with and without the watch-list, and a model trained on the truth without any history. All figures
are synthetic results.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from data.synthetic.drawing import Flags, Floats, Ints
from data.synthetic.event_log import event_log
from data.synthetic.world import World
from features.catalogue import catalogue
from features.declared.declare import PARCEL, Kind
from features.identity import IdentityKey
from features.log import OUTCOME
from features.replay import replay
from features.replay.rows import CHUNK

TRAIN_SHARE = 0.7
"""Share of the window, by time, on which models are trained; they are judged on the rest."""
CAPACITY_SHARE = 0.005
N_BACKGROUND = 100_000
"""Parcels of the mail flow without label that the office's model is fitted against."""
_PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.1,
    "max_bin": 63,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.6,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 7,
    "num_threads": 1,
    "verbosity": -1,
}
_FEW: dict[str, Any] = {**_PARAMETERS, "num_leaves": 7, "min_data_in_leaf": 10, "lambda_l2": 10.0}


@dataclass(frozen=True, kw_only=True)
class Hardness:
    """Synthetic results on the last part of a world.

    Attributes
    ----------
    best_feature, best_feature_auc:
        The single feature that separates best by itself, and its AUC against the truth, never below 0.5.
    truth_auc:
        AUC of the model trained on the full truth.
    recall_truth, recall_inspected, recall_rules, recall_no_history:
        Share of the contraband among the parcels ranked first, as many as the capacity allows.
    recall_rules_and_lists:
        The same for rules and watch-list together. The list also knows what other offices found, which is in no log.
    n_positive, n_labels, n_found:
        Contraband in the judged part; outcomes and findings to learn from in the first part.
    """

    best_feature: str
    best_feature_auc: float
    feature_aucs: dict[str, float]
    truth_auc: float
    recall_truth: float
    recall_inspected: float
    recall_rules: float
    recall_rules_and_lists: float
    recall_no_history: float
    n_positive: int
    n_labels: int
    n_found: int


def measure(world: World, identity: IdentityKey, *, progress: Callable[[float], None] | None = None) -> Hardness:
    """Measure how hard `world` is; takes the replay of its log and three small models."""
    report = progress or (lambda _: None)
    log = event_log(world, identity)
    report(0.2)
    parts = []
    for part in replay(log):
        # Half the memory; nothing here is compared with what serving computes.
        parts.append((part.seq, part.values.astype(np.float32)))
        report(0.2 + 0.5 * min(1.0, len(parts) * CHUNK / log.height))
    seq, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    facts = _facts(world, log, seq)
    train = facts["known_at"] < _split(facts["known_at"])
    holds = facts["holds"].to_numpy()
    is_train = train.to_numpy()
    names = catalogue().names
    categories = catalogue().categories()
    judged = ~is_train
    truth = _fitted(values[is_train], holds[is_train], categories, _PARAMETERS, 125)(values[judged])
    report(0.85)
    declared = [column for column, feature in enumerate(catalogue().features) if feature.entity == PARCEL]
    bare = _fitted(
        values[is_train][:, declared], holds[is_train], [c for c in categories if c in declared], _PARAMETERS, 125
    )(values[judged][:, declared])
    inspected, found = _labels(facts, is_train)
    learned = _learned(values, inspected, found, np.flatnonzero(is_train), categories)(values[judged])
    rules, lists = (facts[name].to_numpy()[judged] for name in ("rule_weight", "rule_probability"))
    aucs = {
        name: _feature_auc(values[:, column], holds, is_train, catalogue().features[column].kind)
        for column, name in enumerate(names)
    }
    best = max(aucs, key=lambda name: aucs[name])
    report(1.0)
    return Hardness(
        best_feature=best,
        best_feature_auc=aucs[best],
        feature_aucs=aucs,
        truth_auc=auc(truth, holds[judged]),
        recall_truth=recall_at(truth, holds[judged], CAPACITY_SHARE),
        recall_inspected=recall_at(learned, holds[judged], CAPACITY_SHARE),
        recall_rules=recall_at(rules, holds[judged], CAPACITY_SHARE),
        recall_rules_and_lists=recall_at(lists, holds[judged], CAPACITY_SHARE),
        recall_no_history=recall_at(bare, holds[judged], CAPACITY_SHARE),
        n_positive=int(holds[judged].sum()),
        n_labels=int(inspected.size),
        n_found=int(found.sum()),
    )


def _split(known_at: pl.Series) -> Any:
    return known_at.quantile(TRAIN_SHARE, "nearest")


def _facts(world: World, log: pl.DataFrame, seq: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Truth, rule and outcome of each feature row; an outcome counts from the time it is known."""
    results = log.filter(pl.col("kind") == OUTCOME).select(
        pl.col("subject_seq").alias("seq"), "result", pl.col("known_at").alias("result_known_at")
    )
    about = world.truth.select("parcel_id", "operator", pl.col("contains").is_not_null().alias("holds"))
    rules = world.policy.select("parcel_id", "operator", "rule_weight", "rule_probability")
    return (
        pl.DataFrame({"seq": seq})
        .join(log.select("seq", "parcel_id", "operator", "known_at"), on="seq", how="left", maintain_order="left")
        .join(about, on=["parcel_id", "operator"], how="left", maintain_order="left")
        .join(rules, on=["parcel_id", "operator"], how="left", maintain_order="left")
        .join(results.unique("seq", keep="last"), on="seq", how="left", maintain_order="left")
    )


def _labels(facts: pl.DataFrame, is_train: Flags) -> tuple[npt.NDArray[np.int64], Flags]:
    """Rows and findings of the outcomes known before the judged part begins."""
    known = facts["result"].is_in(["found", "nothing_found"]) & (facts["result_known_at"] < _split(facts["known_at"]))
    rows = np.flatnonzero(known.fill_null(value=False).to_numpy() & is_train)
    return rows, (facts[rows]["result"] == "found").to_numpy()


def _learned(
    values: Floats, inspected: Ints, found: Flags, population: Ints, categories: list[int]
) -> Callable[[Floats], Floats]:
    """Model of an office: what it found, against what it inspected without finding and a sample of its mail flow.

    Findings are so few that inspected parcels alone teach only how findings differ from other suspicious parcels. The
    sample has no labels; it represents the mail flow, in which contraband is rare. Findings weigh 2 % of all together.
    """
    rng = np.random.default_rng(7)
    sample = rng.choice(population, min(population.size, N_BACKGROUND), replace=False)
    sample = sample[~np.isin(sample, inspected)]
    rows = np.concatenate([inspected, sample])
    label = np.concatenate([found, np.zeros(sample.size, dtype=np.bool_)])
    weight = np.where(label, 0.02 / 0.98 * (label.size - label.sum()) / max(1, label.sum()), 1.0)
    directions = {"monotone_constraints": [feature.direction for feature in catalogue().features]}
    return _fitted(values[rows], label, categories, {**_FEW, **directions}, 75, weight)


def _fitted(
    values: Floats,
    label: Flags,
    categories: list[int],
    parameters: dict[str, Any],
    rounds: int,
    weight: Floats | None = None,
) -> Callable[[Floats], Floats]:
    import lightgbm  # takes seconds to import; only measuring needs it

    table = lightgbm.Dataset(values, label.astype(np.float64), weight=weight, categorical_feature=categories)
    booster = lightgbm.train(parameters, table, num_boost_round=rounds)
    return lambda rows: np.asarray(booster.predict(rows, num_threads=2), dtype=np.float64)


def auc(score: Floats, positive: Flags) -> float:
    """Area under the ROC curve by mean ranks; 0.5 where one of the two classes is missing."""
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if n_positive == 0 or n_negative == 0:
        return 0.5
    ranks = pl.Series(score).rank("average").to_numpy()
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def recall_at(score: Floats, positive: Flags, share: float) -> float:
    """Share of the positives among the highest `share` of scores; ties are cut in proportion, as chance would."""
    capacity = max(1, round(share * score.size))
    if not positive.any():
        return 0.0
    threshold = np.partition(score, -capacity)[-capacity]
    above, level = score > threshold, score == threshold
    left = (capacity - int(above.sum())) / int(level.sum())
    return float((positive[above].sum() + left * positive[level].sum()) / positive.sum())


def _feature_auc(column: Floats, holds: Flags, is_train: Flags, kind: Kind) -> float:
    """AUC of one column on the judged part, in the better direction; a category takes its share seen in training."""
    test = ~is_train
    if kind is Kind.CATEGORY:
        return auc(_by_level(column, holds, is_train)[test], holds[test])
    missing = np.isnan(column)
    up = auc(np.where(missing, -np.inf, column)[test], holds[test])
    down = auc(np.where(missing, -np.inf, -column)[test], holds[test])
    return max(up, down, 1.0 - up, 1.0 - down)


def _by_level(column: Floats, holds: Flags, is_train: Flags) -> Floats:
    level = np.nan_to_num(column, nan=-1.0).astype(np.int64) + 1
    seen = np.bincount(level[is_train], minlength=level.max() + 1)
    positive = np.bincount(level[is_train], weights=holds[is_train], minlength=level.max() + 1)
    return np.asarray(((positive + holds.mean()) / (seen + 1.0))[level])
