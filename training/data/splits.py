"""Split by time, as the office would have known things then.

A slice to *fit* on, one to *tune* on (early stopping, calibration) and one to *test* on. A parcel is fitted on only
when its label was known before the next slice begins: the label delay makes the gap by itself, nothing is assumed about
it. A slice that holds too few findings, or is not longer than results take to become known, begins earlier, with a
finding; its share of findings is then a little too high.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.parcel.problems import NothingToLearn
from training.data.datasets import Dataset, Flags, Ints

MIN_FOUND_TO_FIT = 10
MIN_FOUND_ELSEWHERE = 3
WANTED_FOUND = 30
"""Findings with which a slice says something; where there are so many it begins early enough to hold them."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Labelled rows of each slice, and the times (microseconds since 1970) at which the later two begin.

    `fit_population`, `tune_population` and `test_population` are all parcels of the same segments, inspected or not,
    without those of the end whose results are pending. `fit_background` and `tune_background` are those that nobody had
    inspected when the next slice began, as far as could be known then. `before_test` are all labelled rows
    that were known when the test slice began, late ones of the first slice included, and `before_test_background` those
    that nobody had inspected by then.
    """

    fit: Flags
    tune: Flags
    test: Flags
    fit_population: Flags
    tune_population: Flags
    test_population: Flags
    fit_background: Flags
    tune_background: Flags
    before_test: Flags
    before_test_background: Flags
    tune_from_us: int
    test_from_us: int


def split_by_time(data: Dataset, *, tune_share: float = 0.2, test_share: float = 0.2) -> Split:
    """Split so that the later slices hold the given shares of the labelled parcels, or more for the least of findings.

    Raises
    ------
    NothingToLearn
        When the log holds too few findings for any slice.
    """
    lodged = np.sort(data.lodged_at_us[data.labelled])
    n_found = int((data.label == 1).sum())
    if n_found < MIN_FOUND_TO_FIT + 2 * MIN_FOUND_ELSEWHERE:
        raise NothingToLearn(
            f"the log holds {lodged.size} outcomes, {n_found} of them findings; training needs at least "
            f"{MIN_FOUND_TO_FIT + 2 * MIN_FOUND_ELSEWHERE} findings. Ingest more outcomes and train again."
        )
    known, lodged_at, found = data.label_known_at_us, data.lodged_at_us, data.label == 1
    tune_from, test_from = (
        int(lodged[int(lodged.size * (1 - share))]) for share in (tune_share + test_share, test_share)
    )
    test_from = _early_enough(test_from, lodged_at[found], MIN_FOUND_ELSEWHERE)
    tuned = lodged_at[found & (lodged_at < test_from) & (known < test_from)]
    wanted = min(WANTED_FOUND, int(tune_share / (1 - test_share) * tuned.size))
    # In half of the slice it must be known who was not inspected; but enough must be left to fit on.
    longer = min(_early_enough(tune_from, tuned, wanted), 2 * data.settled_by(test_from) - test_from)
    earliest = int(np.sort(known[found])[MIN_FOUND_TO_FIT - 1]) + 1
    tune_from = min(_early_enough(tune_from, tuned, MIN_FOUND_ELSEWHERE), max(longer, earliest))
    fit = data.labelled & (lodged_at < tune_from) & (known < tune_from)
    tune = data.labelled & (lodged_at >= tune_from) & (lodged_at < test_from) & (known < test_from)
    test = data.labelled & (lodged_at >= test_from)
    for name, rows, needed in (
        ("fit", fit, MIN_FOUND_TO_FIT),
        ("tune", tune, MIN_FOUND_ELSEWHERE),
        ("test", test, MIN_FOUND_ELSEWHERE),
    ):
        n_found = int(found[rows].sum())
        if n_found < needed or n_found == int(rows.sum()):
            raise NothingToLearn(
                f"the slice to {name} on holds {int(rows.sum())} outcomes, {n_found} of them findings; it needs at "
                f"least {needed} findings and some inspections without one. Ingest outcomes of a longer period."
            )
    return Split(
        fit=fit,
        tune=tune,
        test=test,
        fit_population=lodged_at < tune_from,
        tune_population=(lodged_at >= tune_from) & (lodged_at < test_from),
        test_population=(lodged_at >= test_from) & ~data.pending,
        fit_background=(lodged_at < tune_from) & data.not_inspected(tune_from),
        tune_background=(lodged_at >= tune_from) & (lodged_at < test_from) & data.not_inspected(test_from),
        before_test=data.labelled & (lodged_at < test_from) & (known < test_from),
        before_test_background=(lodged_at < test_from) & data.not_inspected(test_from),
        tune_from_us=tune_from,
        test_from_us=test_from,
    )


def _early_enough(begin_us: int, found_at_us: Ints, wanted: int) -> int:
    """The beginning of a slice, moved back where needed to the wanted number of findings."""
    if not 0 < wanted <= found_at_us.size:
        return begin_us
    return min(begin_us, int(np.sort(found_at_us)[-wanted]))
