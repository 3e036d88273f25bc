"""The figures of a run as Markdown, to be pasted into `docs/evidence.md`."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.service.machine import Memory, cores, processor
from benchmarks.service.measuring import Bulk, Figures, Latency
from benchmarks.service.stages import BUDGET_US, REST, STAGES, missing

_VERSIONS = ("lightgbm", "numpy", "polars", "fastapi", "uvicorn", "sqlalchemy")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all does not exceed (nearest rank); NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """A number with as many digits as can be read: 0.142, 3.14, 27.5, 1,240."""
    if math.isnan(value):
        return "-"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def _spread(ms: Sequence[float]) -> str:
    return f"{number(percentile(ms, 0.5))} / {number(percentile(ms, 0.99))}"


def head(command: str, *, seed: int, load_before: float, peers: Mapping[str, str]) -> str:
    """When, how and on what it was measured."""
    ours = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    theirs = ", ".join(
        f"{name} {peers[name]}" for name in ("litserve", "mlflow", "lightgbm", "fastapi") if name in peers
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}` (seed {seed}): {cores()} cores ({processor()}), "
        f"load {load_before:.1f} before the start, Python {platform.python_version()}, {ours}; peers: {theirs}. "
        "One run, one machine, the reference model; the load generator is a process on the same cores. Latencies in "
        "ms, p50 / p99; of an fsync: an append of 4 kB on the disk of the store just before and after."
    )


def latencies(found: Sequence[Latency]) -> str:
    """Single requests, by number of clients."""
    rows = [
        (
            one.what,
            str(one.clients),
            number(percentile(one.ms, 0.5)),
            number(percentile(one.ms, 0.99)),
            number(percentile(one.ms, 1.0)),
            number(one.per_s),
            _spread(one.fsync_ms),
            "-" if one.cpu_ms is None else number(one.cpu_ms),
            f"{one.generator_share:.0%}",
            f"{len(one.ms):,}",
            f"{one.n_failed:,}",
        )
        for one in found
    ]
    columns = ("server", "clients", "p50", "p99", "longest", "requests/s", "fsync", "server CPU ms a request")
    return markdown((*columns, "generator, of a core", "requests", "failed"), rows)


def lookups(found: Sequence[Latency]) -> str:
    """Look-ups of an officer."""
    rows = [
        (one.what, _spread(one.ms), _spread(one.fsync_ms), f"{len(one.ms):,}", f"{one.n_failed:,}") for one in found
    ]
    return markdown(("look-up of a parcel by an officer", "p50 / p99", "fsync", "requests", "failed"), rows)


def bulk(found: Sequence[Bulk]) -> str:
    """Many rows."""
    rows = [
        (one.what, one.way, number(one.rows_per_s), number(one.cpu_us_per_row), _spread(one.fsync_ms)) for one in found
    ]
    return markdown(("server", "how", "rows/s", "server CPU us a row", "fsync"), rows)


def batches(found: Sequence[Latency]) -> str:
    """Latency by batch size: the median of one request, and of one row of it."""
    sizes = sorted({one.rows for one in found})
    by_server: dict[str, dict[int, Latency]] = {}
    for one in found:
        by_server.setdefault(one.what, {})[one.rows] = one
    rows = [
        (
            name,
            *(_of_batch(seen.get(size)) for size in sizes),
            _spread([ms for one in seen.values() for ms in one.fsync_ms]),
        )
        for name, seen in by_server.items()
    ]
    return markdown(("server, p50 of a request (of a row)", *(f"{size:,} rows" for size in sizes), "fsync"), rows)


def _of_batch(one: Latency | None) -> str:
    if one is None or not one.ms:
        return "-"
    failed = f", {one.n_failed:,} failed" if one.n_failed else ""
    median = percentile(one.ms, 0.5)
    return f"{number(median)} ({number(median / one.rows)}){failed}"


def memory(found: Mapping[str, Memory]) -> str:
    """Memory after the load."""
    rows = [(name, f"{one.rss_mb:,.0f}", f"{one.pss_mb:,.0f}", str(one.n_processes)) for name, one in found.items()]
    return markdown(("server", "RSS, MB", "PSS, MB", "processes"), rows)


def stages(found: Mapping[str, Mapping[int, Mapping[str, float]]]) -> str:
    """Microseconds a parcel by stage, next to the budget: of each server, by batch size."""
    names = [*dict.fromkeys(stage for stage, _, _ in STAGES), REST]
    measured = {f"{server}, {size:,}": by for server, sizes in found.items() for size, by in sizes.items()}
    rows = [(name, *(number(seen.get(name, 0.0)) for seen in measured.values())) for name in names]
    rows.append(("all", *(number(sum(seen.values())) for seen in measured.values())))
    rows.append(("budget", *(str(BUDGET_US) for _ in measured)))
    text = markdown(("stage, CPU us a parcel, by size of the batch", *measured), rows)
    gone = missing()
    return f"{text}\n\nNot found, so not measured apart: {', '.join(gone)}." if gone else text


def report(figures: Figures) -> str:
    """All tables for which something was measured, the service first in each."""
    tables = (
        figures.latencies and latencies(figures.latencies),
        figures.bulk and bulk(figures.bulk),
        figures.batches and batches(figures.batches),
        figures.lookups and lookups(figures.lookups),
        figures.memory and memory(figures.memory),
        figures.stages and stages(figures.stages),
        "\n".join(f"Not measured: {problem}" for problem in figures.problems),
    )
    return "\n\n".join(str(table) for table in tables if table)
