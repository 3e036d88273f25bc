"""Small synthetic worlds for the tests."""

from __future__ import annotations

from datetime import date
from functools import cache

from data.synthetic import World, generate, load_scenario
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.reading import Reading

END = date(2026, 10, 31)


@cache
def small_world(n_parcels: int = 8_000, seed: int = 5) -> World:
    """A world whose last day is ``END``, with far more findings than any real one: small, yet enough to learn from."""
    demo = load_scenario("demo")
    much = demo.model_copy(
        update={
            "contraband": demo.contraband.model_copy(update={"prevalence_share": 0.06}),
            "inspection": demo.inspection.model_copy(update={"share": 0.25}),
        }
    )
    return generate(much, n_parcels=n_parcels, n_days=120, seed=seed, end_on=END)


def small_reading(n_parcels: int = 8_000) -> Reading:
    """The same as if it had been read from files."""
    world = small_world(n_parcels)
    parcels = validate_parcels(world.parcels)
    outcomes = validate_outcomes(world.outcomes)
    return Reading(
        parcels=parcels.rows,
        outcomes=outcomes.rows,
        rejections=(*parcels.rejections, *outcomes.rejections),
        ignored=(),
        n_rows=world.parcels.height,
    )
