"""Save a LightGBM model for `mlflow models serve`: `python save.py MODEL FOLDER`, in the environment of the peers."""

from __future__ import annotations

import sys

import lightgbm as lgb
import mlflow.lightgbm

if __name__ == "__main__":
    # Requirements are given, because MLflow needs a minute to find them out; nothing is installed from them.
    mlflow.lightgbm.save_model(lgb.Booster(model_file=sys.argv[1]), sys.argv[2], pip_requirements=[])
