"""Memory and speed of a historical backfill: `python -m benchmarks.backfill --rows 1000000`.

A synthetic world is written as CSV, its rows shuffled, with a file of outcomes, and ingested by the command's own
function in a process of its own. Peak memory is that of the process; the history's own bytes are told apart. Of more
than a million rows each million is a world of its own with operators of its own, so that the files can be written in
little memory, too.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from data.synthetic import generate, load_scenario
from features.sources.registry import adapter_named
from parcel_risk.ingest import ingest_file
from serving.installation import Installation
from serving.keys import make_keys
from serving.settings import Settings

A_WORLD = 1_000_000
"""Parcels of one world; more would take several gigabytes to make."""


def main() -> None:
    """Write the files, ingest them, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--ingest", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write_files(given.write, given.rows)
        return
    if given.ingest:
        measure(given.ingest)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_process = [sys.executable, "-m", "benchmarks.backfill"]
        subprocess.run([*in_process, "--write", name, "--rows", str(given.rows)], check=True)
        size = (folder / "parcels.csv").stat().st_size
        print(f"{given.rows:,} rows, {size / 1e6:,.0f} MB of CSV, shuffled", flush=True)
        subprocess.run([*in_process, "--ingest", name], check=True)


def write_files(folder: Path, n_rows: int) -> None:
    """Write worlds of at most `A_WORLD` parcels, the parcels of each shuffled."""
    with (folder / "parcels.csv").open("wb") as parcels, (folder / "outcomes.csv").open("wb") as outcomes:
        for seed, start in enumerate(range(0, n_rows, A_WORLD), 1):
            world = generate(load_scenario("baseline"), n_parcels=min(A_WORLD, n_rows - start), n_days=180, seed=seed)
            mine = (pl.col("operator") + f"-{seed}").alias("operator")
            part = io.BytesIO()
            adapter_named("csv").write(world.parcels.with_columns(mine).sample(fraction=1, shuffle=True, seed=1), part)
            parcels.write(_without_header(part.getvalue(), is_first=seed == 1))
            world.outcomes.with_columns(mine).write_csv(outcomes, include_header=seed == 1)


def _without_header(text: bytes, *, is_first: bool) -> bytes:
    return text if is_first else text.partition(b"\n")[2]


def peak_bytes() -> int:
    """Peak memory of this process; unlike that of `getrusage` it does not begin with the parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def measure(folder: Path) -> None:
    """Ingest the files of `folder` and print what it took."""
    settings = Settings(home=folder / "home", models_dir=folder / "models")
    make_keys(settings, approver="benchmark")
    Installation.open(settings).office().close()  # everything is imported and compiled
    peak_before, before = peak_bytes(), resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    ingest_file(settings, folder / "parcels.csv", None, folder / "outcomes.csv", folder / "rejections.csv")
    took = time.perf_counter() - started
    peak, after = peak_bytes(), resource.getrusage(resource.RUSAGE_SELF)
    office = Installation.open(settings).office()
    history = office.writer.n_bytes()
    n_events = office.writer.last_seq
    office.close()
    figures = {
        "events": n_events,
        "seconds": round(took),
        "events_per_s": round(n_events / took),
        "events_per_cpu_s": round(n_events / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)),
        "peak_MB": round(peak / 1e6),
        "before_MB": round(peak_before / 1e6),
        "history_MB": round(history / 1e6),
        "peak_beyond_history_MB": round((peak - history) / 1e6),
        "store_MB": round(sum(path.stat().st_size for path in (folder / "home").glob("*.db*")) / 1e6),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
