"""How fast a log is replayed on one core, what an entity costs in memory, and what pandas and Polars need beside it.

`python -m benchmarks.replay [--parcels N]` makes a synthetic `baseline` log, replays all entities and features with one
thread, and computes the sender's windows (1 to 90 days) (count and value) with pandas and with Polars in the
same run. They compute exact sliding windows of one entity; the engine computes fourteen entities and every feature.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # one core; before Polars is imported

import argparse
import resource
import time
from collections.abc import Callable

import pandas as pd
import polars as pl

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log
from features.catalogue import catalogue
from features.history import Engine, kernel
from features.identity import IdentityKey
from features.log import PARCEL
from features.replay.rows import CHUNK

_WINDOWS = tuple(f"{days}d" for days in kernel.WINDOWS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    world = generate(load_scenario("baseline"), n_parcels=arguments.parcels, n_days=180, seed=arguments.seed)
    log = event_log(world, IdentityKey(b"benchmark, nothing is kept: 32 b"))
    del world
    parcels = log.filter(pl.col("kind") == PARCEL)
    print(f"{parcels.height:,} manifests, {log.height:,} events, {len(catalogue())} features")
    _replayed(log, parcels.height)
    senders = parcels.select("known_at", "sender_key", pl.col("declared_value_eur_cents").fill_null(0).alias("value"))
    senders = senders.drop_nulls("sender_key")
    _timed("Polars, sender windows", senders.height, lambda: _polars(senders))
    _timed("pandas, sender windows", senders.height, lambda: _pandas(senders.to_pandas()))


def _replayed(log: pl.DataFrame, n: int) -> None:
    engine, kernel_s, rows_s = Engine(), 0.0, 0.0
    engine.advance(log.clear())
    for start in range(0, log.height, CHUNK):
        part = log.slice(start, CHUNK)
        begun = time.process_time()
        read = engine.advance(part)
        replayed = time.process_time()
        catalogue().rows(part, read)
        kernel_s += replayed - begun
        rows_s += time.process_time() - replayed
    n_entities = sum(engine.n_entities().values())
    print(f"replay, all entities and features: {n / (kernel_s + rows_s):,.0f} manifests/s per core")
    print(f"  history {n / kernel_s:,.0f}/s, features {n / rows_s:,.0f}/s")
    print(f"  {n_entities:,} entities, {engine.n_bytes() / n_entities:.0f} bytes each")
    for name, count in engine.n_entities().items():
        print(f"    {name}: {count:,}")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def _timed(name: str, n: int, work: Callable[[], object]) -> None:
    begun = time.process_time()
    work()
    print(f"{name}: {n / (time.process_time() - begun):,.0f} manifests/s per core")


def _polars(senders: pl.DataFrame) -> pl.DataFrame:
    one = pl.col("value").is_not_null().cast(pl.Int64)
    return senders.with_columns(
        column.rolling_sum_by("known_at", window, closed="left").over("sender_key").alias(f"{name}_{window}")
        for window in _WINDOWS
        for name, column in (("n", one), ("value", pl.col("value")))
    )


def _pandas(senders: pd.DataFrame) -> list[pd.DataFrame]:
    grouped = senders.set_index("known_at").groupby("sender_key")["value"]
    return [grouped.rolling(window.upper(), closed="left").agg(["count", "sum"]) for window in _WINDOWS]


if __name__ == "__main__":
    main()
