"""Label maturity, the share of labels known by now: findings take longer to become known than clean results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.declared.declare import Floats
from training.data.datasets import Dataset, Flags, Ints

MATURE_FINDINGS_SHARE = 0.25
"""Parcels of an age at which less than this share of the findings is known are left out: they say too little yet."""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Times from lodging until the result was known, microseconds, ascending: of findings, and of clean results."""

    found: Ints
    clean: Ints

    @classmethod
    def of(cls, data: Dataset, rows: Flags) -> Delays:
        """Delays of the labelled among `rows`, which should be so old that nearly all of their labels are known."""
        delay = data.label_known_at_us - data.lodged_at_us
        return cls(found=np.sort(delay[rows & (data.label == 1)]), clean=np.sort(delay[rows & (data.label == 0)]))

    def known_share(self, label: Ints, age_us: Ints) -> Floats:
        """Share of the labels of each kind that is known at each age, 0..1; 1 where there is no label."""
        found, clean = _share(self.found, age_us), _share(self.clean, age_us)
        return np.where(label == 1, found, np.where(label == 0, clean, 1.0))

    @property
    def mature_age_us(self) -> int:
        """Age at which ``MATURE_FINDINGS_SHARE`` of the findings is known, microseconds; 0 without findings."""
        return int(np.quantile(self.found, MATURE_FINDINGS_SHARE)) if self.found.size else 0


def _share(delays: Ints, age_us: Ints) -> Floats:
    """Share of `delays` up to each age; never 0, as a label that is known has been possible."""
    if not delays.size:
        return np.ones(age_us.size)
    return np.maximum(np.searchsorted(delays, age_us, side="right"), 1) / delays.size
