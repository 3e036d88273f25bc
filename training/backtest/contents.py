"""Do the intervals hold where methods miss? One world of half-seen mail, simulated with our policy, against the truth.

Sensitivities are given in two ways: as the dated table of assumptions has them, with its ends, and as the office would
measure them with test parcels. Without them only *detectable* findings are estimated, and the last row shows how wrong
it is to read those as all that is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.handling import Sensitivities, Sensitivity
from features.parcel.fields import METHODS
from policy.estimates import Interval, wilson
from training.backtest.coverage import Checked, halves, population_as_presented
from training.backtest.period import SimulationPeriod
from training.backtest.simulate import LoopOptions
from training.data.datasets import Flags
from training.estimates import Stratum, estimate_contents

N_TEST_PARCELS = 100
"""Test parcels by which the office measures each method."""
CANNOT_KNOW = (
    "What no method sees at all is in no estimate, nor is mail that came before nobody's eyes. Whether a parcel is "
    "presented must not hang on what is in it, among those of one country of dispatch. Without sensitivities every "
    "figure is one of detectable findings: those that the methods in use would have made."
)
"""What no interval of `cover_contents` speaks of."""


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
        One row for each quantity, as `training.backtest.coverage.cover` makes them.
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
    detectable = estimate_contents(strata)
    checks = [
        _checked("detectable finding rate", float(seen.mean()), detectable.share),
        _checked("detectable findings missed", float(seen.sum() - detectable.n_found), detectable.missed),
        *_of_contents("as given", strata, holds, _given(seen_by)),
        *_of_contents("as measured", strata, holds, _measured(seen_by, rng)),
        _checked("detectable rate, read as the whole rate", float(holds.mean()), detectable.share),
    ]
    return [check.as_row() for check in checks]


def _of_contents(how: str, strata: Sequence[Stratum], holds: Flags, known: Mapping[int, Sensitivity]) -> list[Checked]:
    found = estimate_contents(strata, known)
    return [
        _checked(f"rate of contraband, sensitivities {how}", float(holds.mean()), found.share),
        _checked(f"contraband missed, sensitivities {how}", float(holds.sum() - found.n_found), found.missed),
    ]


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


def _checked(quantity: str, truth: float, interval: Interval) -> Checked:
    return Checked(quantity=quantity, truth=truth, interval=interval, draws=interval, all_random=interval)
