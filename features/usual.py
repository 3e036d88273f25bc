"""Usual values of features, beside which an officer reads a number: medians by lane, and over everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.declared.declare import PARCEL, Floats, Kind
from features.identity.things import FROM, TO

LANE = pl.concat_str(FROM, pl.lit(" to "), TO.fill_null("?")).fill_null("?")
"""Lane of a parcel event as officers call it; not personal."""
MIN_PARCELS = 50
MAX_LANES = 50
_EVERYWHERE = "*"


@dataclass(frozen=True)
class UsualValues:
    """Medians, one row per lane in the order of `lanes`; the first one is over everything."""

    lanes: tuple[str, ...]
    medians: Floats

    @classmethod
    def of(cls, lanes: pl.Series, values: Floats) -> UsualValues:
        """Medians of feature rows, shape ``(n, k)``, for the busiest of their `lanes` with at least 50 parcels."""
        counted = lanes.value_counts(sort=True, name="n").filter(pl.col("n") >= MIN_PARCELS).head(MAX_LANES)
        busy = sorted(counted.to_series(0).to_list())
        named = lanes.to_numpy()
        rows = [_medians(values), *(_medians(values[named == lane]) for lane in busy)]
        return cls(lanes=(_EVERYWHERE, *busy), medians=np.array(rows))

    @classmethod
    def nothing(cls) -> UsualValues:
        """Usual values of a flow that nobody has seen."""
        return cls(lanes=(_EVERYWHERE,), medians=np.full((1, len(catalogue())), np.nan))

    def beside(self, lane: str) -> tuple[str, Floats]:
        """Where the values are usual, in words, and the medians, shape ``(k,)``; everywhere for a lane that is rare."""
        if lane in self.lanes:
            return f"on the lane {lane}", self.medians[self.lanes.index(lane)]
        return "in the whole flow", self.medians[0]

    def table(self, names: tuple[str, ...]) -> pl.DataFrame:
        """As a table with a column ``lane`` and one for each feature, to be stored."""
        return pl.DataFrame({"lane": self.lanes}).hstack(pl.DataFrame(self.medians, schema=list(names)))

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> UsualValues:
        """Read what `table` wrote."""
        return cls(lanes=tuple(table["lane"]), medians=table.drop("lane").to_numpy().astype(np.float64))


def _medians(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    medians = np.full(values.shape[1], np.nan)
    medians[known] = np.nanmedian(values[:, known], axis=0)
    return medians


def beside(name: str, value: float, usual: float, where: str) -> str:
    """Words that set a history number beside its usual value, as in "usually 1 on the lane CN to DE"; "" elsewhere."""
    feature = catalogue()[name]
    if feature.entity == PARCEL or feature.kind is not Kind.NUMBER or np.isnan(usual) or np.isnan(value):
        return ""
    return f"usually {usual:.3g} {where}"
