"""The screened population of a data set, as estimates take it."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.declared.declare import Floats
from policy.estimates import Population
from training.data.datasets import Dataset, Flags

_DAY_US = 86_400_000_000


def population_of(
    data: Dataset, rows: Flags, predicted: Floats, labelled: Flags | None = None, known_share: Floats | float = 1.0
) -> Population:
    """Population of the parcels `rows` of a data set, with the probabilities `predicted` for them.

    With `labelled`, only these labels are used.
    """
    label = data.label if labelled is None else np.where(labelled, data.label, -1)
    parcels = data.parcels.filter(pl.Series(rows))
    sender = parcels["sender_key"].fill_null(-1 - parcels["seq"])
    return Population(
        predicted=predicted,
        label=label[rows],
        propensity=data.propensity[rows],
        is_selected=parcels["is_selected"].to_numpy(),
        day=data.lodged_at_us[rows] // _DAY_US,
        sender=sender.to_numpy(),
        known_share=known_share,
    )
