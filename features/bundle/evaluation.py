"""How a bundle's model is evaluated: by its own compiled forest where that agrees with LightGBM, else by LightGBM."""

from __future__ import annotations

from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np

from features.bundle import kernel
from features.bundle.forest import Forest, NotUnderstoodError, Patterns
from features.declared.declare import Floats

N_PROBES = 256
_N_EXPLAINED = 64
_TOLERANCE = 1e-9
_SMALL = (0.0, 5e-324, 1e-36, kernel.ZERO, float(np.nextafter(kernel.ZERO, 1.0)))
_LARGE = (0.5, 1.0, 31.0, 32.0, 63.7, 2.0**31 - 1, 2.0**31, 2.0**32, 1e18, 1e300, float("inf"))
EDGES = np.array([float("nan"), *_SMALL, *_LARGE, *(-value for value in (*_SMALL, *_LARGE))])
"""Values at which decisions of trees have gone apart: missing, around 0, and categories that are none."""


def predict_raw(booster: lgb.Booster, values: Floats) -> Floats:
    """LightGBM's raw scores; few rows use one thread, because waking others costs more than it saves."""
    if values.shape[0] == 0:
        return np.zeros(0, dtype=np.float64)
    threads = 1 if values.shape[0] < 1_000 else 0
    return np.asarray(booster.predict(values, raw_score=True, num_threads=threads), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class LightGbm:
    """LightGBM's own evaluation of rows that hold the model's features in `columns`."""

    booster: lgb.Booster
    columns: list[int]

    def raw(self, values: Floats) -> Floats:
        """Raw scores, shape ``(n,)``."""
        return predict_raw(self.booster, values[:, self.columns])

    def contributions(self, values: Floats) -> Floats:
        """What each column contributes to the raw score of each row, shape ``(n, k)``."""
        contributions = np.zeros_like(values)
        if values.shape[0]:
            read = self.booster.predict(values[:, self.columns], pred_contrib=True, num_threads=1)
            contributions[:, self.columns] = np.asarray(read, dtype=np.float64)[:, :-1]
        return contributions


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Raw scores and contributions of a model.

    Attributes
    ----------
    lightgbm:
        LightGBM's evaluation, with which the own one agrees; it answers where that is None.
    problem:
        Why LightGBM answers: what is not evaluated here, or where the two differ. None where it does not.
    """

    lightgbm: LightGbm
    forest: Forest | None = None
    patterns: Patterns | None = None
    problem: str | None = None

    @classmethod
    def of(cls, text: str, booster: lgb.Booster, columns: list[int], golden: Floats) -> Evaluation:
        """Read a `checked` model text, and compare its evaluation with that of `booster`.

        Parameters
        ----------
        columns:
            Where a row holds each of the model's features.
        golden:
            Rows of the model's features, shape ``(n, k)``, at and around which the two are compared.
        """
        evaluation = cls(lightgbm=LightGbm(booster, columns))
        try:
            forest = Forest.of(text, columns)
            rows = probes(forest, _spread(golden, columns))
            _compare_leaves(forest, booster)
            _compare_raw(forest, evaluation.lightgbm, rows)
            evaluation = replace(evaluation, forest=forest)
            patterns = Patterns.of(forest)
            _compare_contributions(patterns, evaluation.lightgbm, rows[:_N_EXPLAINED])
        except NotUnderstoodError as error:
            return replace(evaluation, problem=str(error))
        return replace(evaluation, patterns=patterns)

    def by_lightgbm(self) -> Evaluation:
        """The same model evaluated by LightGBM alone."""
        return replace(self, forest=None, patterns=None)

    def raw(self, values: Floats) -> Floats:
        """Raw scores, shape ``(n,)``: the same bits, whoever evaluates."""
        return (self.forest or self.lightgbm).raw(values)

    def contributions(self, values: Floats) -> Floats:
        """TreeSHAP contributions, shape ``(n, k)``: the same but for the last bits, whoever evaluates."""
        return (self.patterns or self.lightgbm).contributions(values)


def probes(forest: Forest, rows: Floats) -> Floats:
    """Rows to compare evaluations with: the given ones, and many with values at and next to the thresholds.

    Parameters
    ----------
    rows:
        Ordinary rows, shape ``(n, k)``; half the values that the forest reads are exchanged.
    """
    chance = np.random.default_rng(14)
    drawn = rows[chance.integers(0, rows.shape[0], N_PROBES)]
    for column in np.unique(forest.nodes[:, kernel.COLUMN]):
        pool = np.concatenate([EDGES, _asked(forest, column, chance)])
        drawn[chance.permutation(N_PROBES)[: N_PROBES // 2], column] = np.resize(pool, N_PROBES // 2)
    return np.concatenate([rows, drawn])


def _asked(forest: Forest, column: int, chance: np.random.Generator) -> Floats:
    """Categories that splits of a column could ask for, or thresholds each with its neighbours, in random order."""
    splits = forest.nodes[:, kernel.COLUMN] == column
    n_words = int(forest.nodes[splits, kernel.N_WORDS].max())
    if n_words:
        return chance.permutation(32 * (n_words + 1)).astype(np.float64)
    at = chance.permutation(np.unique(forest.thresholds[splits]))
    with np.errstate(over="ignore"):
        return np.column_stack([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)]).ravel()


def _spread(golden: Floats, columns: list[int]) -> Floats:
    rows = np.zeros((golden.shape[0], max(columns) + 1))
    rows[:, columns] = golden
    return rows


def _compare_leaves(forest: Forest, booster: lgb.Booster) -> None:
    """Refuse leaves that were read as other numbers: a last bit can be lost in a sum."""
    leaves = [booster.get_leaf_output(tree, leaf) for tree, n in enumerate(forest.n_leaves()) for leaf in range(n)]
    if np.array(leaves, dtype=np.float64).tobytes() != forest.leaves.tobytes():
        raise NotUnderstoodError("leaf values differ from LightGBM's")


def _compare_raw(forest: Forest, lightgbm: LightGbm, rows: Floats) -> None:
    if forest.raw(rows).tobytes() != lightgbm.raw(rows).tobytes():
        raise NotUnderstoodError("raw scores differ from LightGBM's")


def _compare_contributions(patterns: Patterns, lightgbm: LightGbm, rows: Floats) -> None:
    given, expected = patterns.contributions(rows), lightgbm.contributions(rows)
    with np.errstate(all="ignore"):
        gap = np.abs(given - expected).max()
    # A NaN is no agreement, either.
    if not gap <= _TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise NotUnderstoodError("contributions differ from LightGBM's")
