"""Our service, measured: single parcels, batches, a file, and look-ups while others write."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks.service.driving import WARM_UP_S, Clients, started
from benchmarks.service.installation import JOB_S, Throwaway, backfilled, installed, job_done, lodged_file, serving
from benchmarks.service.machine import cpu_s_of, fsync_ms, memory_of
from benchmarks.service.measuring import N_CLIENTS, Bulk, Figures, Latency, Plan, by_batch, by_clients, under_load
from benchmarks.service.parcels import (
    Supply,
    bodies,
    lookup_requests,
    manifest,
    manifest_file,
    manifest_requests,
    single_requests,
)
from benchmarks.service.report import number
from benchmarks.service.servers import Server, ServerError, ask
from benchmarks.service.wire import bearer

FORMAT = "csv"
POSTERS = 16
N_KNOWN = 500
"""Parcels that are looked up."""
LOOKUP_PAUSE_S = 0.005
"""Between two look-ups of the station: enough that they do not become the load themselves."""


def n_parcels(plan: Plan) -> int:
    """Parcels that a plan needs in one store; no two requests carry the same one."""
    batches = sum(size * n for size, n in plan.batches.items())
    staged = sum(size * (n + 1) for size, n in plan.staged.items())
    phases = (len(N_CLIENTS) + 1) * plan.most
    return phases + batches + staged + plan.bulk_rows + plan.job_rows + plan.history + N_KNOWN


def measure(plan: Plan, supply: Supply, folder: Path, figures: Figures, *, seed: int, database_url: str = "") -> None:
    """Measure the service in a throw-away installation below `folder`."""
    ours = installed(folder, database_url)
    if plan.history:
        past = folder / "past.csv"
        past.write_bytes(manifest_file(supply.take(plan.history), "csv")[0])
        backfilled(ours, past)
    key = ours.operator_key
    singles = {n: single_requests(folder / f"{n}.requests", supply.take(plan.most), key) for n in N_CLIENTS}
    posted = single_requests(folder / "posters.requests", supply.take(plan.most), key)
    batches = {
        size: manifest_requests(folder / f"batch-{size}.requests", supply.take(size * n), key, size=size)
        for size, n in plan.batches.items()
    }
    bulk, job = (manifest_file(supply.take(n), FORMAT) for n in (plan.bulk_rows, plan.job_rows))
    known = supply.take(N_KNOWN)
    looked_up = lookup_requests(folder / "look-up.requests", known, ours.officer_key, seed=seed)
    with serving(ours, folder) as server:
        _lodge(server, ours, known)
        figures.latencies += by_clients(server, singles, plan, folder, again=False)
        figures.batches += by_batch(server, batches, plan, folder, again=False)
        figures.bulk.append(_bulk(server, ours, bulk, plan.bulk_rows, folder))
        figures.lookups += _lookups(server, ours, looked_up, posted, job, plan, folder)
        figures.memory[server.name] = memory_of(server.group)


def _lodge(server: Server, ours: Throwaway, parcels: pl.DataFrame) -> None:
    headers = {**bearer(ours.operator_key), "Content-Type": "application/json"}
    status, body = ask(server.port, "POST", "/v1/manifests", manifest(bodies(parcels)), headers)
    if status != 200:
        raise ServerError(f"the parcels to be looked up were answered with {status}: {body[:300]!r}")


def _bulk(server: Server, ours: Throwaway, file: tuple[bytes, str], n_rows: int, folder: Path) -> Bulk:
    probes, cpu_s, begun = fsync_ms(folder), cpu_s_of(server.group), time.perf_counter()
    n_taken = job_done(server, ours, lodged_file(server, ours, *file))
    took = time.perf_counter() - begun
    return Bulk(
        what=server.name,
        way=f"a {FORMAT.upper()} file of {n_rows:,} parcels as a job, from its first byte to its end, durable",
        rows_per_s=n_taken / took,
        cpu_us_per_row=(cpu_s_of(server.group) - cpu_s) / n_taken * 1e6,
        fsync_ms=probes + fsync_ms(folder),
    )


def _lookups(
    server: Server, ours: Throwaway, looked_up: Path, posted: Path, job: tuple[bytes, str], plan: Plan, folder: Path
) -> list[Latency]:
    station = Clients(name="look-up", file=looked_up, pause_s=LOOKUP_PAUSE_S, again=True)
    posters = Clients(name="posters", file=posted, clients=POSTERS)
    alone = under_load(server, [station], seconds=plan.seconds, folder=folder)["look-up"]
    both = under_load(server, [station, posters], seconds=plan.seconds, folder=folder)
    return [
        replace(alone, what=f"{ours.name}, alone"),
        replace(
            both["look-up"],
            what=f"{ours.name}, with {POSTERS} clients that post {number(both['posters'].per_s)} parcels/s",
        ),
        _during_job(server, ours, station, job, plan, folder),
    ]


def _during_job(
    server: Server, ours: Throwaway, station: Clients, job: tuple[bytes, str], plan: Plan, folder: Path
) -> Latency:
    probes = fsync_ms(folder)
    with started(server.port, [station], seconds=JOB_S, file=folder / "load.json", warm_up_s=WARM_UP_S) as load:
        begun = time.perf_counter()
        n_taken = job_done(server, ours, lodged_file(server, ours, *job))
        per_s = n_taken / (time.perf_counter() - begun)
        driven = load.result(early=True)
    seen = driven.seen[station.name]
    return Latency(
        what=f"{ours.name}, while a job of {plan.job_rows:,} rows runs at {number(per_s)} parcels/s",
        clients=1,
        ms=seen.ms,
        per_s=seen.per_s,
        n_failed=seen.n_failed,
        fsync_ms=probes + fsync_ms(folder),
        cpu_ms=None,
        generator_share=driven.generator_share,
    )
