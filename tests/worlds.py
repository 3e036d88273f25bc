"""Small synthetic worlds for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl

from data.synthetic import World, generate, load_scenario
from features.identity import IdentityKey, derive
from features.log import SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.reading import Reading
from serving.intake.past import Past
from tests.builders import retractions

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
    parcels = validate_parcels(world.parcels, reference=shipped_reference())
    outcomes = validate_outcomes(world.outcomes)
    return Reading(
        parcels=parcels.rows,
        outcomes=outcomes.rows,
        rejections=(*parcels.rejections, *outcomes.rejections),
        ignored=(),
        n_rows=world.parcels.height,
    )


def small_past(n_parcels: int = 8_000) -> Past:
    """The same for a historical backfill."""
    return past_of([small_reading(n_parcels)], name=f"small world of {n_parcels}")


def past_of(readings: list[Reading], *, name: str, source: str = "memory") -> Past:
    """Readings in memory as a past."""

    def batches(skip: int) -> Iterator[Reading]:
        for n, reading in enumerate(readings):
            nothing = replace(reading, parcels=reading.parcels.clear(), outcomes=reading.outcomes.clear())
            yield reading if n >= skip else replace(nothing, rejections=())

    return Past(name=name, source=source, batches=batches)


@cache
def eventful_log(n_parcels: int = 8_000, seed: int = 5) -> pl.DataFrame:
    """Log of a small world with amended and cancelled parcels, corrected outcomes, and events that come late."""
    world = small_world(n_parcels, seed)
    derived = derive(
        validate_parcels(world.parcels, reference=shipped_reference()).rows,
        IdentityKey(b"eventful log, not a secret: 32 by"),
        reference=shipped_reference(),
    )
    outcomes = validate_outcomes(world.outcomes).rows
    log, _ = assemble(derived, outcomes, pl.DataFrame(schema=SUBJECT_SCHEMA), first_seq=1)
    rng = np.random.default_rng(seed)
    fate = pl.Series("fate", rng.choice(5, log.height, p=[0.92, 0.03, 0.02, 0.02, 0.01]))
    parcels, results = (log.filter((pl.col("kind") == kind) & (fate > 0)) for kind in ("parcel", "outcome"))
    drawn = parcels.join(log.select("seq").with_columns(fate), on="seq")
    amended, cancelled, late = (drawn.filter(pl.col("fate") == one).drop("fate") for one in (1, 2, 3))
    later = pl.col("known_at") + pl.duration(hours=5)
    again = amended.with_columns(
        later.alias("known_at"),
        pl.col("known_at").alias("counted_at"),
        pl.col("gross_weight_g") + 13,
        pl.col("look_alike_key") + 1,
        pl.col("recipient_key") + 1,
    )
    flipped = results.with_columns(
        later.alias("known_at"), pl.when(pl.col("result") == "found").then(pl.lit("nothing_found")).alias("result")
    ).filter(pl.col("result").is_not_null())
    corrected = results.filter(pl.col("seq").is_in(flipped["seq"].implode()))
    extra = [retractions(part, timedelta(hours=5)) for part in (amended, cancelled, corrected)]
    news = pl.concat(
        [*extra, again.with_columns(pl.lit(None).alias("seq")), flipped.with_columns(pl.lit(None).alias("seq"))]
    )
    whole = pl.concat([log.with_columns(pl.col("seq").alias("id")), news.with_columns(pl.lit(None).alias("id"))])
    whole = whole.with_columns(pl.col("id").fill_null(log.height + pl.int_range(pl.len())))
    comes = pl.when(pl.col("id").is_in(late["seq"].implode())).then(pl.col("known_at") + pl.duration(days=3))
    ordered = whole.sort(comes.otherwise("known_at"), "kind", maintain_order=True)
    places = ordered.select("id", pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("seq"))
    own = (pl.col("kind") == "parcel") & pl.col("counted_at").is_not_null()
    subject = pl.when(own).then("id").otherwise("subject_seq").replace_strict(places["id"], places["seq"])
    return ordered.with_columns(subject.alias("subject_seq"), places["seq"]).drop("id")
