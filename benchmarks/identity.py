"""How fast parcels are checked and lose their personal data: `python -m benchmarks.identity [PARCELS]`, on one core."""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # one core; before Polars is imported

import argparse
import time

from data.synthetic import generate, load_scenario
from features.identity import IdentityKey, derive, derived_row
from features.parcel.checking import checked_row
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_parcels


def main() -> None:
    """Derive keys and facts of a synthetic world in batches; print parcels per second of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcels", nargs="?", type=int, default=200_000)
    n = parser.parse_args().parcels
    world = generate(load_scenario("baseline"), n_parcels=n, n_days=180, seed=1)
    rows = validate_parcels(world.parcels, reference=shipped_reference()).rows
    key = IdentityKey(b"benchmark, nothing is kept: 32 b")
    derive(rows.head(100), key, reference=shipped_reference())
    for size in (1_000, 10_000, 100_000):
        begun = time.process_time()
        for start in range(0, rows.height, size):
            derive(rows.slice(start, size), key, reference=shipped_reference())
        print(f"batches of {size:,}: {rows.height / (time.process_time() - begun):,.0f} parcels/s per core")
    single = world.parcels.tail(2_000).to_dicts()
    begun = time.process_time()
    checked = [checked_row(row, reference=shipped_reference()).row for row in single]
    between = time.process_time()
    for row in checked:
        if row is not None:
            derived_row(row, key, shipped_reference())
    took = between - begun, time.process_time() - between
    print(
        ", ".join(
            f"one {word} in {1e6 * s / len(single):.0f} us"
            for word, s in zip(("check", "derivation"), took, strict=True)
        )
    )


if __name__ == "__main__":
    main()
