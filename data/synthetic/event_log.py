"""The event log of a world: its parcels and outcomes as the office learned them, without personal data."""

from __future__ import annotations

import polars as pl

from data.synthetic.second_ways import linked
from data.synthetic.world import World
from features.identity import IdentityKey, derive
from features.log import SUBJECT_SCHEMA, assemble
from features.parcel.problems import ParcelRiskError
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_outcomes, validate_parcels


def event_log(world: World, identity: IdentityKey) -> pl.DataFrame:
    """Validate the records of `world`, replace personal data by keys, and put all events in order.

    Raises
    ------
    ParcelRiskError
        When a record is rejected: a fault of the world, not of the data.
    """
    reference = shipped_reference()
    parcels, outcomes = validate_parcels(world.parcels, reference=reference), validate_outcomes(world.outcomes)
    for rejection in (*parcels.rejections, *outcomes.rejections):
        raise ParcelRiskError(f"the synthetic world made a record that cannot be used: {rejection}")
    derived = linked(derive(parcels.rows, identity, reference=reference), world.second)
    events, _ = assemble(derived, outcomes.rows, pl.DataFrame(schema=SUBJECT_SCHEMA), first_seq=1)
    return events
