"""From kill -9 to ready with a long log: `python -m benchmarks.restart --rows 1000000 --folder FOLDER`.

A synthetic world is backfilled into an installation below FOLDER (once: another run goes on with what is there). Then
the service is started, takes parcels as a manifest, is ended by kill -9 without warning, and is started again; the time
runs from the start of the process until ``/readyz`` says ready.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from benchmarks.backfill import write_files
from benchmarks.service.installation import Throwaway, backfilled, installed, job_done, lodged_file
from benchmarks.service.machine import cpu_s_of
from benchmarks.service.servers import running
from features.sources.registry import adapters
from parcel_risk.client import new_client
from serving.installation import Installation
from serving.settings import Settings
from tests.builders import a_parcel, parcel_table
from tests.manifests import written

TAIL = 30_000
"""Parcels that are lodged before each kill, fewer than a snapshot waits for: all of them must be replayed."""


def main() -> None:
    """Backfill, kill, start, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=3)
    given = parser.parse_args()
    ours = _installation(given.folder, given.rows)
    office = Installation.open(ours.settings).office()
    print(f"{office.writer.last_seq:,} events, {sum(office.writer.n_entities().values()):,} entities", flush=True)
    office.close()
    starts = [_started(ours, given.folder, n) for n in range(given.kills + 1)]
    print(json.dumps({"after_stop_s": starts[0], "after_kill_s": starts[1:]}))


def _installation(folder: Path, n_rows: int) -> Throwaway:
    if (folder / "home").exists():
        settings = Settings(home=folder / "home", models_dir=folder / "models")
        key = new_client(settings, f"restart-{time.time_ns()}", operator="post-a")
        return Throwaway(settings=settings, operator_key=key, officer_key="")
    folder.mkdir(parents=True, exist_ok=True)
    write_files(folder, n_rows)
    ours = installed(folder)
    started = time.perf_counter()
    backfilled(ours, folder / "parcels.csv")
    print(f"backfill of {n_rows:,} rows: {time.perf_counter() - started:,.0f} s", flush=True)
    return ours


def _started(ours: Throwaway, folder: Path, n: int) -> float:
    """Seconds to ready; then a tail is lodged and the process killed."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "parcel_risk", "serve"]
    with running("restart", command, folder=folder, health="/readyz", environment=ours.environment) as server:
        ready_s = round(time.perf_counter() - began, 2)
        print(f"ready after {ready_s} s, {cpu_s_of(server.group):.2f} s of processor time", flush=True)
        rows = [a_parcel(parcel_id=f"T-{time.time_ns()}-{i}", sender_name=f"Trader {i % 997}") for i in range(TAIL)]
        body = written(adapters()["csv"], parcel_table(rows).drop("line"))
        job_done(server, ours, lodged_file(server, ours, body, "text/csv"))
        os.killpg(server.group, signal.SIGKILL)
    return ready_s


if __name__ == "__main__":
    main()
