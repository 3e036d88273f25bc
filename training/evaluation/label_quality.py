"""How healthy labels are: how late, how complete, and whether a station is an outlier."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import polars as pl

from features.parcel.problems import ParcelRiskError
from policy.estimates import wilson
from training.data.datasets import Dataset
from training.data.sums import N_ROWS, sums_by

OUTLIER_LEVEL = 0.998
"""Level of the interval that a station's finding rate must leave to be flagged: three in a thousand by chance."""
HELD_LEVEL = 1 - 1e-6
"""Level beyond which a station's outcomes are not learned from until a person decides: one in a million by chance."""
_DAY_US = 86_400_000_000


def usable(
    data: Dataset, *, without_stations: tuple[str, ...], without_parcels: frozenset[int] = frozenset()
) -> Dataset:
    """Leave out the labels of these stations and of these parcel events; they become parcels without result.

    Raises
    ------
    ParcelRiskError
        When no outcome comes from one of the stations.
    """
    if not without_stations and not without_parcels:
        return data
    left_out = np.isin(data.seq, sorted(without_parcels))
    if without_stations:
        unknown = set(without_stations) - set(data.parcels["station"].drop_nulls().unique().to_list())
        if unknown:
            raise ParcelRiskError(f"no outcome comes from station {', '.join(sorted(unknown))}; check the name.")
        left_out |= data.parcels["station"].is_in(list(without_stations)).fill_null(value=False).to_numpy()
    named = [*sorted(without_stations), *([_named(without_parcels)] if without_parcels else [])]
    return replace(
        data,
        label=np.where(left_out, -1, data.label),
        label_known_at_us=np.where(left_out, -1, data.label_known_at_us),
        propensity=np.where(left_out, np.nan, data.propensity),
        digest=f"{data.digest}-without-{'-'.join(named)}",
    )


def _named(parcels: frozenset[int]) -> str:
    """Name of a set of parcel events: how many, and the beginning of their digest."""
    return f"{len(parcels)}-parcels-{hashlib.sha256(str(sorted(parcels)).encode()).hexdigest()[:8]}"


def not_by_chance(data: Dataset) -> tuple[str, ...]:
    """Stations whose outcomes cannot be chance, compared with all others for the same cause: faked, or another stream.

    A thief of a key who records two hundred times that nothing was found would otherwise teach the model to look away.
    """
    return tuple(stations(data, level=HELD_LEVEL).filter("is_odd")["station"].to_list())


def stations(data: Dataset, *, level: float = OUTLIER_LEVEL) -> pl.DataFrame:
    """Results by station: ``station, n_inspected, n_found, found_share, expected_share, low, high, is_odd``.

    A station is an outlier when what it finds cannot be reconciled with what all stations find in parcels selected for
    the same cause: it sees what others miss, or misses what others see, or is sent other parcels. Somebody should look.
    """
    seen = data.parcels.filter((pl.col("label") >= 0) & pl.col("station").is_not_null())
    by_cause = seen.with_columns(pl.col("label").mean().over("cause").alias("expected"))
    rows = sums_by(by_cause, ["station"], ["label", "expected"]).select(
        "station",
        pl.col(N_ROWS).alias("n_inspected"),
        pl.col("label").alias("n_found"),
        pl.col("expected") / pl.col(N_ROWS),
    )
    intervals = [wilson(found, n, level) for found, n in rows.select("n_found", "n_inspected").iter_rows()]
    return (
        rows.with_columns(
            (pl.col("n_found") / pl.col("n_inspected")).alias("found_share"),
            pl.Series("low", [one.low for one in intervals], dtype=pl.Float64),
            pl.Series("high", [one.high for one in intervals], dtype=pl.Float64),
        )
        .with_columns((~pl.col("expected").is_between("low", "high")).alias("is_odd"))
        .rename({"expected": "expected_share"})
        .sort("station")
    )


def delays(data: Dataset) -> dict[str, float]:
    """Days from lodging to the result, by result, and the share of selected parcels that have one.

    Only parcels old enough for their results to be known are counted.
    """
    old = data.parcels.filter(pl.col("lodged_at_us") <= data.as_of_us - int(data.maturity_days * _DAY_US))
    selected = old.filter(pl.col("is_selected"))
    result: dict[str, float] = {"maturity_days": data.maturity_days, "n_selected": float(selected.height)}
    if selected.height:
        result["with_result_share"] = float((selected["label"] >= 0).mean())  # type: ignore[arg-type]
    for label, name in ((1, "found"), (0, "nothing_found")):
        known = old.filter(pl.col("label") == label)
        days = (known["label_known_at_us"] - known["lodged_at_us"]).to_numpy() / _DAY_US
        if days.size:
            result[f"{name}_delay_days_median"] = float(np.median(days))
            result[f"{name}_delay_days_90pct"] = float(np.quantile(days, 0.9))
    return result
