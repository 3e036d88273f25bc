"""What a ranking holds, found or not: figures of the test slice that count what the methods of inspection miss.

All other figures speak of detectable findings. By them a ranking that prefers mail which is x-rayed looks worse than
one that prefers mail which is opened, though both hold as much. These count each finding 1/s times by the sensitivity s
of the method that raised it. The weights by which a model learns, see `training.data.methods`, do not belong here: they
keep the odds of a finding right for a fit, and an estimate with them would still be one of what openings detect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from features.handling import Sensitivities
from features.parcel.fields import METHODS
from policy.estimates import EstimatedFindings, Interval, share_of_total
from training.data.datasets import Flags, Ints
from training.estimates.contents import Stratum, estimate_contents
from training.estimates.nested import nested
from training.evaluation.metrics import CAPACITIES, named
from training.evaluation.unseen import Judged

_NOT_NAMED = len(METHODS)


def contraband_figures(judged: Judged, known: Sensitivities) -> dict[str, float]:
    """Share of parcels with contraband, recall of the line, and precision and recall at each capacity, with intervals.

    Nothing where `contraband_in` can say nothing.
    """
    tops = [judged.top(share) for share in CAPACITIES]
    opened = contraband_in(judged, known, tops)
    if not opened:
        return {}
    rests = contraband_in(judged, known, [~top for top in reversed(tops)])[::-1]
    everything = contraband_in(judged, known, [tops[0] | ~tops[0]])[0]
    wanted = {"contraband_share": everything.finding_share, "contraband_recall_of_the_line": everything.recall}
    for share, one, rest in zip(CAPACITIES, opened, rests, strict=True):
        wanted[f"contraband_precision_at_{named(share)}"] = one.finding_share
        wanted[f"contraband_recall_at_{named(share)}"] = share_of_total(one, rest)
    return {name: value for key, interval in wanted.items() for name, value in _flat(f"flow_{key}", interval)}


def says_of_contraband(metrics: Mapping[str, float]) -> str:
    """Say of the figures of a run whether any of them counts what the methods in use do not find."""
    if "flow_contraband_share" in metrics:
        return (
            "Those named flow_contraband_ count what the methods miss as well: each finding by the sensitivity of the "
            "method that raised it, with the doubt about it; see `parcel-risk methods`."
        )
    return (
        "No figure counts what these methods miss, because no stage on record says which method raised each finding; "
        "`parcel-risk methods` shows what is expected of those that are named."
    )


def contraband_in(judged: Judged, known: Sensitivities, growing: Sequence[Flags]) -> list[EstimatedFindings]:
    """Parcels with contraband in sets of parcels each of which holds the one before, found or missed.

    Nothing where there is no finding, or where no stage says which method raised one of them: the deciding method is
    mostly an opening, also where an x-ray raised the alarm, and would count too little.
    """
    population = judged.population
    found = population.labelled & (population.label == 1)
    if not found.any() or judged.parcels["raised_by"].filter(pl.Series(found)).null_count():
        return []
    whole = Stratum(population=population, method=_numbers(judged.parcels))
    lines = {number: known.of_method(name) for number, name in enumerate((*METHODS, None))}
    return nested([estimate_contents([replace(whole, chosen=chosen)], lines) for chosen in growing])


def _numbers(parcels: pl.DataFrame) -> Ints:
    """Number in ``METHODS`` of the method that raised each finding, or decided where there is none."""
    numbers = {name: number for number, name in enumerate(METHODS)}
    method = parcels.select(pl.coalesce("raised_by", "method")).to_series()
    return method.replace_strict(numbers, default=_NOT_NAMED, return_dtype=pl.Int64).to_numpy()


def _flat(name: str, interval: Interval) -> list[tuple[str, float]]:
    return [(name, interval.value), (f"{name}_low", interval.low), (f"{name}_high", interval.high)]
