"""Chore: has the flow moved away from what the champion was trained on, and are its labels healthy?"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features import bundle as bundles
from features.model_store import ModelStore
from features.parcel.problems import NothingToLearn
from parcel_risk.console import out, working
from parcel_risk.learning import read_log
from serving.settings import Settings
from training.dataset import dataset
from training.drift import NOTABLE, STRONG, Drift, measure_drift, write_drift
from training.health import stations

_DAY_US = 86_400_000_000


def watch(settings: Settings, name: str | None, *, days: float, out_folder: Path | None) -> Drift:
    """Compare the last `days` of lodged parcels with the training window of a bundle; write a report.

    Parcels that the bundle was trained on are left out of the last days, unless there are no others.
    """
    shelf = ModelStore(settings.models_dir)
    folder = shelf.path(name) if name else (shelf.champion() or shelf.latest())
    bundle = bundles.load(folder, trusted=None)
    log = read_log(settings)
    with working("replaying the log"):
        data = dataset(log)
    recent = data.lodged_at_us > data.lodged_at_us.max(initial=0) - int(days * _DAY_US)
    trained = data.seq <= int(bundle.meta.training["last_seq"])
    is_new = bool((recent & ~trained).any())
    now = recent & ~trained if is_new else recent
    before = trained & ~now
    if not before.any() or not now.any():
        raise NothingToLearn(
            f"{int(before.sum()):,} parcels of the training window and {int(now.sum()):,} of the last {days:g} days: "
            "drift needs both. Give another number of --days."
        )
    with working("comparing"):
        drift = measure_drift(data, bundle, before=before, now=now)
        written = write_drift(drift, data, bundle.meta.name, out_folder or settings.home / "reports" / "drift")
    if not is_new:
        out.print(f"{folder.name} was trained on these days as well: its probabilities look better here than they are")
    _say(drift, stations(data))
    out.print(f"report {written}", soft_wrap=True)
    return drift


def _say(drift: Drift, by_station: pl.DataFrame) -> None:
    strong = drift.features.filter(pl.col("psi") >= STRONG)
    notable = drift.features.filter(pl.col("psi").is_between(NOTABLE, STRONG, closed="left"))
    share = drift.found.finding_share
    out.print(f"{strong.height} features moved strongly, {notable.height} notably (population stability index)")
    for row in strong.head(5).iter_rows(named=True):
        out.print(f"  {row['feature']}: {row['psi']:.2f}")
    out.print(
        f"expected findings {drift.expected_share:.3%} of the flow, estimated {share.value:.3%} "
        f"[{share.low:.3%}, {share.high:.3%}]: {'in agreement' if drift.is_calibrated else 'the calibration has moved'}"
    )
    odd = by_station.filter("is_odd")["station"].to_list()
    out.print(f"stations with odd results: {', '.join(odd) or 'none'}")
