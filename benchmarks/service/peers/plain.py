"""A plain FastAPI endpoint around `Booster.predict`: what one writes in an afternoon.

`python plain.py MODEL PORT KIND`, in the environment of the peers; KIND is what rows are put into, ``pandas`` or
``numpy``.
"""

from __future__ import annotations

import sys

import lightgbm as lgb
import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

booster = lgb.Booster(model_file=sys.argv[1])
names = booster.feature_name()
is_pandas = sys.argv[3] == "pandas"
app = FastAPI()


class Rows(BaseModel):
    """Feature rows; what is missing is null."""

    rows: list[list[float | None]]


@app.get("/health")
async def health() -> str:
    """Say that it answers."""
    return "ok"


@app.post("/predict")
async def predict(given: Rows) -> dict[str, list[float]]:
    """Score rows. A coroutine, because a thread costs more than it does; one thread for few rows, which is faster."""
    table = pd.DataFrame(given.rows, columns=names, dtype="float64") if is_pandas else np.array(given.rows, np.float64)
    return {"scores": booster.predict(table, num_threads=1 if len(table) < 1_000 else 0).tolist()}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
