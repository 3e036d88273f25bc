from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from features import words
from features.catalogue import catalogue
from features.declared.declare import Floats
from tests.builders import a_dataset
from training.data.datasets import Dataset
from training.data.word_shares import fill_words, words_known

COLUMN = catalogue().names.index(words.FEATURE)


def described() -> Dataset:
    """Data set in which every finding was declared as tea, and half of the rest."""
    data = a_dataset(800, seed=3)
    rng = np.random.default_rng(3)
    tea = (data.label == 1) | (rng.random(len(data)) < 0.5)
    texts = pl.Series(np.where(tea, "green tea", "cotton shirt"))
    parcels = pl.DataFrame({"seq": data.seq, "description": texts, "label": data.label})
    return replace(data, parcels=parcels)


def test_words_of_findings_are_riskier() -> None:
    share = words_known(described()).share
    assert share["tea"] > share["shirt"]


def filled(data: Dataset) -> Floats:
    """Rows of `data` with the word feature filled in; those of `data` stay."""
    own = replace(data, values=data.values.copy())
    fill_words(own)
    return own.values


def test_the_first_parcels_know_no_words_and_later_ones_do() -> None:
    column = filled(described())[:, COLUMN]
    assert np.isnan(column[:60]).all()
    assert not np.isnan(column[-60:]).any()


def test_no_parcel_reads_its_own_label_or_one_that_became_known_later() -> None:
    data = described()
    before = filled(data)[:, COLUMN]
    cut = 400
    later = data.label_known_at_us >= data.lodged_at_us[cut]
    flipped = np.where(later & (data.label >= 0), 1 - data.label, data.label)
    parcels = data.parcels.with_columns(pl.Series("label", flipped))
    after = filled(replace(data, label=flipped, parcels=parcels))[:, COLUMN]
    assert np.array_equal(before[: cut + 1], after[: cut + 1], equal_nan=True)
    assert not np.array_equal(before, after, equal_nan=True)


def test_the_other_features_stay() -> None:
    data = described()
    others = np.delete(filled(data), COLUMN, axis=1)
    assert np.array_equal(others, np.delete(data.values, COLUMN, axis=1), equal_nan=True)
