"""An entity's history as an officer would check it: the numbers that the engine reads, and the parcels behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from features.history import kernel
from features.history.engine import Engine
from features.history.entities import Entity
from features.log import LOG_SCHEMA, OUTCOME, PARCEL, RETRACTION

WINDOWS = {f"{days}d": 24 if days == 1 else days for days in kernel.WINDOWS}
"""Whole hours (1 day) or days before the current part one that a window holds."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What is known of one entity at one moment.

    Attributes
    ----------
    numbers:
        What the engine reads, by name as in ``kernel.READ``.
    parcels:
        Parcels, oldest first: ``parcel_id``, ``operator``, ``counted_at``, ``declared_value_eur_cents``,
        ``gross_weight_g``, ``counts`` (false for one that was cancelled or amended away, listed for its outcome),
        ``result`` (null while nothing is known), and for each window whether the parcel is in it (``in_7d``).
    """

    numbers: dict[str, int]
    parcels: pl.DataFrame


def ledger(log: pl.DataFrame, entity: Entity, key: int, at: datetime) -> Ledger:
    """Numbers and parcels of the entity with `key` at the time `at`, from a log in which it occurs."""
    mine = log.filter((pl.col(entity.key) == key) & (pl.col("known_at") <= at))
    return Ledger(numbers=_numbers(mine, entity, key, at), parcels=_parcels(mine, at))


def _numbers(mine: pl.DataFrame, entity: Entity, key: int, at: datetime) -> dict[str, int]:
    """Ask the engine, as a parcel lodged at `at` would."""
    seq = int(mine["seq"].tail(1).sum()) + 1
    asked = {"seq": seq, "kind": PARCEL, "known_at": at, entity.key: key}
    probe = pl.DataFrame([asked], schema={name: LOG_SCHEMA[name] for name in asked})
    whole = pl.concat([mine, probe], how="diagonal")
    words = Engine((entity,)).advance(whole)[entity.name][-1]
    return {name: int(word) for name, word in zip(kernel.READ, words, strict=True)}


def _parcels(mine: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """One row for each parcel, whatever its number of versions: those that count, and those with an outcome."""
    retracted = mine.filter(pl.col("kind") == RETRACTION)["subject_seq"]
    is_current = ~pl.col("seq").is_in(retracted.implode())
    versions = mine.filter(pl.col("kind") == PARCEL).select(
        "seq",
        "parcel_id",
        "operator",
        pl.coalesce("counted_at", "known_at").alias("counted_at"),
        "declared_value_eur_cents",
        "gross_weight_g",
        is_current.alias("counts"),
    )
    results = mine.filter((pl.col("kind") == OUTCOME) & is_current).select(pl.col("subject_seq").alias("seq"), "result")
    one = ["parcel_id", "operator", "counted_at"]
    of_parcel = results.join(versions.select("seq", *one), on="seq").drop("seq").unique(one, keep="last")
    newest = versions.sort("counts", "seq").unique(one, keep="last", maintain_order=True)
    whole = newest.join(of_parcel, on=one, how="left", nulls_equal=True)
    return (
        whole.filter(pl.col("counts") | pl.col("result").is_not_null())
        .with_columns((pl.col("counts") & within).alias(f"in_{name}") for name, within in _windows(at).items())
        .drop("seq")
        .sort("counted_at", "parcel_id")
    )


def _windows(at: datetime) -> dict[str, pl.Expr]:
    """Whether a parcel counted at ``counted_at`` falls into each window before `at`."""

    def age(unit_s: int) -> pl.Expr:
        return pl.lit(at).dt.epoch("s") // unit_s - pl.col("counted_at").dt.epoch("s") // unit_s

    return {name: age(3_600 if name == "1d" else 86_400).is_between(0, length) for name, length in WINDOWS.items()}
