"""The MLflow UI next to the demonstration: its failure stops nothing, and it leaves nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from parcel_risk.companion import Companion
from parcel_risk.console import err, out
from parcel_risk.ports import free_port
from serving.settings import Settings

MODELS = "workflowType=machine_learning"


@dataclass(frozen=True, kw_only=True)
class MlflowUi:
    """The MLflow UI at an address; without a companion it could not be started."""

    address: str
    log: Path
    companion: Companion | None

    @property
    def runs(self) -> str:
        """Address of the runs; without the last part of it MLflow opens on pages about conversations."""
        return f"{self.address}/#/experiments/1/runs?{MODELS}"

    def report_end(self) -> None:
        """Wait until the UI ends by itself, and say so."""
        if self.companion is not None:
            code = self.companion.wait()
            _report(f"the MLflow UI ended by itself (exit code {code}); {self.log} says why.")


@contextmanager
def mlflow_ui(settings: Settings) -> Iterator[MlflowUi]:
    """Run the MLflow UI on its port, or on a free one; at the end it is ended with everything that it started."""
    port = free_port(settings.host, settings.mlflow_port)
    if port != settings.mlflow_port:
        out.print(
            f"port {settings.mlflow_port} is taken by another process; the MLflow UI uses port {port}. "
            "PARCEL_RISK_MLFLOW_PORT chooses another one.",
            soft_wrap=True,
        )
    path = settings.home / "mlflow-ui.log"
    with ExitStack() as stack:
        companion = None
        try:
            log = stack.enter_context(path.open("wb"))
            companion = stack.enter_context(Companion(_command(settings, port), log, _environment()))
        except OSError as error:
            _report(f"the MLflow UI could not be started: {error.filename or path}: {error.strerror}.")
        yield MlflowUi(address=f"http://{settings.host}:{port}", log=path, companion=companion)


def _report(what: str) -> None:
    err.print(
        f"{what} The service continues without it; `parcel-risk runs` lists the runs.", markup=False, soft_wrap=True
    )


def _command(settings: Settings, port: int) -> list[str]:
    where = ["--backend-store-uri", settings.mlflow, "--host", settings.host, "--port", str(port)]
    return [sys.executable, "-m", "mlflow", "ui", *where, "--workers", "1"]


def _environment() -> dict[str, str]:
    return {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
