"""Command `runs`: what MLflow knows of training runs."""

from __future__ import annotations

import polars as pl

from parcel_risk.console import markdown, out
from serving.settings import Settings

_SHOWN = ("test_average_precision", "test_recall_at_0_5pct", "flow_precision_at_0_5pct", "flow_recall_of_the_line")


def runs() -> None:
    """List the training runs that MLflow knows, with their figures and aliases."""
    show_runs(Settings())


def show_runs(settings: Settings) -> None:
    """List the runs that MLflow knows, newest first."""
    from training.registry import aliases, tracking  # take seconds to import

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    rows = [
        {
            "run": run.run_id[:8],
            "bundle": run.bundle,
            "at": run.started_at,
            "alias": run.alias,
            "by": run.trained_by,
            "data": run.data_digest,
            **{name: f"{run.metrics[name]:.4f}" if name in run.metrics else "" for name in _SHOWN},
        }
        for run in aliases.runs()
    ]
    out.print(markdown(pl.DataFrame(rows)) if rows else "no run yet; `parcel-risk train` makes one", soft_wrap=True)
