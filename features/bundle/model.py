"""A verified model, ready to score: raw scores, probabilities, contributions, and its words and typical values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from features import words
from features.bundle.evaluation import Evaluation
from features.bundle.meta import BundleMeta
from features.catalogue import Catalogue
from features.declared.declare import Floats
from features.signing import Signature
from features.typical import TypicalValues
from features.words import Words

Indices = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a bundle learned in addition to its model: finding shares of words, and typical values of features."""

    words: Words = field(default_factory=Words)
    typical: TypicalValues = field(default_factory=TypicalValues.nothing)


@dataclass(frozen=True, kw_only=True, eq=False)
class Families:
    """Columns that a model reads, by family of their features: how contributions are summed for reasons.

    Only what the model reads is summed, in its order: a feature more in the catalogue changes no bit of a weight.
    """

    names: tuple[str, ...]
    columns: tuple[Indices, ...]
    _all: Indices
    _starts: Indices

    @classmethod
    def of(cls, columns: Sequence[int], catalogue: Catalogue) -> Families:
        """Group `columns` of the catalogue."""
        families: dict[str, list[int]] = {}
        for column in columns:
            families.setdefault(catalogue.features[column].family, []).append(column)
        grouped = tuple(np.array(of_family) for of_family in families.values())
        starts = np.cumsum([0, *(of_family.size for of_family in grouped)])[:-1]
        return cls(names=tuple(families), columns=grouped, _all=np.concatenate(grouped), _starts=starts)

    def weights(self, contribution: Floats) -> list[float]:
        """Sum of the contributions, shape ``(k,)``, of each family."""
        weights: list[float] = np.add.reduceat(contribution[self._all], self._starts).tolist()
        return weights


class Bundle:
    """A verified bundle, ready to score feature rows of its catalogue."""

    def __init__(
        self,
        meta: BundleMeta,
        evaluation: Evaluation,
        learned: Learned,
        catalogue: Catalogue,
        *,
        signature: Signature | None,
        digest: str,
    ) -> None:
        """Use `features.bundle.load`, which verifies."""
        self.meta = meta
        self.words, self.typical = learned.words, learned.typical.aligned_to(catalogue)
        self.catalogue = catalogue
        self.signature = signature
        self.digest = digest
        self.columns = [catalogue.column(name) for name in meta.features]
        """Columns of the catalogue that the model reads, in its order."""
        self.evaluation = evaluation
        """How the model is evaluated; `Evaluation.by_lightgbm` is the same by LightGBM."""
        self.families = Families.of(self.columns, catalogue)
        self._word_column = catalogue.column(words.FEATURE) if words.FEATURE in catalogue else None

    @cached_property
    def usual_probability(self) -> float:
        """Mean probability over the population that the model knows: what a parcel's own is set against."""
        return self.meta.reference.mean_probability(self.meta.calibration)

    @property
    def bundle_id(self) -> str:
        """Name and digest: what a score is attributed to in the log."""
        return f"{self.meta.name}@{self.digest[:12]}"

    def completed(self, values: Floats, descriptions: Iterable[str | None]) -> Floats:
        """Whole feature rows with the one feature filled in that the bundle itself carries; for all methods below."""
        whole = values.copy()
        if self._word_column is not None:
            whole[:, self._word_column] = self.words.values(descriptions)
        return whole

    def column(self, column: int, values: Floats, descriptions: Iterable[str | None]) -> Floats:
        """One column of the `completed` rows, shape ``(n,)``, without a copy of the others."""
        return self.words.values(descriptions) if column == self._word_column else values[:, column]

    def raw(self, values: Floats) -> Floats:
        """Raw scores (log-odds) of whole feature rows, shape ``(n,)``; parcels are ranked by them."""
        return self.evaluation.raw(values)

    def probability(self, raw: Floats) -> Floats:
        """Calibrated probabilities, 0..1."""
        return self.meta.calibration.probability(raw)

    def contributions(self, values: Floats) -> Floats:
        """Exact TreeSHAP contributions to the raw score, shape ``(n, k)``."""
        return self.evaluation.contributions(values)
