"""Turn a log into a data set as it was known at a time: feature rows, labels, and why parcels were inspected."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from features.catalogue import catalogue
from features.declared.declare import Floats
from features.history import Engine
from features.replay import replay
from training.data.labels import (
    MICROSECONDS_PER_DAY,
    finding_delay_days,
    known_by,
    labelled_parcels,
    within,
    without_immature,
)

Progress = Callable[[float], None]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MAX_WEIGHT = 50.0
_CHUNK = 10_000
_ARRAYS = ("lodged_at_us", "label", "label_known_at_us")


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Parcels of a log in log order, arrays of shape ``(n,)`` unless said otherwise.

    Attributes
    ----------
    seq:
        Sequence number in the log.
    values:
        Feature rows, shape ``(n, k)``.
    lodged_at_us, label_known_at_us:
        Microseconds since 1970; -1 where there is no label.
    label:
        1 found, 0 nothing found, -1 not inspected, or not known yet (`pending`). Neither means negative.
    propensity:
        Probability with which the policy in force would have selected the parcel; NaN where it is not known.
    digest:
        Digest of everything above.
    parcels:
        What reports need in addition, one row per parcel: the columns of `training.data.labels.labelled_parcels`
        and ``is_immature``.
    as_of_us:
        Time at which all this was known, microseconds since 1970.
    maturity_days:
        Labels of parcels lodged within these last days were left out as immature.
    label_weight:
        How much each label counts in a fit, by its method, see `training.data.methods`; None where all count alike.
    """

    seq: Ints
    values: Floats
    lodged_at_us: Ints
    label: Ints
    label_known_at_us: Ints
    propensity: Floats
    digest: str
    parcels: pl.DataFrame = field(default_factory=pl.DataFrame)
    as_of_us: int = 0
    maturity_days: float = 0.0
    label_weight: Floats | None = None

    def __len__(self) -> int:
        return int(self.seq.size)

    def table(self, rows: Flags | Ints, columns: Sequence[int]) -> Floats:
        """Some columns of some rows, in one copy; indexing one after the other makes two."""
        found: Floats = self.values[np.ix_(np.asarray(rows), np.asarray(columns, dtype=np.int64))]
        return found

    @property
    def labelled(self) -> Flags:
        """True where an inspection has an outcome."""
        return self.label >= 0

    @property
    def pending(self) -> Flags:
        """True where no result could be known yet: neither inspected nor not inspected."""
        return ~self.labelled & (self.lodged_at_us > self.settled_by(self.as_of_us))

    def settled_by(self, at_us: int) -> int:
        """Time before which a parcel must be lodged for its result to be known at `at_us`, if it has one."""
        return at_us - int(self.maturity_days * MICROSECONDS_PER_DAY)

    def not_inspected(self, at_us: int) -> Flags:
        """True where no result was known at `at_us` though it would have been: nobody had inspected the parcel."""
        known = self.labelled & (self.label_known_at_us < at_us)
        return ~known & (self.lodged_at_us < self.settled_by(at_us))


def dataset(
    log: pl.DataFrame,
    *,
    as_of: datetime | None = None,
    window_days: float | None = None,
    maturity_days: float | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Replay `log` into a data set as the office knew things at `as_of`.

    Events that became known later change nothing: neither a feature, nor a label, nor the digest.

    Parameters
    ----------
    log:
        Events in log order.
    as_of:
        Default: the time of the last event.
    window_days:
        Parcels lodged within so many days before `as_of`; default: all. History always reaches back to the beginning.
    maturity_days:
        Leave out the labels of the last days, as immature. Default: the time within which 95 % of the findings of this
        log became known.
    engine:
        History to start from; a new one by default.
    progress:
        Called with the number of events done so far.
    """
    known = known_by(log, as_of)
    parcels = labelled_parcels(known)
    as_of_us = _as_of_us(known, as_of)
    days = finding_delay_days(parcels) if maturity_days is None else maturity_days
    parcels = within(without_immature(parcels, as_of_us, days), as_of_us, window_days)
    values = feature_rows_of(known, parcels["seq"].to_numpy(), engine, progress)
    arrays = {name: parcels[name].to_numpy() for name in _ARRAYS}
    seq = parcels["seq"].to_numpy()
    propensity = parcels["propensity"].fill_null(float("nan")).to_numpy()
    return Dataset(
        seq=seq,
        values=values,
        propensity=propensity,
        **arrays,
        digest=_digest(seq, values, *arrays.values(), propensity),
        parcels=parcels,
        as_of_us=as_of_us,
        maturity_days=days,
    )


def _as_of_us(log: pl.DataFrame, as_of: datetime | None) -> int:
    if as_of is not None:
        return round(as_of.timestamp() * 1_000_000)
    latest = log["known_at"].dt.epoch("us").max()
    return int(latest) if isinstance(latest, int) else 0


def feature_rows_of(
    log: pl.DataFrame, wanted: Ints, engine: Engine | None = None, progress: Progress | None = None
) -> Floats:
    """Feature rows of the parcels `wanted`, ascending sequence numbers, filled in as `log` is replayed."""
    values = np.empty((wanted.size, len(catalogue())), dtype=np.float64)
    done = 0
    for rows in replay(log, engine, chunk=_CHUNK):
        index = np.searchsorted(wanted, rows.seq)
        kept = np.isin(rows.seq, wanted, assume_unique=True)
        values[index[kept]] = rows.values[kept]
        done = min(log.height, done + _CHUNK)
        if progress:
            progress(done)
    return values


def _digest(*arrays: npt.NDArray[np.generic]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def weights(data: Dataset, rows: Flags, *, most: float = MAX_WEIGHT) -> Floats:
    """Inverse propensities of `rows`, none above `most`, scaled to mean 1; all 1 where no propensity is known."""
    propensity = data.propensity[rows]
    raw = np.where(np.isnan(propensity), 1.0, 1.0 / np.maximum(propensity, 1.0 / most))
    return raw / raw.mean() if raw.size else raw
