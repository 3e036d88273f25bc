"""Turn a log into a data set: one feature row per parcel, its label where one is known, and why it was inspected."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.declared.declare import Floats
from features.history import Engine
from features.log import OUTCOME, PARCEL
from features.replay import joined, replay

Progress = Callable[[float], None]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MAX_WEIGHT = 50.0


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Parcels of a log in log order, arrays of shape ``(n,)`` unless said otherwise.

    Attributes
    ----------
    seq:
        Place in the log.
    values:
        Feature rows, shape ``(n, k)``.
    lodged_at_us, label_known_at_us:
        Microseconds since 1970; -1 where there is no label.
    label:
        1 found, 0 nothing found, -1 not inspected. Not inspected never means negative.
    propensity:
        Probability with which the policy in force would have selected the parcel; NaN where it is not known.
    digest:
        Digest of everything above.
    """

    seq: Ints
    values: Floats
    lodged_at_us: Ints
    label: Ints
    label_known_at_us: Ints
    propensity: Floats
    digest: str

    def __len__(self) -> int:
        return int(self.seq.size)

    @property
    def labelled(self) -> Flags:
        """True where an inspection has an outcome."""
        return self.label >= 0


def dataset(log: pl.DataFrame, *, engine: Engine | None = None, progress: Progress | None = None) -> Dataset:
    """Replay `log` into a data set.

    Parameters
    ----------
    log:
        Events in log order.
    engine:
        History to start from; a new one by default.
    progress:
        Called with the number of events done so far.
    """
    parts = []
    done = 0
    for rows in replay(log, engine):
        parts.append(rows)
        done = min(log.height, done + 50_000)
        if progress:
            progress(done)
    rows = joined(iter(parts))
    facts = _labels(log)
    columns = {name: facts[name].to_numpy() for name in ("lodged_at_us", "label", "label_known_at_us")}
    propensity = facts["propensity"].fill_null(float("nan")).to_numpy()
    digest = hashlib.sha256()
    for array in (rows.seq, rows.values, *columns.values(), propensity):
        digest.update(np.ascontiguousarray(array).tobytes())
    return Dataset(seq=rows.seq, values=rows.values, propensity=propensity, digest=digest.hexdigest()[:16], **columns)


def _labels(log: pl.DataFrame) -> pl.DataFrame:
    """First outcome with a label of each parcel, in log order of the parcels."""
    outcomes = (
        log.filter((pl.col("kind") == OUTCOME) & pl.col("result").is_in(["found", "nothing_found"]))
        .unique("subject_seq", keep="first", maintain_order=True)
        .select(
            pl.col("subject_seq").alias("seq"),
            (pl.col("result") == "found").cast(pl.Int64).alias("label"),
            pl.col("known_at").dt.epoch("us").alias("label_known_at_us"),
            "propensity",
        )
    )
    return (
        log.filter(pl.col("kind") == PARCEL)
        .select("seq", pl.col("known_at").dt.epoch("us").alias("lodged_at_us"))
        .join(outcomes, on="seq", how="left", maintain_order="left")
        .with_columns(pl.col("label", "label_known_at_us").fill_null(-1))
    )


def weights(data: Dataset, rows: Flags) -> Floats:
    """Inverse propensities of `rows`, clipped at 50, scaled to mean 1; all 1 where no propensity is known."""
    propensity = data.propensity[rows]
    raw = np.where(np.isnan(propensity), 1.0, 1.0 / np.maximum(propensity, 1.0 / MAX_WEIGHT))
    return raw / raw.mean() if raw.size else raw
