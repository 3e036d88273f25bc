"""Typical values of features, next to which an officer reads a number: medians by lane, and over everything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from features.catalogue import Catalogue, aligned
from features.declared.declare import Feature, Floats, Kind

_FROM, _TO = ("origin_office", "dispatch_country", "sender_country"), ("destination_office", "recipient_country")
LANE = pl.concat_str(pl.coalesce(*_FROM), pl.lit(" to "), pl.coalesce(*_TO).fill_null("?")).fill_null("?")
"""Lane of a parcel event as officers call it; not personal. `lane_of` says the same of one parcel."""
MIN_PARCELS = 50
MAX_LANES = 50
_AT_ONCE = 16
"""Columns whose medians are taken at once."""
_EVERYWHERE = "*"


@dataclass(frozen=True)
class TypicalValues:
    """Medians, one row per lane in the order of `lanes` and one column for each of `names`.

    The first row is over everything.
    """

    lanes: tuple[str, ...]
    names: tuple[str, ...]
    medians: Floats

    @classmethod
    def of(cls, lanes: pl.Series, values: Floats, names: tuple[str, ...]) -> TypicalValues:
        """Medians of feature rows, shape ``(n, k)``, for the busiest of their `lanes` with at least 50 parcels."""
        counted = lanes.value_counts(sort=True, name="n").filter(pl.col("n") >= MIN_PARCELS).head(MAX_LANES)
        busy = sorted(counted.to_series(0).to_list())
        named = lanes.to_numpy()
        parts = [np.ones(named.size, dtype=np.bool_), *(named == lane for lane in busy)]
        # A few columns at once: a copy of all would take as much memory again.
        found = [[_medians(columns[rows]) for rows in parts] for columns in _columns_of(values)]
        return cls(lanes=(_EVERYWHERE, *busy), names=names, medians=np.concatenate(found, axis=1))

    @classmethod
    def nothing(cls) -> TypicalValues:
        """Typical values of a population that nobody has seen."""
        return cls(lanes=(_EVERYWHERE,), names=(), medians=np.empty((1, 0)))

    def aligned_to(self, catalogue: Catalogue) -> TypicalValues:
        """The same values in the columns of `catalogue`: matched by name, NaN for features that were not known."""
        return TypicalValues(self.lanes, catalogue.names, aligned(self.medians, self.names, catalogue))

    def on(self, lane: str) -> tuple[str | None, Floats]:
        """Lane that the medians, shape ``(k,)``, are of; None where `lane` is rare, and they are over everything."""
        if lane in self.lanes:
            return lane, self.medians[self.lanes.index(lane)]
        return None, self.medians[0]

    def table(self) -> pl.DataFrame:
        """As a table with a column ``lane`` and one for each feature, to be stored."""
        return pl.DataFrame({"lane": self.lanes}).hstack(pl.DataFrame(self.medians, schema=list(self.names)))

    @classmethod
    def from_table(cls, table: pl.DataFrame) -> TypicalValues:
        """Read what `table` wrote.

        Raises
        ------
        ValueError
            When it is not such a table.
        """
        lanes, medians = table["lane"].to_list(), table.drop("lane")
        if lanes[:1] != [_EVERYWHERE] or not all(isinstance(lane, str) for lane in lanes):
            raise ValueError("lanes that are no texts, or no row over everything")
        values = medians.select(pl.all().cast(pl.Float64)).to_numpy()
        return cls(lanes=tuple(lanes), names=tuple(medians.columns), medians=values.reshape(len(lanes), -1))


def lane_of(parcel: Mapping[str, Any]) -> str:
    """Lane of one parcel event, given by its columns: the text of `LANE`."""
    origin = next((parcel[name] for name in _FROM if parcel[name] is not None), None)
    destination = next((parcel[name] for name in _TO if parcel[name] is not None), "?")
    return "?" if origin is None else f"{origin} to {destination}"


def _columns_of(values: Floats) -> Iterator[Floats]:
    return (np.ascontiguousarray(values[:, at : at + _AT_ONCE]) for at in range(0, values.shape[1], _AT_ONCE))


def _medians(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=0)
    medians = np.full(values.shape[1], np.nan)
    medians[known] = np.nanmedian(values[:, known], axis=0)
    return medians


def compared_with(feature: Feature, value: float, median: float) -> float | None:
    """Typical value that `value` is set against: numbers have one where both are known, codes and categories none."""
    if feature.unit == "code" or feature.kind is not Kind.NUMBER or math.isnan(median) or math.isnan(value):
        return None
    return median
