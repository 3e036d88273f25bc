"""How a bundle's model is evaluated: by its own compiled forest where that agrees with LightGBM, else by LightGBM."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.bundle.by_lightgbm import LightGbm
from features.bundle.forest import Forest, NotUnderstoodError, Patterns
from features.bundle.probes import Probes
from features.declared.declare import Floats

_TOLERANCE = 1e-9


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
    def of(cls, text: str, columns: list[int], golden: Floats, probes: Probes | None = None) -> Evaluation:
        """Read a `checked` model text, and compare its evaluation with LightGBM's.

        Parameters
        ----------
        columns:
            Where a row holds each of the model's features.
        golden:
            Rows of the model's features, shape ``(n, k)``, at and around which LightGBM is asked without `probes`.
        probes:
            What LightGBM said when the bundle was written.
        """
        evaluation = cls(lightgbm=LightGbm(text, columns))
        try:
            forest = Forest.of(text, columns)
            if probes is None:
                probes = Probes.asked(text, LightGbm(text, list(range(len(columns)))), golden)
            rows = spread(probes.rows, columns)
            if forest.raw(rows).tobytes() != probes.raw.tobytes():
                raise NotUnderstoodError("raw scores differ from LightGBM's")
            evaluation = replace(evaluation, forest=forest)
            patterns = Patterns.of(forest)
            _compare_contributions(patterns.contributions(rows[: len(probes.contributions)])[:, columns], probes)
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


def spread(values: Floats, columns: list[int]) -> Floats:
    """Rows that hold each of the model's features in its one of `columns`, and 0 elsewhere."""
    rows = np.zeros((values.shape[0], max(columns) + 1))
    rows[:, columns] = values
    return rows


def _compare_contributions(given: Floats, probes: Probes) -> None:
    expected = probes.contributions
    with np.errstate(all="ignore"):
        gap = np.abs(given - expected).max()
    # A NaN is no agreement, either.
    if not gap <= _TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise NotUnderstoodError("contributions differ from LightGBM's")
