"""Picture of the work that is asked for by hour of the day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from features.declared.declare import Floats


def draw_workload(asked: Floats, done: Floats, path: Path) -> Path:
    """Minutes of work a day, by hour: as asked, and as done in fact, shape ``(24,)`` each."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    hours = np.arange(24)
    axes.bar(hours - 0.2, asked, width=0.4, label="asked", color="tab:blue")
    axes.bar(hours + 0.2, done, width=0.4, label="in fact", color="tab:gray", hatch="//")
    axes.set(xlabel="hour of the day, UTC", ylabel="minutes of work a day", xticks=hours)
    axes.legend()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return path
