"""Logs of small synthetic worlds, made once."""

from __future__ import annotations

from functools import cache

import polars as pl

from features.identity import derive
from features.log import SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA, conform
from features.parcel.validation import validate_parcels
from tests.builders import KEY
from tests.worlds import small_world


@cache
def world_log(n_parcels: int = 4_000, seed: int = 3) -> pl.DataFrame:
    """Log of a small world with many findings."""
    world = small_world(n_parcels, seed=seed)
    rows = derive(
        validate_parcels(world.parcels, reference=shipped_reference()).rows, KEY, reference=shipped_reference()
    )
    events, _ = assemble(rows, conform(world.outcomes, OUTCOME_SCHEMA), pl.DataFrame(schema=SUBJECT_SCHEMA), 1)
    return events
