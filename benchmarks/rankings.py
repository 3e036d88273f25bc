"""Our model next to logistic regression, rules and the ceiling, over worlds and seeds: `python -m benchmarks.rankings`.

Each world is trained on once, with what its office inspected, and every ranking is held against the truth of the last
slice (`training.report.baselines`). What was opened is kept in ``var/rankings``, so that a run that was interrupted is
taken up where it ended; ``--table`` prints what there is and trains nothing. Differences are paired: contraband of all
seeds of a world is drawn with replacement, and each draw counts for every ranking. Results are synthetic.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl

from data.synthetic import generate, load_scenario
from data.synthetic.event_log import event_log
from features.declared.declare import Floats
from features.identity import IdentityKey
from training.data.datasets import Flags
from training.fit.run import Plan, train
from training.report.baselines import MODEL, rankings, truth_of

WORLDS = {
    "demo": 30_000,
    "restless": 150_000,
    "express-low-risk": 300_000,
    "baseline": 600_000,
    "collapse": 600_000,
    "clean-data": 600_000,
    "dirty-data": 600_000,
    "express-fentanyl": 600_000,
}
"""Parcels of each world over half a year: with fewer of the last five there would be too few findings to learn from."""
CAPACITIES = (0.005, 0.01)
RIVALS = ("logistic regression", "historic rules")
N_DRAWS = 2_000
KEPT = Path(__file__).parents[1] / "var" / "rankings"


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--world", action="append", choices=sorted(WORLDS))
    parser.add_argument("--table", action="store_true", help="print what there is")
    given = parser.parse_args()
    worlds = given.world or list(WORLDS)
    for seed in () if given.table else range(1, given.seeds + 1):
        for world in worlds:
            path = kept(world, seed)
            if not path.is_file():
                started = time.process_time()
                measure(world, seed, path)
                print(f"{world} {seed}: {time.process_time() - started:.0f} s of processor time", flush=True)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, fmt_str_lengths=60, float_precision=3):
        print(table(worlds, given.seeds))


def kept(world: str, seed: int) -> Path:
    """File of one world and seed."""
    return KEPT / f"{world}-{WORLDS[world]}-{seed}.npz"


def measure(world: str, seed: int, path: Path) -> None:
    """Train on a world and keep which contraband each ranking would have opened: flags, one row a capacity."""
    made = generate(load_scenario(world), n_parcels=WORLDS[world], n_days=180, seed=seed)
    log = event_log(made, IdentityKey(b"a benchmark, nothing of it is kept"))
    truth = made.truth
    del made
    trained = train(log, Plan(name="benchmark", n_trials=0, seed=seed))
    holds = truth_of(trained.data, truth)
    test = holds[trained.split.test_population]
    opened = {one.name: _opened(one.raw, test) for one in rankings(trained, log, holds=holds)}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **opened)  # type: ignore[arg-type]


def _opened(raw: Floats, holds: Flags) -> Flags:
    """Whether each parcel with contraband is within each capacity, ties in the order of the log."""
    place = np.empty(raw.size, dtype=np.int64)
    place[np.argsort(-raw, kind="stable")] = np.arange(raw.size)
    return np.stack([place[holds] < max(1, round(share * raw.size)) for share in CAPACITIES])


def table(worlds: list[str], n_seeds: int) -> pl.DataFrame:
    """Mean recall over seeds by world and capacity, and how our model differs from the best rival."""
    rows = []
    for world in worlds:
        files = [kept(world, seed) for seed in range(1, n_seeds + 1) if kept(world, seed).is_file()]
        for number, share in enumerate(CAPACITIES):
            seeds: dict[str, list[Flags]] = defaultdict(list)
            for file in files:
                with np.load(file, allow_pickle=False) as found:
                    for name in found.files:
                        seeds[name].append(found[name][number])
            if seeds:
                rows.append({"world": world, "seeds": len(files), "capacity": share, **_row(seeds)})
    return pl.DataFrame(rows)


def _row(seeds: dict[str, list[Flags]]) -> dict[str, object]:
    means = {name: float(np.mean([one.mean() for one in found])) for name, found in seeds.items()}
    best = max(RIVALS, key=means.__getitem__)
    draws = _differences(seeds[MODEL], seeds[best])
    low, high = np.quantile(draws, (0.05, 0.95))
    return {
        "contraband": sum(one.size for one in seeds[MODEL]),
        "model": means[MODEL],
        **{name: means[name] for name in RIVALS},
        "without history": means["LightGBM without history"],
        "ceiling": means["ceiling: trained on the full truth"],
        "difference to the best": means[MODEL] - means[best],
        "90 % low": float(low),
        "90 % high": float(high),
        "low, relative": float(low / means[best]) if means[best] else None,
    }


def _differences(ours: list[Flags], theirs: list[Flags]) -> Floats:
    """Mean difference of recall over seeds, contraband of each seed drawn with replacement."""
    rng = np.random.default_rng(1)
    mean = np.zeros(N_DRAWS)
    for mine, other in zip(ours, theirs, strict=True):
        gain = mine.astype(np.float64) - other
        mean += np.array([gain[rng.integers(gain.size, size=gain.size)].mean() for _ in range(N_DRAWS)])
    return mean / len(ours)


if __name__ == "__main__":
    main()
