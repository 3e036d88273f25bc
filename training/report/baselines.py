"""What a model is compared with: chance, historic rules, plain regression, a model without history, the ceiling."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.bundle import Bundle
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.parcel.problems import ParcelRiskError
from policy.estimates import EstimatedFindings, Interval, estimate, utility
from policy.historic import columns_read, historic_rules, rule_weights
from training.data.columns import without_history, without_origin
from training.data.datasets import Dataset, Flags, Ints
from training.data.parts import by_parts, raw_by_bundle
from training.estimates.nested import nested, rising
from training.evaluation.contraband import contraband_in
from training.evaluation.metrics import CAPACITIES, at_capacity
from training.fit.booster import Rows, fit, raw_scores, rows_of, scaled
from training.fit.run import Trained

MODEL = "this model"
WITHOUT_ORIGIN = "LightGBM without origin"


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """One way to rank the test slice, with what it would find at each capacity.

    Attributes
    ----------
    found, value:
        Doubly robust estimates for the parcels that it would open, by capacity: what they hold, and points in all.
        A larger capacity never holds less.
    contraband:
        The same as `found`, with what the methods of inspection miss; empty where nothing can be said of it, see
        `training.evaluation.contraband`.
    true_recall:
        Share of the contraband that it would open, by capacity; empty where the truth is not known.
    """

    name: str
    raw: Floats
    found: dict[float, EstimatedFindings]
    value: dict[float, Interval]
    contraband: dict[float, EstimatedFindings]
    true_recall: dict[float, float]


def rankings(
    trained: Trained, log: pl.DataFrame, *, holds: Flags | None = None, champion: Bundle | None = None
) -> list[Ranking]:
    """Rank the test slice of a run in every way that there is; what is fitted is fitted on the same rows.

    Parameters
    ----------
    log:
        The log that the run learned from, or what is `read_by_rules` of it.
    holds:
        The truth for every parcel of the data set, where a synthetic world knows it; adds the ceiling.
    champion:
        The model that serves now; it may have been fitted on labels of the test slice, and its name says so then.
    """
    test = trained.split.test_population
    raws = {
        MODEL: trained.judged.raw,
        "LightGBM without history": _on(trained, without_history(trained.columns)),
        WITHOUT_ORIGIN: _on(trained, without_origin(trained.columns)),
        "logistic regression": _regression(trained),
        "historic rules": _rules(log, trained.data.seq[test]),
        "random": np.random.default_rng(int(trained.meta.training["seed"])).random(int(test.sum())),
    }
    if champion is not None:
        raws[_champion_name(trained, champion)] = raw_by_bundle(champion, trained.data, trained.split.test_population)
    if holds is not None:
        raws["ceiling: trained on the full truth"] = _ceiling(trained, holds)
    truth = None if holds is None else holds[test]
    return [_ranking(name, raw, trained, truth) for name, raw in raws.items()]


def truth_of(data: Dataset, truth: pl.DataFrame) -> Flags:
    """Whether each parcel of a data set holds contraband, from the truth file of a synthetic world.

    Raises
    ------
    ParcelRiskError
        When the file does not know a parcel of the data set.
    """
    known = data.parcels.select("parcel_id", "operator").join(
        truth.select("parcel_id", "operator", pl.col("contains").is_not_null().alias("holds")),
        on=["parcel_id", "operator"],
        how="left",
        maintain_order="left",
    )
    if known["holds"].null_count():
        raise ParcelRiskError(
            f"the truth does not know {known['holds'].null_count():,} parcels of the log; give the file of this world."
        )
    return known["holds"].to_numpy()


def _ranking(name: str, raw: Floats, trained: Trained, holds: Flags | None) -> Ranking:
    judged = trained.judged
    ranked = replace(judged, raw=raw)
    top, points = {share: ranked.top(share) for share in CAPACITIES}, judged.points
    found = nested([estimate(judged.population, opened) for opened in top.values()])
    value = rising([utility(judged.population, points, opened) for opened in top.values()])
    contraband = contraband_in(judged, trained.sensitivities, list(top.values()))
    truth = {} if holds is None else {share: at_capacity(raw, holds.astype(np.int64), share)[1] for share in CAPACITIES}
    return Ranking(
        name=name,
        raw=raw,
        found=dict(zip(top, found, strict=True)),
        value=dict(zip(top, value, strict=True)),
        contraband=dict(zip(top, contraband, strict=False)),
        true_recall=truth,
    )


def _champion_name(trained: Trained, champion: Bundle) -> str:
    has_seen = int(champion.meta.training["last_seq"]) >= int(trained.data.seq[trained.split.test_population][0])
    return f"champion {champion.meta.name}" + (", which has seen labels of this slice" if has_seen else "")


def _before_test(trained: Trained, columns: list[int]) -> Rows:
    split = trained.split
    return rows_of(
        trained.data,
        labelled=split.before_test,
        background=split.before_test_background,
        columns=columns,
        options=trained.options,
        seed=int(trained.meta.training["seed"]),
    )


def _boosted(trained: Trained, rows: Rows) -> Floats:
    seed, n_trees = int(trained.meta.training["seed"]), int(trained.meta.training["n_trees"])
    booster = fit(rows, options=trained.options, seed=seed, n_trees=n_trees).booster
    return raw_scores(booster, trained.data, trained.split.test_population, rows.columns)


def _on(trained: Trained, columns: list[int]) -> Floats:
    """Scores of the same procedure on some of the columns; a constant where none is left."""
    if not columns:
        return np.zeros(int(trained.split.test_population.sum()))
    return _boosted(trained, _before_test(trained, columns))


def _regression(trained: Trained) -> Floats:
    columns = [column for column in trained.columns if column not in catalogue().categories()]
    rows = _before_test(trained, columns)
    known: Flags = np.asarray(~np.isnan(rows.values).all(axis=0))
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler(), LogisticRegression(C=0.01, max_iter=300)
    )
    model.fit(rows.values[:, known], rows.label, logisticregression__sample_weight=rows.weight)
    read = [column for column, is_known in zip(columns, known, strict=True) if is_known]
    return by_parts(
        trained.split.test_population,
        lambda part: np.asarray(model.decision_function(trained.data.table(part, read)), dtype=np.float64),
    )


def read_by_rules(log: pl.DataFrame) -> pl.DataFrame:
    """What is needed of a log for `rankings`: a few of its columns, so that the others need not be kept."""
    return log.select("seq", *sorted(columns_read(log, historic_rules())))


def _rules(log: pl.DataFrame, seq: Ints) -> Floats:
    events = pl.DataFrame({"seq": seq}).join(log, on="seq", how="left", maintain_order="left")
    return rule_weights(events, historic_rules())


def _ceiling(trained: Trained, holds: Flags) -> Floats:
    """Trained on what every parcel before the test slice held: what no office knows."""
    data = trained.data
    before = ~trained.split.test_population
    drawn = np.random.default_rng(int(trained.meta.training["seed"])).random(len(data))
    share = min(1.0, trained.options.n_background / max(1, int(before.sum()))) if trained.options.n_background else 1.0
    chosen = before & (holds | (drawn < share))
    label = holds[chosen].astype(np.float64)
    weight = scaled(np.ones(label.size), label)
    columns = trained.columns
    rows = Rows(values=data.table(chosen, columns), label=label, weight=weight, columns=tuple(columns))
    booster = fit(
        rows, options=trained.options, seed=int(trained.meta.training["seed"]), n_trees=max(250, trained.fitted.n_trees)
    ).booster
    return raw_scores(booster, data, trained.split.test_population, columns)
