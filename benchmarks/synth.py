"""How long a synthetic world takes and how much memory: `python -m benchmarks.synth [PARCELS] [--log]`."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from rich.progress import Progress

from data.synthetic import generate, load_scenario
from data.synthetic.formats import write
from features.identity import IdentityKey


def main() -> None:
    """Generate a world, print seconds and peak memory; with ``--log`` write its event log as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcels", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--log", action="store_true")
    asked = parser.parse_args()
    started = time.perf_counter()
    with Progress() as bar:
        task = bar.add_task(f"{asked.scenario}, {asked.parcels:,} parcels", total=1.0)
        world = generate(
            load_scenario(asked.scenario),
            n_parcels=asked.parcels,
            n_days=180,
            seed=1,
            progress=lambda share: bar.update(task, completed=share),
        )
    seconds = time.perf_counter() - started
    print(f"{world.parcels.height:,} parcels, {world.outcomes.height:,} outcomes")
    print(f"generated in {seconds:.1f} s, peak memory {_peak_gib():.2f} GiB")
    if asked.log:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            write(world, Path(folder), formats=("log",), identity=IdentityKey(bytes(range(32))))
        print(f"event log written in {time.perf_counter() - started:.1f} s, peak memory {_peak_gib():.2f} GiB")


def _peak_gib() -> float:
    # Kilobytes on Linux.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
