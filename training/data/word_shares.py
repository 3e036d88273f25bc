"""Finding shares of words as they were known when each parcel was lodged, and the table of the final bundle.

The mail flow is cut by time; a parcel reads a table learned from labels that were known before its slice began. So no
parcel reads its own label or a later one, which serving could not do either.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from features import words
from features.catalogue import catalogue
from features.words import Words
from training.data.datasets import Dataset, Flags

N_SLICES = 12
"""Slices of equal numbers of parcels; ours."""


def words_known(data: Dataset, before_us: int | None = None) -> Words:
    """Words learned from the labels known before `before_us` (microseconds since 1970); from all when it is None."""
    rows = data.labelled
    if before_us is not None:
        rows = rows & (data.label_known_at_us < before_us)
    chosen = data.parcels.filter(pl.Series(rows))
    recipients = chosen["recipient_key"] if "recipient_key" in chosen.columns else None
    return Words.learned(chosen["description"], chosen["label"] == 1, recipients)


def fill_words(data: Dataset) -> None:
    """Put into the word feature, in place, what was known when each parcel was lodged.

    It takes the place of what was there: the rows of a million parcels are five gigabytes, and there is room for one.
    """
    column = catalogue().names.index(words.FEATURE)
    for begin, rows in _slices(data):
        known = words_known(data, begin)
        data.values[rows, column] = known.values(data.parcels["description"].filter(pl.Series(rows)))


def _slices(data: Dataset) -> Iterator[tuple[int, Flags]]:
    """Time at which each slice of the mail flow begins, and its rows."""
    if len(data) == 0:
        return
    shares = np.arange(N_SLICES) / N_SLICES
    begins = np.unique(np.quantile(data.lodged_at_us, shares, method="lower").astype(np.int64))
    index = np.searchsorted(begins, data.lodged_at_us, side="right") - 1
    for number, begin in enumerate(begins.tolist()):
        yield begin, index == number
