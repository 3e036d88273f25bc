"""Evaluation of a model by LightGBM, which is imported only where it is asked: it brings a second of imports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from features.declared.declare import Floats

if TYPE_CHECKING:
    import lightgbm as lgb


def predict_raw(booster: lgb.Booster, values: Floats) -> Floats:
    """LightGBM's raw scores; few rows use one thread, because waking others costs more than it saves."""
    if values.shape[0] == 0:
        return np.zeros(0, dtype=np.float64)
    threads = 1 if values.shape[0] < 1_000 else 0
    return np.asarray(booster.predict(values, raw_score=True, num_threads=threads), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class LightGbm:
    """LightGBM's own evaluation of a `checked` model text, for rows that hold the model's features in `columns`."""

    text: str
    columns: list[int]

    @cached_property
    def booster(self) -> lgb.Booster:
        """The model as LightGBM reads it; ValueError where it does not."""
        import lightgbm as lgb

        try:
            return lgb.Booster(model_str=self.text)
        except lgb.basic.LightGBMError as error:
            raise ValueError("LightGBM does not read the model") from error

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
