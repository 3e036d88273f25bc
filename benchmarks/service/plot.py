"""Latency by batch size as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.service.measuring import Latency
from benchmarks.service.report import percentile

_MARKERS = "os^dv"


def draw(found: Sequence[Latency], file: Path) -> list[Path]:
    """Write `file` as PNG and as SVG next to it; return both."""
    import matplotlib
    import matplotlib.figure  # takes a second to import; only a plot needs it

    matplotlib.rcParams["svg.hashsalt"] = "batches"
    figure = matplotlib.figure.Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    for marker, name in zip(_MARKERS * len(found), dict.fromkeys(one.what for one in found), strict=False):
        seen = sorted((one.rows, percentile(one.ms, 0.5)) for one in found if one.what == name and one.ms)
        axes.plot(*zip(*seen, strict=True), marker=marker, label=name)
    axes.set(xscale="log", yscale="log", xlabel="rows in a request", ylabel="median latency, ms")
    axes.grid(visible=True, which="both", alpha=0.2)
    axes.legend(fontsize=8)
    written = [file.with_suffix(".png"), file.with_suffix(".svg")]
    for path in written:
        stamp = {"Software": None} if path.suffix == ".png" else {"Date": None}
        figure.savefig(path, dpi=110, metadata=stamp)
    return written
