"""Fit LightGBM: deterministic, the same data give the same bytes.

Labels are few and selective, and a model fitted on inspected parcels alone knows only the parcels that somebody already
found suspicious. It is therefore fitted against a *background*: a sample of the mail flow without result, in which
contraband is as rare as in all mail. What the model learns is how findings differ from other mail; the probability of a
finding comes from the calibration, which uses inspected parcels only. Nothing in the background is called negative in
any figure.

Once scores have chosen a tenth of the inspected parcels there is no background any more: what a model passed over would
count against parcels of its kind, and the next model would repeat the judgement (docs/evidence.md).

Every other tree has random thresholds (extremely randomised trees: Geurts, Ernst and Wehenkel, Machine
Learning 63, 2006). Where findings are few the random ones find more, where they are many or habits change the ordinary
ones do; alternating does as well as the better of the two (docs/evidence.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import lightgbm as lgb
import numpy as np

from features.bundle import predict_raw
from features.bundle.kernel import MOST_FEATURES
from features.catalogue import catalogue
from features.declared.declare import Floats
from training.data.datasets import Dataset, Flags, weights
from training.data.parts import by_parts

MAX_TREES = 1_000
PATIENCE = 50
"""Rows that are scored at a time: some hundred megabytes."""
SMALL = 10_000
"""Fewer rows than this are fitted by one thread: waking others costs more than it saves, and changes no bit."""
FINDINGS_SHARE = 0.02
"""Share of the total weight that findings get where there is a background; it moves no ranking, only the scale of the
regularisation, and was as good as .001, .005 and .05 on the synthetic baseline."""
SCORED_SHARE = 0.1
"""Share of inspected parcels chosen by score from which on nothing but inspected parcels is fitted on."""
DEFAULTS: dict[str, Any] = {
    "objective": "binary",
    "metric": "binary_logloss",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "max_depth": MOST_FEATURES,  # a path has no more features, so that its contributions are read from a table
    "min_data_in_leaf": 20,
    "feature_fraction": 0.6,
    "lambda_l2": 10.0,
    "max_cat_to_onehot": 8,
    "min_data_per_group": 50,
    "deterministic": True,
    "force_col_wise": True,  # half the time of rows, and the same bits
    "verbosity": -1,
}
EVERY_OTHER: dict[str, Any] = {"min_data_in_leaf": 10, "lambda_l2": 3.0, "extra_trees": True}
"""What the second, fourth, ... tree has over the defaults."""
MAIN_EFFECT: dict[str, Any] = {"num_leaves": 2, "feature_fraction": 0.1}
"""What trees of main effects have over the defaults: one split, by the best of a tenth of the features."""


def settings() -> list[Any]:
    """What every fit depends on in addition to its options: part of the key under which long work is resumed."""
    return [DEFAULTS, EVERY_OTHER, MAIN_EFFECT, SCORED_SHARE]


class Weights(StrEnum):
    """How inspected parcels are weighted."""

    NONE = "none"
    IPW = "ipw"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be chosen about a fit.

    Attributes
    ----------
    weights:
        ``none``, or ``ipw``: inverse propensities, clipped at 50.
    n_background:
        Parcels of the mail flow without result to fit against, at most; 0 fits on inspected parcels alone.
    monotone:
        Whether the directions that the features declare bind the model.
    alternate:
        Whether every other tree has random thresholds.
    main_effects:
        Trees of one split that come before all others, see `training.fit.regime`.
    least_trees:
        Least number of trees, whenever the log loss stops to improve.
    params:
        LightGBM parameters over the defaults, for every tree.
    """

    weights: Weights = Weights.NONE
    n_background: int = 100_000
    monotone: bool = True
    alternate: bool = True
    main_effects: int = 0
    least_trees: int = 1
    params: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for records."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows to fit on: values ``(n, k)`` of the chosen columns, label 0 or 1, weight."""

    values: Floats
    label: Floats
    weight: Floats
    columns: tuple[int, ...]

    @property
    def n_found(self) -> int:
        """Findings among them."""
        return int(self.label.sum())


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted model: native text, number of trees, parameters."""

    model: str
    n_trees: int
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def booster(self) -> lgb.Booster:
        """Model ready to predict."""
        return lgb.Booster(model_str=self.model)


def rows_of(
    data: Dataset, *, labelled: Flags, background: Flags, columns: list[int], options: Options, seed: int
) -> Rows:
    """Rows to fit on: the `labelled`, and a sample of the `background` that stands for all of it.

    Parameters
    ----------
    labelled:
        Parcels with a result that may be used.
    background:
        Parcels of the same time; those with a result are left out of the sample. Where fewer than half of them are
        without result only the inspected parcels represent the mail flow, and there is no background; nor is there
        one where scores chose a tenth of the inspected.
    """
    known = np.flatnonzero(labelled)
    weight = weights(data, labelled) if options.weights is Weights.IPW else np.ones(known.size)
    if data.label_weight is not None:
        weight = weight * data.label_weight[known]
    free = np.flatnonzero(background & ~labelled)
    by_score = (data.parcels["cause"] == "score").fill_null(value=False).to_numpy()[known]
    if not options.n_background or free.size < known.size or scores_chose(by_score):
        free = free[:0]
    n_drawn = min(options.n_background, free.size)
    drawn = np.sort(np.random.default_rng(seed).choice(free, n_drawn, replace=False))
    label = np.concatenate([data.label[known] == 1, np.zeros(n_drawn)]).astype(np.float64)
    weight = np.concatenate([weight, np.ones(n_drawn)])
    return Rows(
        values=data.table(np.concatenate([known, drawn]), columns),
        label=label,
        weight=scaled(weight, label) if n_drawn else weight,
        columns=tuple(columns),
    )


def raw_scores(booster: lgb.Booster, data: Dataset, rows: Flags, columns: Sequence[int]) -> Floats:
    """Raw scores of `rows`.

    Parameters
    ----------
    columns:
        Those that the model was fitted on, in that order.

    Returns
    -------
    Shape ``(rows.sum(),)``.
    """
    return by_parts(rows, lambda part: predict_raw(booster, data.table(part, columns)))


def scores_chose(by_score: Flags) -> bool:
    """Whether scores chose so many of the inspected parcels that the others are no background any more."""
    return bool(by_score.size and by_score.mean() >= SCORED_SHARE)


def scaled(weight: Floats, label: Floats) -> Floats:
    """Weights with a background: findings get ``FINDINGS_SHARE`` of the total, all others the rest."""
    found = label == 1
    per_finding = FINDINGS_SHARE / max(float(weight[found].sum()), 1e-12)
    per_other = (1.0 - FINDINGS_SHARE) / max(float(weight[~found].sum()), 1e-12)
    return np.asarray(weight * np.where(found, per_finding, per_other) * weight.size)


def lightgbm_set(rows: Rows) -> lgb.Dataset:
    """Rows as LightGBM takes them."""
    names = [catalogue().names[column] for column in rows.columns]
    categories = [names[index] for index, column in enumerate(rows.columns) if column in catalogue().categories()]
    return lgb.Dataset(
        rows.values,
        label=rows.label,
        weight=rows.weight,
        feature_name=names,
        categorical_feature=categories,
        free_raw_data=False,
        params={"verbosity": -1, "feature_pre_filter": False},
    )


def fit(
    rows: Rows, *, options: Options, seed: int, stop_on: Rows | None = None, n_trees: int = 0, n_threads: int = 0
) -> Fitted:
    """Fit on `rows`; with `stop_on`, stop when its log loss has not improved for 50 trees, else fit `n_trees`.

    There are never fewer than the least trees of the options.
    """
    params = {**DEFAULTS, **options.params, "seed": seed}
    if options.monotone:
        params["monotone_constraints"] = [catalogue().features[column].direction for column in rows.columns]
    threads = {"num_threads": 1 if rows.label.size < SMALL else n_threads}
    callbacks = [_by_tree(params, options)] if options.alternate or options.main_effects else []
    train = lightgbm_set(rows)
    if stop_on is None:
        booster = lgb.train(params | threads, train, num_boost_round=n_trees, callbacks=callbacks)
        return Fitted(model=booster.model_to_string(), n_trees=booster.num_trees(), params=params)
    booster = lgb.train(
        params | threads,
        train,
        num_boost_round=MAX_TREES,
        valid_sets=[lightgbm_set(stop_on).set_reference(train)],
        callbacks=[*callbacks, lgb.early_stopping(PATIENCE, verbose=False)],
    )
    best = max(1, booster.best_iteration)
    if best < options.least_trees:
        return fit(rows, options=options, seed=seed, n_trees=options.least_trees, n_threads=n_threads)
    return Fitted(model=booster.model_to_string(num_iteration=best), n_trees=best, params=params)


def _by_tree(params: dict[str, Any], options: Options) -> Callable[[lgb.callback.CallbackEnv], None]:
    """Callback that lays ``MAIN_EFFECT`` over the parameters of the first trees, ``EVERY_OTHER`` over every other one.

    What `options` say of the latter holds for all trees. LightGBM begins its random thresholds anew whenever a
    parameter changes, so every tree gets a seed of its own.
    """
    first, other = MAIN_EFFECT if options.main_effects else {}, EVERY_OTHER if options.alternate else {}
    varied = [name for name in (*first, *other) if name in first or name not in options.params]

    def of_tree(name: str) -> Callable[[int], Any]:
        ordinary = params.get(name, False)

        def value(number: int) -> Any:
            if number < options.main_effects:
                return first.get(name, ordinary)
            is_other = (number - options.main_effects) % 2 == 1 and name not in options.params
            return other.get(name, ordinary) if is_other else ordinary

        return value

    resets: Callable[[lgb.callback.CallbackEnv], None] = lgb.reset_parameter(
        extra_seed=lambda number: params["seed"] + number, **{name: of_tree(name) for name in varied}
    )
    return resets
