"""How fast parcels are checked and lose their personal data, and whether the same parties get the same keys.

`python -m benchmarks.identity [PARCELS]`, on one core. Keys are compared on a world in which posts write the same
parties in many ways, by pairs of parcels: of the pairs that a key joins those of one party (precision), and of the
pairs of one party those that a key joins (recall).
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # one core; before Polars is imported

import argparse
import time
from collections.abc import Sequence

import polars as pl

from data.synthetic import generate, load_scenario
from data.synthetic.settings import Scenario
from features.identity import IdentityKey, derive, derived_row
from features.parcel.checking import checked_row
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_parcels

KEY = IdentityKey(b"benchmark, nothing is kept: 32 b")
REWRITTEN = 0.5
"""Share of names, streets, postcodes and cities that the posts of the noisy world write otherwise."""
_WHO = ("name", "street", "number", "postcode", "city", "country")


def with_noise(scenario: Scenario, share: float) -> Scenario:
    """Scenario in which posts write a share of the lines of parties otherwise."""
    quality = scenario.quality.model_copy(update={"rewritten_share": share})
    return scenario.model_copy(update={"quality": quality})


def noisy_world(n_parcels: int, *, n_days: int = 90, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parcels as their senders know themselves, and the same rows as posts write them."""
    baseline = load_scenario("baseline")
    clean, noisy = (
        generate(with_noise(baseline, share), n_parcels=n_parcels, n_days=n_days, seed=seed).parcels
        for share in (0.0, REWRITTEN)
    )
    return clean, noisy


def pairwise(clean: pl.DataFrame, noisy: pl.DataFrame, role: str) -> tuple[float, float]:
    """Precision and recall of the strict and the loose key of a role together.

    Whose a parcel is says the clean row: name in any case, and address. Pairs are counted by the sizes of
    groups, those that both keys join once.
    """
    columns = [pl.col(f"{role}_{part}").str.to_lowercase() for part in _WHO]
    who = clean.select(pl.struct(columns).alias("who")).to_series()
    derived = derive(noisy.with_columns(line=pl.lit(0)), KEY, reference=shipped_reference())
    keys = derived.select(strict=f"{role}_key", loose=f"{role}_loose_key").with_columns(who=who)
    joined = _pairs(keys, ["strict"]) + _pairs(keys, ["loose"]) - _pairs(keys, ["strict", "loose"])
    right = sum(
        sign * _pairs(keys, [*by, "who"]) for sign, by in ((1, ["strict"]), (1, ["loose"]), (-1, ["strict", "loose"]))
    )
    return right / joined, right / _pairs(keys, ["who"])


def _pairs(keys: pl.DataFrame, by: Sequence[str]) -> int:
    """Pairs of rows that agree in all of `by`; a missing key agrees with nobody's."""
    sizes = keys.drop_nulls(by).group_by(by).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


def main() -> None:
    """Derive keys and facts of a synthetic world in batches; print parcels per second of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parcels", nargs="?", type=int, default=200_000)
    n = parser.parse_args().parcels
    world = generate(load_scenario("baseline"), n_parcels=n, n_days=180, seed=1)
    rows = validate_parcels(world.parcels, reference=shipped_reference()).rows
    derive(rows.head(100), KEY, reference=shipped_reference())
    for size in (1_000, 10_000, 100_000):
        begun = time.process_time()
        for start in range(0, rows.height, size):
            derive(rows.slice(start, size), KEY, reference=shipped_reference())
        print(f"batches of {size:,}: {rows.height / (time.process_time() - begun):,.0f} parcels/s per core")
    single = world.parcels.tail(2_000).to_dicts()
    begun = time.process_time()
    checked = [checked_row(row, reference=shipped_reference()).row for row in single]
    between = time.process_time()
    for row in checked:
        if row is not None:
            derived_row(row, KEY, shipped_reference())
    took = between - begun, time.process_time() - between
    print(
        ", ".join(
            f"one {word} in {1e6 * s / len(single):.0f} us"
            for word, s in zip(("check", "derivation"), took, strict=True)
        )
    )
    clean, noisy = noisy_world(n)
    for role in ("sender", "recipient"):
        precision, recall = pairwise(clean, noisy, role)
        print(f"{role}: strict and loose key together have pairwise precision {precision:.4f}, recall {recall:.4f}")


if __name__ == "__main__":
    main()
