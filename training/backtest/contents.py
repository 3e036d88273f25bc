"""Do the intervals hold where methods miss? One world of half-seen mail, simulated with our policy, against the truth.

Sensitivities are given in two ways: as the dated table of assumptions has them, with its ends, and as the office would
measure them with test parcels. Without them only *detectable* findings are estimated, and the last row shows how wrong
it is to read those as all that is there. Next to each estimate is the naive one, as if all mail were like what was
looked at, and everything in that had been found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from features.handling import Sensitivities, Sensitivity
from features.parcel.fields import METHODS
from policy.estimates import Interval, Population, wilson
from training.backtest.coverage import halves, population_as_presented
from training.backtest.period import SimulationPeriod
from training.backtest.simulate import LoopOptions
from training.estimates import Stratum, estimate_contents

N_TEST_PARCELS = 100
"""Test parcels by which the office measures each method."""
CANNOT_KNOW = (
    "What no method sees at all is in no estimate, nor is mail that came before nobody's eyes. Whether a parcel is "
    "presented must not hang on what is in it, among those of one country of dispatch. Without sensitivities every "
    "figure is one of detectable findings: those that the methods in use would have made."
)
"""What no interval of `cover_contents` speaks of."""


@dataclass(frozen=True, kw_only=True)
class CheckedContents:
    """One quantity in one world: its interval, the truth, and the naive interval."""

    quantity: str
    truth: float
    interval: Interval
    naive: Interval

    def as_row(self) -> dict[str, Any]:
        """Flat values for a table."""
        return {
            "quantity": self.quantity,
            "truth": self.truth,
            **asdict(self.interval),
            "holds": self.interval.holds(self.truth),
            "width": self.interval.width,
            **{f"naive_{name}": end for name, end in asdict(self.naive).items()},
            "naive_holds": self.naive.holds(self.truth),
            "naive_width": self.naive.width,
        }


def cover_contents(
    period: SimulationPeriod, options: LoopOptions, seen_by: Mapping[int, float], *, seed: int
) -> list[dict[str, Any]]:
    """Simulate a period with our policy and check what is estimated of the contents of all mail of its second half.

    Parameters
    ----------
    seen_by:
        The truth: share of what is there that each method finds, by its number in ``METHODS``.

    Returns
    -------
    list of dict
        One row for each quantity.
    """
    if period.method is None:
        raise ValueError(
            "the period does not say by which method each parcel would be looked at; make it of a world with handling"
        )
    simulated, judged, known, calibration = halves(period, options, seed=seed)
    population = population_as_presented(period, simulated, judged, calibration, known)
    method, holds, seen = period.method[judged], period.holds[judged], period.would_be_found[judged]
    is_undeclared, rng = period.is_undeclared[judged], np.random.default_rng([seed, 8])
    strata = [
        Stratum(population=population.part(rows), method=method[rows]) for rows in (~is_undeclared, is_undeclared)
    ]
    detectable, naive = estimate_contents(strata), _hit_rate(population)
    of_rate = partial(CheckedContents, naive=naive)
    of_missed = partial(CheckedContents, naive=naive.scaled(float((~population.labelled).sum())))
    rate, n, n_seen = float(holds.mean()), float(holds.sum()), float(seen.sum())
    checks = [
        of_rate(quantity="detectable finding rate", truth=float(seen.mean()), interval=detectable.finding_share),
        of_missed(quantity="detectable findings missed", truth=n_seen - detectable.n_found, interval=detectable.missed),
    ]
    for how, lines in (("given", _given(seen_by)), ("measured", _measured(seen_by, rng))):
        found, by = estimate_contents(strata, lines), f"sensitivities as {how}"
        checks += [
            of_rate(quantity=f"rate of contraband, {by}", truth=rate, interval=found.finding_share),
            of_missed(quantity=f"contraband missed, {by}", truth=n - found.n_found, interval=found.missed),
        ]
    checks.append(
        of_rate(quantity="detectable rate, read as the whole rate", truth=rate, interval=detectable.finding_share)
    )
    return [check.as_row() for check in checks]


def _hit_rate(population: Population) -> Interval:
    """Share of findings among the parcels looked at."""
    inspected = population.labelled
    return wilson(int((population.label[inspected] == 1).sum()), int(inspected.sum()))


def _given(seen_by: Mapping[int, float]) -> dict[int, Sensitivity]:
    """Lines of the shipped table of assumptions."""
    table = Sensitivities.read()
    return {method: table.of_method(METHODS[method]) for method in seen_by}


def _measured(seen_by: Mapping[int, float], rng: np.random.Generator) -> dict[int, Sensitivity]:
    """Lines that test parcels give."""
    lines = {}
    for method, share in seen_by.items():
        n_found = int(rng.binomial(N_TEST_PARCELS, share))
        ends = wilson(n_found, N_TEST_PARCELS)
        middle = (n_found + 0.5) / (N_TEST_PARCELS + 1)
        lines[method] = Sensitivity(
            share=middle, low=ends.low, high=ends.high, source=f"{N_TEST_PARCELS} test parcels", is_measured=True
        )
    return lines


def contents_summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In how many worlds the intervals of each quantity hold, and their mean width next to that of the naive ones."""
    table = pl.DataFrame(rows)
    means = {"truth": "truth", "value": "value", "width": "width", "naive": "naive_value", "naive_width": "naive_width"}
    return (
        table.group_by("quantity", maintain_order=True)
        .agg(
            pl.len().alias("worlds"),
            pl.col("holds").sum(),
            (pl.col("high") < pl.col("truth")).sum().alias("too_low"),
            (pl.col("low") > pl.col("truth")).sum().alias("too_high"),
            *(pl.col(name).mean().alias(alias) for alias, name in means.items()),
            pl.col("naive_holds").sum(),
        )
        .to_dicts()
    )
