"""A verified model, ready to score: raw scores, probabilities, contributions, and its words and typical values."""

from __future__ import annotations

from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
import polars as pl

from features import words
from features.bundle.meta import BundleMeta
from features.catalogue import Catalogue
from features.declared.declare import Floats
from features.signing import Signature
from features.typical import TypicalValues
from features.words import Words


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a bundle learned in addition to its model: finding shares of words, and typical values of features."""

    words: Words = field(default_factory=Words)
    typical: TypicalValues = field(default_factory=TypicalValues.nothing)


class Bundle:
    """A verified bundle, ready to score feature rows of its catalogue."""

    def __init__(
        self,
        meta: BundleMeta,
        booster: lgb.Booster,
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
        self._booster = booster

    @property
    def bundle_id(self) -> str:
        """Name and digest: what a score is attributed to in the log."""
        return f"{self.meta.name}@{self.digest[:12]}"

    def completed(self, values: Floats, descriptions: pl.Series) -> Floats:
        """Whole feature rows with the one feature filled in that the bundle itself carries; for all methods below."""
        whole = values.copy()
        if words.FEATURE in self.catalogue:
            whole[:, self.catalogue.column(words.FEATURE)] = self.words.values(descriptions)
        return whole

    def raw(self, values: Floats) -> Floats:
        """Raw scores (log-odds) of whole feature rows, shape ``(n,)``; parcels are ranked by them."""
        return predict_raw(self._booster, values[:, self.columns])

    def probability(self, raw: Floats) -> Floats:
        """Calibrated probabilities, 0..1."""
        return self.meta.calibration.probability(raw)

    def contributions(self, values: Floats) -> Floats:
        """Exact TreeSHAP contributions to the raw score, shape ``(n, k)``; about 10 ms a row."""
        if values.shape[0] == 0:
            return np.zeros_like(values)
        read = self._booster.predict(values[:, self.columns], pred_contrib=True, num_threads=1)
        contributions = np.zeros_like(values)
        contributions[:, self.columns] = np.asarray(read, dtype=np.float64)[:, :-1]
        return contributions


def predict_raw(booster: lgb.Booster, values: Floats) -> Floats:
    """Raw scores; single rows use one thread, because waking others costs more than it saves."""
    if values.shape[0] == 0:
        return np.zeros(0, dtype=np.float64)
    threads = 1 if values.shape[0] < 1_000 else 0
    return np.asarray(booster.predict(values, raw_score=True, num_threads=threads), dtype=np.float64)
