"""What is measured the same way on every server: latency under load, latency by batch size, memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.service.driving import WARM_UP_S, Clients, drive
from benchmarks.service.machine import Memory, cpu_s_of, fsync_ms
from benchmarks.service.servers import Server

N_CLIENTS = (1, 16)
BATCH_S = 120.0
"""Longest time for the batches of one size."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    seconds:
        Of each phase.
    most:
        Requests of a phase, at most; so many parcels are prepared for it.
    batches:
        Requests by batch size.
    bulk_rows, job_rows:
        Rows of the file of the bulk measurement, and of the job next to which look-ups are timed.
    history:
        Parcels that the log holds before.
    staged:
        Requests by batch size for the table of stages.
    """

    seconds: float
    most: int
    batches: Mapping[int, int]
    bulk_rows: int
    job_rows: int
    history: int
    staged: Mapping[int, int]


QUICK = Plan(
    seconds=2.0,
    most=6_000,
    batches={1: 40, 10: 20, 100: 6, 1_000: 2, 5_000: 1},
    bulk_rows=4_000,
    job_rows=4_000,
    history=0,
    staged={1: 60, 100: 5, 1_000: 1},
)
FULL = Plan(
    seconds=10.0,
    most=40_000,
    batches={1: 500, 10: 200, 100: 100, 1_000: 20, 5_000: 8},
    bulk_rows=100_000,
    job_rows=100_000,
    history=20_000,
    staged={1: 500, 100: 50, 1_000: 10},
)


@dataclass(frozen=True, kw_only=True)
class Latency:
    """What the clients of one group saw in a phase.

    Attributes
    ----------
    what:
        Server, or situation.
    rows:
        Rows of one request.
    fsync_ms:
        Times of an fsync on the disk of the store, just before and after.
    cpu_ms:
        Processor time of the server for one request; None where others worked as well.
    generator_share:
        Share of one core that the load generator needed.
    """

    what: str
    clients: int
    ms: list[float]
    per_s: float
    n_failed: int
    fsync_ms: list[float]
    cpu_ms: float | None
    generator_share: float
    rows: int = 1


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """Many rows at once."""

    what: str
    way: str
    rows_per_s: float
    cpu_us_per_row: float
    fsync_ms: list[float]


@dataclass(kw_only=True)
class Figures:
    """All that one run has measured; `problems` says what it could not."""

    latencies: list[Latency] = field(default_factory=list)
    lookups: list[Latency] = field(default_factory=list)
    bulk: list[Bulk] = field(default_factory=list)
    batches: list[Latency] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    stages: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def under_load(
    server: Server, clients: Sequence[Clients], *, seconds: float, folder: Path, warm_up_s: float = WARM_UP_S
) -> dict[str, Latency]:
    """Drive a server, and time fsyncs on the disk of `folder` before and after."""
    probes, cpu_s = fsync_ms(folder), cpu_s_of(server.group)
    driven = drive(server.port, clients, seconds=seconds, file=folder / "load.json", warm_up_s=warm_up_s)
    cpu_ms = (cpu_s_of(server.group) - cpu_s) * 1e3
    probes += fsync_ms(folder)
    found = {}
    for one in clients:
        seen = driven.seen[one.name]
        if seen.first_fault:
            print(f"{server.name}, {one.name}: {seen.n_failed:,} failed, first: {seen.first_fault}", file=sys.stderr)
        found[one.name] = Latency(
            what=server.name,
            clients=one.clients,
            ms=seen.ms,
            per_s=seen.per_s,
            n_failed=seen.n_failed,
            fsync_ms=probes,
            cpu_ms=cpu_ms / seen.n_answered if len(clients) == 1 and seen.n_answered else None,
            generator_share=driven.generator_share,
        )
    return found


def by_clients(server: Server, files: Mapping[int, Path], plan: Plan, folder: Path, *, again: bool) -> list[Latency]:
    """Latency with one client and with sixteen, each with the requests of its own file."""
    found = []
    for n, file in files.items():
        clients = Clients(name=f"{n} clients", file=file, clients=n, again=again)
        found.append(under_load(server, [clients], seconds=plan.seconds, folder=folder)[clients.name])
    return found


def by_batch(server: Server, files: Mapping[int, Path], plan: Plan, folder: Path, *, again: bool) -> list[Latency]:
    """Latency of requests with 1 to 5,000 rows from one client."""
    found = []
    for size, file in files.items():
        clients = Clients(name=f"{size} rows", file=file, most=plan.batches[size], again=again)
        latency = under_load(server, [clients], seconds=BATCH_S, folder=folder, warm_up_s=0.0)[clients.name]
        found.append(Latency(**{**vars(latency), "rows": size}))
    return found
