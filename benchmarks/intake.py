"""Parcels per second with each format adapter: `python -m benchmarks.intake [PARCELS] [FORMAT ...]`.

Parsed, validated and normalised to the record, by the code that the API and the command use. The file is synthetic and
read from memory. "With keys" adds the entity keys and facts that the log needs.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable

import polars as pl

from data.synthetic import generate, load_scenario
from features.identity import IdentityKey, derive
from features.parcel.reference import shipped_reference
from features.sources import Content
from features.sources.reading import read_parcels
from features.sources.registry import adapters

ROUNDS = 3


def best(work: Callable[[], int]) -> tuple[float, float]:
    """Parcels per second, and per second of processor time, in the best of a few rounds.

    Other work on the machine only ever slows down; processor time hardly feels it.
    """
    rates, costs = [], []
    for _ in range(ROUNDS):
        started, spent = time.perf_counter(), time.process_time()
        n = work()
        rates.append(n / (time.perf_counter() - started))
        costs.append(n / (time.process_time() - spent))
    return max(rates), max(costs)


def main() -> None:
    """Measure every format that carries parcels."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    parcels = generate(load_scenario("baseline"), n_parcels=n, n_days=30, seed=1).parcels
    key = IdentityKey(bytes(range(32)))
    print(f"{n:,} synthetic parcels, best of {ROUNDS} rounds")
    print("format      bytes/parcel   parcels/s   per CPU-s   with keys/s   per CPU-s")
    wanted = sys.argv[2:] or [name for name, one in adapters().items() if one.content is Content.PARCELS]
    for adapter in map(adapters().__getitem__, wanted):
        file = io.BytesIO()
        adapter.write(parcels, file)
        data = file.getvalue()

        def read(data: bytes = data, adapter=adapter) -> int:  # type: ignore[no-untyped-def]
            return sum(
                reading.parcels.height
                for reading in read_parcels(adapter, io.BytesIO(data), reference=shipped_reference())
            )

        def keyed(data: bytes = data, adapter=adapter) -> int:  # type: ignore[no-untyped-def]
            frames = [
                derive(
                    reading.parcels.with_columns(pl.lit("post-a").alias("operator")), key, reference=shipped_reference()
                ).height
                for reading in read_parcels(adapter, io.BytesIO(data), reference=shipped_reference())
            ]
            return sum(frames)

        plain, with_keys = best(read), best(keyed)
        print(
            f"{adapter.name:10s} {len(data) / n:13,.0f} {plain[0]:11,.0f} {plain[1]:11,.0f} "
            f"{with_keys[0]:13,.0f} {with_keys[1]:11,.0f}"
        )


if __name__ == "__main__":
    main()
