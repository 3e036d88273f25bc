"""What-if about rules that were seen before, on a million parcels: `python -m benchmarks.whatif`.

The columns are made up; what is timed is reading them, cutting out the period, selecting and comparing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.log import OUTCOME, PARCEL, RETRACTION
from policy import LinePolicy, Referral
from policy.shifts import MINUTES
from policy.whatif import Candidate, Source, compare, windows_of_days
from serving.office.whatif.facts import Facts
from serving.office.whatif.filling import TYPES
from serving.office.whatif.series import Series

_DAY_US = 86_400_000_000
_KEY = "benchmark"


def main() -> None:
    """Write the columns once, ask three times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.parcels, given.rules)
        for _ in range(3):
            wall, cpu = time.perf_counter(), time.process_time()
            n = ask(Path(folder), given.parcels, given.rules)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(f"{n:,} parcels, {given.rules} rules: {cpu:.2f} s of processor time, {wall:.2f} s")


def write(folder: Path, n: int, n_rules: int) -> None:
    """Parcels of 90 days, one in two hundred of them examined, three in a hundred amended."""
    rng = np.random.default_rng(1)
    seq = np.arange(1, 2 * n, 2)
    life = np.where((np.arange(n) > 1_000) & (rng.random(n) < 0.03), seq - 2, seq)
    life = np.where(np.isin(life, seq[life != seq]), seq, life)
    examined = np.sort(rng.choice(n, n // 200, replace=False))
    columns = {
        "seq": seq,
        "at": np.sort(rng.integers(0, 90 * _DAY_US, n)),
        "life": life,
        "sender": rng.integers(0, n // 3, n),
        "lane": rng.integers(0, 500, n),
        "origin": rng.integers(0, 80, n),
        "asked": rng.choice([0, 5], n, p=[0.995, 0.005]),
        "propensity": np.full(n, 0.005),
        "outcome": seq[examined] + 1,
        "outcome_of": seq[examined],
        "result": rng.random(examined.size) < 0.1,
        "outcome_propensity": np.full(examined.size, 0.005),
        "retracted": seq[np.flatnonzero(life != seq) - 1],
    }
    with Series.open(folder, _KEY) as series:
        series.names = {"lane": [f"lane {one}" for one in range(500)], "origin": [f"{one}" for one in range(80)]}
        for kind in TYPES.values():
            for name, dtype in kind.items():
                series.append(name, columns[name].astype(dtype), behind=0)
        series.append("score", rng.normal(size=n), behind=0)
        for rule in range(n_rules):
            series.append(f"rule-{rule}", rng.random(n) < 0.0005, behind=0)
        lengths = {PARCEL: n, OUTCOME: examined.size, RETRACTION: columns["retracted"].size}
        series.commit(2 * n, 0, lengths)


def ask(folder: Path, n: int, n_rules: int) -> int:
    """What the rules would have done over the whole period; the number of its parcels."""
    with Series.open(folder, _KEY) as series:
        facts = Facts(series)
        versions = facts.versions(0, 90 * _DAY_US)
        period = facts.period(versions, None, None, dict(MINUTES))
        raw = versions.most(series.read("score", np.float64, n))
        period = replace(period, raw=raw, probability=1 / (1 + np.exp(5 - raw)))
        hits = [versions.any(series.read(f"rule-{rule}", np.bool_, n)) for rule in range(n_rules)]
    sources = [Source(name=f"rule:{rule}", referral=Referral.OPEN, hits=one) for rule, one in enumerate(hits)]
    windows = windows_of_days(period.at_us, 0.005)
    return compare(period, Candidate(policy=LinePolicy(), windows=windows, sources=sources)).n


if __name__ == "__main__":
    main()
