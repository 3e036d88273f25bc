"""Second ways of mail: goods that are sent back or sent on, items that a second post declares, and dogs past a table.

Added to a finished world, so that one whose scenario asks for none of it stays as it was. Second ways bear the number
of the first and are declared by the post of the country that the item came to. What they hold counts with the first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from data.synthetic.drawing import Ints
from data.synthetic.settings import Handling
from features.identity import PARTY_KEYS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.life_flags import DECLARED_AGAIN, REDIRECTED, RETURNED
from features.parcel.s10 import is_s10
from features.parcel.schema import PARCEL_SCHEMA, TIME
from features.parcel.undeclared import UNDECLARED

if TYPE_CHECKING:
    from data.synthetic.world import World

HOW = "how"
"""Column of second ways that says what each is, as the flag of a linked parcel."""
_PARTS = ("name", "street", "number", "postcode", "city", "country", "phone", "email")
_DAYS = {RETURNED: (8, 20), REDIRECTED: (4, 9), DECLARED_AGAIN: (1, 4)}
"""Least and most days after the first declaration. [ours]"""
_NOT_OF_A_SECOND = ("manifest_id", "receptacle_id", "due_at", "posted_at")
_DOG_DAYS = 3
"""Days after its lodging at which a parcel is on the table that a dog is led past. [ours]"""


def with_second_ways(world: World, handling: Handling, end_s: int, rng: np.random.Generator) -> World:
    """The world with second ways of some of its parcels and with the runs of a dog, as the scenario says."""
    shares = {
        RETURNED: handling.returned_share,
        REDIRECTED: handling.redirected_share,
        DECLARED_AGAIN: handling.declared_again_share,
    }
    if any(shares.values()):
        world = _grown(world, _second(world, shares, end_s, rng))
    return _with_runs(world, handling, end_s, rng) if handling.dog_run_parcels else world


def _second(world: World, shares: dict[str, float], end_s: int, rng: np.random.Generator) -> pl.DataFrame:
    """Second declarations with ``how``, those before the end of the window."""
    first = world.parcels
    named = [pl.col(name).is_not_null() for name in ("sender_name", "recipient_name", "recipient_country")]
    is_postal = first["parcel_id"].map_elements(is_s10, return_dtype=pl.Boolean) & first["parcel_id"].is_unique()
    may = first.select(pl.all_horizontal(pl.col("operator") != UNDECLARED, *named, pl.lit(is_postal))).to_series()
    kind = np.searchsorted(np.cumsum(list(shares.values())), rng.random(first.height), side="right")
    rows = np.flatnonzero(may.fill_null(value=False).to_numpy() & (kind < len(shares)))
    how = pl.Series(HOW, [list(shares)[at] for at in kind[rows].tolist()], dtype=pl.String)
    days = pl.Series("days", np.array([rng.uniform(*_DAYS[one]) for one in how]), dtype=pl.Float64)
    strangers = first[rng.permutation(first.height)[: rows.size]].select(
        pl.col(f"recipient_{part}").alias(f"other_{part}") for part in _PARTS
    )
    made = _declared(first[rows].hstack([how, days]).hstack(strangers))
    return made.select(*first.columns, HOW).filter(pl.col("lodged_at").dt.epoch("s") < end_s)


def _declared(first: pl.DataFrame) -> pl.DataFrame:
    """What the other post declares of each; goods that are sent on go to the recipient of a stranger's parcel."""
    is_back, is_on = (pl.col(HOW) == one for one in (RETURNED, REDIRECTED))
    post = pl.concat_str(pl.lit("post-of-"), pl.col("recipient_country").str.to_lowercase())
    later = pl.duration(seconds=(pl.col("days") * 86_400.0).cast(pl.Int64))
    goes_on = pl.when(is_back | is_on).then("recipient_country").otherwise("dispatch_country")
    return first.with_columns(
        *(
            pl.when(is_back).then(f"recipient_{part}").otherwise(f"sender_{part}").alias(f"sender_{part}")
            for part in _PARTS
        ),
        *(
            pl.when(is_back)
            .then(f"sender_{part}")
            .when(is_on)
            .then(f"other_{part}")
            .otherwise(f"recipient_{part}")
            .alias(f"recipient_{part}")
            for part in _PARTS
        ),
        post.alias("operator"),
        (pl.col("lodged_at") + later).cast(TIME).alias("lodged_at"),
        pl.when(is_back).then(pl.lit("returned")).otherwise("category").alias("category"),
        goes_on.alias("dispatch_country"),
        *(pl.lit(None, dtype=PARCEL_SCHEMA[name]).alias(name) for name in _NOT_OF_A_SECOND),
    )


