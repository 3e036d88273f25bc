"""Measure the service and the model servers next to it, and print the figures as Markdown.

`python -m benchmarks.service` needs about fifteen minutes, with `--quick` about two and a half, and once a minute more
to install the peers into an environment of their own. The service is measured with each store, a PostgreSQL of its own
among them. Everything else is in a folder that is removed at the end; servers listen on the loopback interface only
and are ended with the benchmark, also on Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.service import ours, report, rivals, stages
from benchmarks.service.environment import versions
from benchmarks.service.installation import STORES, installed, url_of
from benchmarks.service.machine import load_average, memory_of
from benchmarks.service.measuring import FULL, N_CLIENTS, QUICK, Figures, Plan, by_clients
from benchmarks.service.parcels import Supply, single_requests
from benchmarks.service.plot import draw
from benchmarks.service.servers import ROOT, running

PARTS = ("generator", "ours", "peers", "stages")


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    for name in [name for name in os.environ if name.startswith("PARCEL_RISK_")]:
        del os.environ[name]  # the installation of whoever measures is left alone
    plan, load_before = _plan(asked), load_average()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="service-", dir=asked.folder) as folder:
        figures = _measured(asked, plan, Path(folder).absolute())
    command = shlex.join(["python", "-m", "benchmarks.service", *sys.argv[1:]])
    print(report.head(command, seed=asked.seed, load_before=load_before, peers=versions()), end="\n\n")
    print(report.report(figures))
    if asked.plot is not None:
        for path in draw(figures.batches, asked.plot):
            print(f"plot in {path}", file=sys.stderr)
    sys.exit(bool(figures.problems))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, smaller numbers")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic parcels")
    parser.add_argument("--seconds", type=float, help="of each phase")
    parser.add_argument("--bulk-rows", type=int, help="parcels of the file of the bulk measurement")
    parser.add_argument("--job-rows", type=int, help="parcels of the job next to which look-ups are timed")
    parser.add_argument("--history", type=int, help="parcels that the log holds before")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what is measured")
    parser.add_argument(
        "--stores", nargs="+", choices=STORES, default=STORES, help="with which stores the service runs"
    )
    parser.add_argument("--peers", type=Path, default=Path("var/peers"), help="folder of the peers' environment")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("var"),
        help="where the throw-away installation is made: its disk is measured",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw latency by batch size as FILE.png and FILE.svg")
    return parser.parse_args()


def _plan(asked: argparse.Namespace) -> Plan:
    given: dict[str, Any] = {
        name: value
        for name in ("seconds", "bulk_rows", "job_rows", "history")
        if (value := getattr(asked, name)) is not None
    }
    return replace(QUICK if asked.quick else FULL, **given)


def _measured(asked: argparse.Namespace, plan: Plan, folder: Path) -> Figures:
    figures, supply = Figures(), Supply(len(asked.stores) * ours.n_parcels(plan), seed=asked.seed)
    if "generator" in asked.parts:
        with _part(folder, "the load generator by itself", figures) as part:
            _generator(plan, part, figures, seed=asked.seed)
    if "ours" in asked.parts:
        for store in asked.stores:
            with _part(folder, f"the service, {store}", figures) as part, url_of(store) as url:
                ours.measure(plan, supply, part, figures, seed=asked.seed, database_url=url)
    if "peers" in asked.parts:
        found: list[rivals.Peer] = []
        with _part(folder, "what the peers need", figures):
            found = rivals.peers(asked.peers)
        for peer in found:
            with _part(folder, peer.name, figures) as part:
                rivals.measure(peer, plan, part, figures)
    if "stages" in asked.parts:
        for store in asked.stores:
            with _part(folder, f"stages, {store}", figures) as part, url_of(store) as url:
                place = installed(part, url)
                figures.stages[place.name] = stages.table(place, part, supply, plan.staged)
    return figures


@contextmanager
def _part(folder: Path, name: str, figures: Figures) -> Iterator[Path]:
    """A folder for one part of the run; when it fails the others are measured all the same."""
    print(f"measuring {name}", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=folder) as part:
        try:
            yield Path(part)
        except Exception as error:  # whatever it is: the figures of the other parts took minutes
            traceback.print_exc()
            figures.problems.append(f"{name} ({type(error).__name__}).")


def _generator(plan: Plan, folder: Path, figures: Figures, *, seed: int) -> None:
    """What the generator manages against an endpoint that does nothing, with the requests of the service."""
    file = single_requests(folder / "parcels.requests", Supply(500, seed=seed + 1).take(500), "of nobody")
    command = [sys.executable, "-m", "benchmarks.service.trivial", "{port}"]
    with running(
        "an endpoint that does nothing", command, folder=folder, health="/", environment={"PYTHONPATH": str(ROOT)}
    ) as server:
        figures.latencies += by_clients(server, dict.fromkeys(N_CLIENTS, file), plan, folder, again=True)
        figures.memory[server.name] = memory_of(server.group)


def _interrupted(*_: object) -> None:
    """End the servers and go; who asks again waits for that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit("stopped")


if __name__ == "__main__":
    main()
