"""Runs, versions and releases: the only package that knows MLflow.

`tracking` records a run and `aliases` says which version is challenger or champion; both import MLflow, which takes
seconds, and are therefore imported by their own names. `release` signs and promotes bundles without it.
"""

import os

from training.registry.release import approve, roll_back

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # before MLflow is imported: it then makes its client for it

__all__ = ["approve", "roll_back"]