def _grown(world: World, second: pl.DataFrame) -> World:
    """The world with more declarations, of which nothing was selected."""
    who = second.select("parcel_id", "operator")
    order = _order(pl.concat([world.parcels["lodged_at"], second["lodged_at"]]))
    none, of_policy = pl.lit(0.0), world.policy.schema.items()
    policy = who.with_columns(
        pl.lit("none").alias("cause"),
        *(none.alias(name) for name in world.policy.columns if name not in (*who.columns, "cause")),
    )
    truth = who.with_columns(
        pl.lit(None, dtype=kind).alias(name) for name, kind in world.truth.schema.items() if name not in who.columns
    )
    return replace(
        world,
        parcels=pl.concat([world.parcels, second.drop(HOW)])[order],
        truth=pl.concat([world.truth, truth.select(world.truth.columns)])[order],
        policy=pl.concat([world.policy, policy.select(pl.col(name).cast(kind) for name, kind in of_policy)])[order],
        second=second.select("operator", "parcel_id", HOW),
    )


def _order(lodged_at: pl.Series) -> Ints:
    return np.asarray(np.argsort(lodged_at.to_physical().to_numpy(), kind="stable"), dtype=np.int64)


def _with_runs(world: World, handling: Handling, end_s: int, rng: np.random.Generator) -> World:
    """The world with what a dog said, each day, of parcels on a table that nobody had selected."""
    alarm = world.scenario.inspection.alarm_share.get("dog", 0.0)
    parcels = world.parcels.select("parcel_id", "operator", "lodged_at").with_row_index("row")
    seen = world.outcomes.select("parcel_id", "operator")
    holds = world.truth["contains"].is_not_null().to_numpy()
    in_time = pl.col("lodged_at").dt.epoch("s") < end_s - _DOG_DAYS * 86_400
    is_free = in_time & (pl.col("operator") != UNDECLARED)
    free = parcels.join(seen, on=["parcel_id", "operator"], how="anti").filter(is_free)
    shuffled = free.with_columns(pl.Series("draw", rng.random(free.height)), day=pl.col("lodged_at").dt.date())
    run = shuffled.sort("day", "draw").group_by("day", maintain_order=True).head(handling.dog_run_parcels)
    raised = pl.Series(holds[run["row"].to_numpy()] & (rng.random(run.height) < alarm))
    known_at = (run["day"].cast(pl.Datetime("us")) + pl.duration(days=_DOG_DAYS)).dt.replace_time_zone("UTC")
    told = run.select("parcel_id", "operator").with_columns(
        pl.select(pl.when(raised).then(pl.lit("found")).otherwise(pl.lit("nothing_found")).alias("result")).to_series(),
        known_at.alias("known_at"),
        known_at.alias("inspected_at"),
        pl.lit("dog").alias("method"),
        pl.lit("station-5").alias("station"),
    )
    schema = world.outcomes.schema
    blank = [pl.lit(None, dtype=kind).alias(name) for name, kind in schema.items() if name not in told.columns]
    whole = told.with_columns(blank).select(pl.col(name).cast(kind) for name, kind in schema.items())
    return replace(
        world, outcomes=pl.concat([world.outcomes, whole]).sort("known_at", "parcel_id", maintain_order=True)
    )


def linked(derived: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Derived rows with second ways linked to their first, as the office links them; history counts the first only."""
    if second.is_empty():
        return derived
    firsts = derived.join(second, on="parcel_id", how="semi").join(second, on=["operator", "parcel_id"], how="anti")
    keys = firsts.select("parcel_id", *PARTY_KEYS)
    both = derived.join(second, on=["operator", "parcel_id"], how="left", maintain_order="left").join(
        keys, on="parcel_id", how="left", suffix="_first", maintain_order="left"
    )
    is_back = (pl.col(HOW) == RETURNED).fill_null(value=False)
    flags = pl.concat_list(pl.col(QUALITY_FLAGS).fill_null(pl.lit([], dtype=pl.List(pl.String))), pl.col(HOW))
    return both.with_columns(
        *(pl.when(is_back).then(f"{name}_first").otherwise(name).alias(name) for name in PARTY_KEYS),
        pl.when(pl.col(HOW).is_not_null()).then(flags).otherwise(QUALITY_FLAGS).alias(QUALITY_FLAGS),
    ).select(derived.columns)
