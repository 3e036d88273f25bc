"""One training run: data set, split, fit, calibration, test figures, final fit, bundle."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features import bundle
from features.bundle import N_GOLDEN, BundleMeta, Calibration, Reference
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.parcel.problems import ParcelRiskError
from training.card import model_card
from training.dataset import Dataset, dataset, weights
from training.fit import Fitted, calibrate, fit
from training.metrics import calibration_metrics, ranking_metrics
from training.splits import Split, split_by_time

_SHARES = tuple(float(share) for share in np.unique(np.round(np.geomspace(1e-4, 1.0, 60), 6)))
_FLOW_SHARE = 0.25
Stage = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a run made: the data, the final model, and the content of its bundle."""

    data: Dataset
    fitted: Fitted
    meta: BundleMeta
    card: str

    @property
    def columns(self) -> list[int]:
        """Columns of the catalogue that the model reads."""
        return [catalogue().names.index(name) for name in self.meta.features]


def columns_of(patterns: tuple[str, ...]) -> list[int]:
    """Columns whose names match one of the shell-like `patterns` and none of those that begin with ``!``.

    Raises
    ------
    ParcelRiskError
        When a pattern matches no feature, or nothing is left.
    """
    names = catalogue().names
    for pattern in patterns:
        if not fnmatch.filter(names, pattern.removeprefix("!")):
            raise ParcelRiskError(f"no feature matches {pattern!r}; docs/features.md lists them all.")
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")] or ["*"]
    unwanted = [pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")]
    chosen = [column for column, name in enumerate(names) if _like(name, wanted) and not _like(name, unwanted)]
    if not chosen:
        raise ParcelRiskError("the patterns leave no feature to train on.")
    return chosen


def _like(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def train(
    log: pl.DataFrame, *, name: str, seed: int, patterns: tuple[str, ...] = (), stage: Stage = lambda text: None
) -> Trained:
    """Train on everything the log knows.

    Test figures come from a model that saw neither the tune nor the test slice; the released model is then fitted on
    all
    labels with the same number of trees.

    Raises
    ------
    NothingToLearn
        When the log holds too few findings.
    """
    stage("replaying the log into feature rows")
    data = dataset(log)
    split = split_by_time(data)
    columns = columns_of(patterns)
    stage(f"fitting on {int(split.fit.sum()):,} inspected parcels of {len(data):,}")
    first = fit(data, rows=split.fit, stop_on=split.tune, columns=columns, seed=seed)
    calibration = _calibration(data, split, first, columns)
    metrics = _test_figures(data, split, first, calibration, columns)
    stage(f"fitting {first.n_trees} trees on all {int(data.labelled.sum()):,} inspected parcels")
    final = fit(data, rows=data.labelled, stop_on=None, columns=columns, seed=seed, n_trees=first.n_trees)
    reference = _reference(data, final, calibration, columns)
    meta = BundleMeta(
        name=name,
        fingerprint=catalogue().fingerprint,
        features=tuple(catalogue().names[column] for column in columns),
        calibration=calibration,
        reference=reference,
        training=_facts(data, split, final, seed),
        metrics=metrics,
    )
    return Trained(data=data, fitted=final, meta=meta, card=model_card(meta))


def write_bundle(trained: Trained, folder: Path) -> Path:
    """Write the bundle of a run to `folder`."""
    step = max(1, len(trained.data) // N_GOLDEN)
    golden = np.ascontiguousarray(trained.data.values[::step][:N_GOLDEN, trained.columns])
    return bundle.write(folder, trained.meta, model=trained.fitted.model, golden=golden, card=trained.card)


def _raw(fitted: Fitted, values: Floats, columns: list[int]) -> Floats:
    return bundle.predict_raw(fitted.booster, values[:, columns])


def _calibration(data: Dataset, split: Split, fitted: Fitted, columns: list[int]) -> Calibration:
    raw = _raw(fitted, data.values[split.tune], columns)
    return calibrate(raw, data.label[split.tune].astype(np.float64), weights(data, split.tune))


def _test_figures(
    data: Dataset, split: Split, fitted: Fitted, calibration: Calibration, columns: list[int]
) -> dict[str, float]:
    raw = _raw(fitted, data.values[split.test], columns)
    label = data.label[split.test]
    figures = {**ranking_metrics(raw, label), **calibration_metrics(calibration.probability(raw), label)}
    return {f"test_{name}": value for name, value in figures.items()}


def _reference(data: Dataset, fitted: Fitted, calibration: Calibration, columns: list[int]) -> Reference:
    """Scores of the latest quarter of the whole flow, inspected or not."""
    raw = _raw(fitted, data.values[int(len(data) * (1 - _FLOW_SHARE)) :], columns)
    levels = np.quantile(raw, 1.0 - np.array(_SHARES))
    return Reference(
        shares=_SHARES,
        raw=tuple(float(level) for level in levels),
        mean_root=float(np.sqrt(calibration.probability(raw)).mean()),
    )


def _facts(data: Dataset, split: Split, fitted: Fitted, seed: int) -> dict[str, Any]:
    return {
        "data_digest": data.digest,
        "n_parcels": len(data),
        "n_inspected": int(data.labelled.sum()),
        "n_found": int((data.label == 1).sum()),
        "first_lodged_at": _time(int(data.lodged_at_us[0])),
        "last_seq": int(data.seq[-1]),
        "last_lodged_at": _time(int(data.lodged_at_us[-1])),
        "tune_from": _time(split.tune_from_us),
        "test_from": _time(split.test_from_us),
        "n_trees": fitted.n_trees,
        "seed": seed,
        "params": fitted.params,
    }


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
