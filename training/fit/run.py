"""One training run: data set, split, search, fit, calibration, test figures, final fit, bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features import bundle
from features.bundle import N_GOLDEN, BundleMeta, Calibration, Learned
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.handling import Sensitivities
from features.identity import IdentityKey
from features.parcel.problems import NothingToLearn
from features.typical import LANE, TypicalValues
from training.data.columns import columns_of, without_origin
from training.data.datasets import Dataset, Flags, dataset
from training.data.leaks import refuse_leaks
from training.data.maturity import Delays
from training.data.methods import label_weights, weights_that_differ
from training.data.parts import give_back_memory
from training.data.severity import Severity
from training.data.splits import MIN_FOUND_ELSEWHERE, Split, split_by_time
from training.data.word_shares import fill_words, words_known
from training.evaluation.contraband import contraband_figures
from training.evaluation.label_quality import not_by_chance, usable
from training.evaluation.unseen import Judged, figures
from training.fit.booster import Fitted, Options, fit, raw_scores, rows_of
from training.fit.calibration import calibrated_on_population
from training.fit.card import model_card
from training.fit.reference import reference_of
from training.fit.regime import Regime
from training.fit.tune import Trial, search, with_trial

SEARCH_BACKGROUND = 30_000
"""Trials are fitted against so many parcels at most: they only have to be put in order, and time goes with the rows."""
Stage = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run is asked to do.

    Attributes
    ----------
    patterns:
        Features to read, see `training.data.columns.columns_of`.
    knows_origin:
        Whether the model may read where a parcel comes from, see `training.data.columns.without_origin`.
    n_trials:
        Sets of parameters to try; 0 takes the defaults.
    as_of, window_days, maturity_days:
        See `training.data.datasets.dataset`.
    without_stations:
        Stations whose outcomes are not learned from. Those whose outcomes cannot be chance are added to them.
    with_stations:
        Stations that a person decided to learn from although their outcomes cannot be chance.
    without_parcels:
        Parcel events whose results may not be learned from: those under investigation.
    trained_by:
        Who runs it; another person approves.
    sensitivities:
        Of methods of inspection, by which clean results are weighed, and by which figures count what methods miss.
    """

    name: str
    seed: int = 1
    patterns: tuple[str, ...] = ()
    knows_origin: bool = True
    options: Options = field(default_factory=Options)
    n_trials: int = 0
    as_of: datetime | None = None
    window_days: float | None = None
    maturity_days: float | None = None
    without_stations: tuple[str, ...] = ()
    with_stations: tuple[str, ...] = ()
    without_parcels: frozenset[int] = frozenset()
    trained_by: str = ""
    sensitivities: Sensitivities = field(default_factory=Sensitivities.read)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a run made: the data, the final model, the content of its bundle, and what reports need.

    Attributes
    ----------
    judged:
        The test slice with the scores of a model of all that was known before it, and the calibration of that time.
    judging:
        The model of `judged`.
    calibrated:
        The tune and the test slice with scores of models that had not seen them, and the calibration of the bundle.
    trials:
        The search, best first.
    held:
        Stations whose outcomes cannot be chance: not learned from until a person decides.
    """

    data: Dataset
    fitted: Fitted
    meta: BundleMeta
    card: str
    split: Split
    judged: Judged
    judging: Fitted
    calibrated: Judged
    options: Options
    trials: tuple[Trial, ...] = ()
    held: tuple[str, ...] = ()
    sensitivities: Sensitivities = field(default_factory=Sensitivities.read)

    @property
    def columns(self) -> list[int]:
        """Columns of the catalogue that the model reads."""
        return [catalogue().names.index(name) for name in self.meta.features]


def train(
    log: pl.DataFrame,
    plan: Plan,
    *,
    stage: Stage = lambda text: None,
    on_trial: Callable[[Trial], None] = lambda trial: None,
) -> Trained:
    """Train on what the log knew.

    The test figures come from the same procedure one slice earlier: a model of all labels known when the test slice
    began, with the number of trees that the tune slice gave, and a calibration of that time. The calibration of the
    bundle is fitted on predictions for both slices by models that had seen only what came before. The released model
    is then fitted on all labels with the same number of trees.

    Raises
    ------
    NothingToLearn
        When the log holds too few findings.
    LeakSuspected
        When a feature separates inspected parcels or findings as only the inspection could.
    """

    def begin(text: str) -> None:
        give_back_memory()
        stage(text)

    begin("replaying the log into feature rows")
    replayed = dataset(log, as_of=plan.as_of, window_days=plan.window_days, maturity_days=plan.maturity_days)
    del log  # of a large one a gigabyte, where the caller does not keep it
    held = held_out(replayed, plan)
    plan = replace(plan, without_stations=(*plan.without_stations, *held))
    left_out = usable(replayed, without_stations=plan.without_stations, without_parcels=plan.without_parcels)
    fill_words(left_out)
    data = replace(left_out, label_weight=label_weights(left_out.parcels, plan.sensitivities))
    split = split_by_time(data)
    columns = columns_of(plan.patterns)
    run = _Run(data, split, columns if plan.knows_origin else without_origin(columns), plan)
    begin(run.regime.says)
    refuse_leaks(data, run.columns)
    trials: list[Trial] = []
    if plan.n_trials:
        begin(f"trying {plan.n_trials} sets of parameters on {int(split.fit.sum()):,} inspected parcels")
        trials = run.search(on_trial)
        run.options = with_trial(run.options, trials[0])
    begin(f"fitting on {int(split.fit.sum()):,} inspected parcels of {len(data):,}")
    first = run.fit_first()
    begin("calibrating on parcels that the models had not seen")
    second = run.fit_second(first)
    tuned, tested = run.raw(first, split.tune_population), run.raw(second, split.test_population)
    judged = run.judge(tuned, tested)
    calibrated, calibration = run.calibrate(tuned, tested)
    begin(f"fitting {first.n_trees} trees on all {int(data.labelled.sum()):,} inspected parcels")
    final = run.fit_all(first.n_trees)
    meta = BundleMeta(
        name=plan.name,
        fingerprint=catalogue().fingerprint,
        features=tuple(catalogue().names[column] for column in run.columns),
        calibration=calibration,
        reference=reference_of(data, final, calibration, run.columns),
        training=_facts(data, split, final, plan, run.options) | {"regime": run.regime.says},
        metrics=figures(judged) | contraband_figures(judged, plan.sensitivities),
    )
    return Trained(
        data=data,
        fitted=final,
        meta=meta,
        card=model_card(meta),
        split=split,
        judged=judged,
        judging=second,
        calibrated=calibrated,
        options=run.options,
        trials=tuple(trials),
        held=held,
        sensitivities=plan.sensitivities,
    )


def held_out(data: Dataset, plan: Plan) -> tuple[str, ...]:
    """Stations whose outcomes cannot be chance, and about which nobody has decided.

    Raises
    ------
    NothingToLearn
        When a decision is about a station whose outcomes may well be chance: it would be about nothing.
    """
    doubtful = not_by_chance(data)
    needless = set(plan.with_stations) - set(doubtful)
    if needless:
        raise NothingToLearn(f"the outcomes of {min(needless)} are not held out. Leave --with-station out.")
    return tuple(one for one in doubtful if one not in (*plan.with_stations, *plan.without_stations))


class _Run:
    """The fits of one run, on one data set and split."""

    def __init__(self, data: Dataset, split: Split, columns: list[int], plan: Plan) -> None:
        self.data, self.split, self.columns, self.plan = data, split, columns, plan
        self.regime = Regime.of(int((data.label[split.fit] == 1).sum()))
        self.options = self.regime.fitted(plan.options)

    def rows(self, labelled: Flags, background: Flags) -> Any:
        return rows_of(
            self.data,
            labelled=labelled,
            background=background,
            columns=self.columns,
            options=self.options,
            seed=self.plan.seed,
        )

    def search(self, on_trial: Callable[[Trial], None]) -> list[Trial]:
        full = self.options
        self.options = replace(full, n_background=min(full.n_background, SEARCH_BACKGROUND))
        fit_rows = self.rows(self.split.fit, self.split.fit_background)
        later = self.rows(self.split.tune, self.split.tune_background)
        self.options = full
        return search(
            fit_rows, later, options=self.options, seed=self.plan.seed, n_trials=self.plan.n_trials, progress=on_trial
        )

    def fit_first(self) -> Fitted:
        fit_rows = self.rows(self.split.fit, self.split.fit_background)
        later = self.rows(self.split.tune, self.split.tune_background)
        return fit(fit_rows, options=self.options, seed=self.plan.seed, stop_on=later)

    def fit_second(self, first: Fitted) -> Fitted:
        """Model of all labels known before the test slice, with the number of trees of the first one."""
        rows = self.rows(self.split.before_test, self.split.before_test_background)
        return fit(rows, options=self.options, seed=self.plan.seed, n_trees=first.n_trees)

    def judge(self, tuned: Floats, tested: Floats) -> Judged:
        """Test slice with scores of a model that had not seen it, and probabilities as they could be given then."""
        return Judged.of(self.data, self.split.test_population, tested, self.calibrated_then(tuned))

    def calibrate(self, tuned: Floats, tested: Floats) -> tuple[Judged, Calibration]:
        """Calibration of the bundle, and the two later slices that it was made on."""
        population, raw = self.split.tune_population | self.split.test_population, np.concatenate([tuned, tested])
        calibration = calibrated_on_population(self.data, population, population & self.data.labelled, raw)
        return Judged.of(self.data, population, raw, calibration), calibration

    def calibrated_then(self, tuned: Floats) -> Calibration:
        """Calibration as it could be made when the test slice began: late findings were not known yet."""
        data, split = self.data, self.split
        delays = Delays.of(data, split.fit_population & data.labelled & (data.label_known_at_us < split.test_from_us))
        age_us = split.test_from_us - data.lodged_at_us
        mature = split.tune_population & (age_us >= delays.mature_age_us)
        if (data.label[split.tune & mature] == 1).sum() < MIN_FOUND_ELSEWHERE:
            mature = split.tune_population
        known = delays.known_share(data.label[mature], age_us[mature])
        return calibrated_on_population(data, mature, split.tune & mature, tuned[mature[split.tune_population]], known)

    def fit_all(self, n_trees: int) -> Fitted:
        rows = self.rows(self.data.labelled, self.data.not_inspected(self.data.as_of_us))
        return fit(rows, options=self.options, seed=self.plan.seed, n_trees=n_trees)

    def raw(self, fitted: Fitted, rows: Flags) -> Floats:
        return raw_scores(fitted.booster, self.data, rows, self.columns)


def write_bundle(trained: Trained, folder: Path, *, identity: IdentityKey | None = None) -> Path:
    """Write the bundle of a run to `folder`, its words under digests by `identity`.

    Without a key they are in the clear, which is for synthetic worlds alone: words may name persons."""
    step = max(1, len(trained.data) // N_GOLDEN)
    golden = np.ascontiguousarray(trained.data.values[::step][:N_GOLDEN, trained.columns])
    lanes = trained.data.parcels.select(LANE.alias("lane"))["lane"]
    typical = TypicalValues.of(lanes, trained.data.values, catalogue().names)
    learned = Learned(words=words_known(trained.data).under(identity), typical=typical)
    return bundle.write(
        folder, trained.meta, model=trained.fitted.model, golden=golden, card=trained.card, learned=learned
    )


def _facts(data: Dataset, split: Split, fitted: Fitted, plan: Plan, options: Options) -> dict[str, Any]:
    severity = Severity.read()
    return {
        "data_digest": data.digest,
        "as_of": _time(data.as_of_us),
        "window_days": plan.window_days,
        "maturity_days": round(data.maturity_days, 3),
        "n_parcels": len(data),
        "n_inspected": int(data.labelled.sum()),
        "n_found": int((data.label == 1).sum()),
        "first_lodged_at": _time(int(data.lodged_at_us[0])),
        "last_seq": int(data.seq[-1]),
        "last_lodged_at": _time(int(data.lodged_at_us[-1])),
        "tune_from": _time(split.tune_from_us),
        "test_from": _time(split.test_from_us),
        "n_trees": fitted.n_trees,
        "seed": plan.seed,
        "trained_by": plan.trained_by,
        "without_stations": list(plan.without_stations),
        **({"with_stations": list(plan.with_stations)} if plan.with_stations else {}),
        **weights_that_differ(data.parcels, plan.sensitivities),
        **({"n_without_parcels": len(plan.without_parcels)} if plan.without_parcels else {}),
        **({} if plan.knows_origin else {"knows_origin": False}),
        "weights": str(options.weights),
        "n_background": options.n_background,
        "monotone": options.monotone,
        "points_per_finding": round(severity.mean(data.parcels["finding_class"]), 4),
        "severity": {"valid_from": severity.valid_from.isoformat(), "source": severity.source, **severity.points},
        "params": fitted.params,
    }


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
