"""Command `drift`: has the mail flow moved away from what the champion was trained on, and are its labels healthy?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from features.parcel.problems import NothingToLearn
from parcel_risk.console import out, working
from parcel_risk.stored_log import read_log
from parcel_risk.stored_models import loaded
from serving.settings import Settings

if TYPE_CHECKING:
    from training.report.drift import Drift

_DAY_US = 86_400_000_000


def drift(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to watch; default: the champion.")] = None,
    days: Annotated[float, typer.Option(min=1, help="Days of the recent window.")] = 28,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder of the report; default: reports/drift in home.")
    ] = None,
) -> None:
    """Say how far the mail flow has moved from the training window, and whether labels are healthy."""
    report_drift(Settings(), bundle, days=days, out_folder=out_folder)


def report_drift(settings: Settings, name: str | None, *, days: float, out_folder: Path | None) -> Drift:
    """Compare the last `days` of lodged parcels with the training window of a bundle; write a report.

    Parcels that the bundle was trained on are left out of the last days, unless there are no others.
    """
    from features.model_store import ModelStore
    from training.data.datasets import dataset
    from training.evaluation.label_quality import stations
    from training.report.drift import measure_drift, write_drift

    models = ModelStore(settings.models_dir)
    folder = models.path(name) if name else (models.champion() or models.latest())
    bundle = loaded(settings, folder)
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
        measured = measure_drift(data, bundle, before=before, now=now)
        written = write_drift(measured, data, bundle.meta.name, out_folder or settings.home / "reports" / "drift")
    if not is_new:
        out.print(f"{folder.name} was trained on these days as well: its probabilities look better here than they are")
    _say(measured, stations(data))
    out.print(f"report {written}", soft_wrap=True)
    return measured


def _say(drift: Drift, by_station: pl.DataFrame) -> None:
    from training.report.drift import NOTABLE, STRONG

    strong = drift.features.filter(pl.col("psi") >= STRONG)
    notable = drift.features.filter(pl.col("psi").is_between(NOTABLE, STRONG, closed="left"))
    share = drift.found.finding_share
    out.print(f"{strong.height} features moved strongly, {notable.height} notably (population stability index)")
    for row in strong.head(5).iter_rows(named=True):
        out.print(f"  {row['feature']}: {row['psi']:.2f}")
    out.print(
        f"expected findings {drift.expected_share:.3%} of the population, estimated {share.value:.3%} "
        f"[{share.low:.3%}, {share.high:.3%}]: {'in agreement' if drift.is_calibrated else 'the calibration has moved'}"
    )
    outliers = by_station.filter("is_odd")["station"].to_list()
    out.print(f"outlier stations: {', '.join(outliers) or 'none'}")
