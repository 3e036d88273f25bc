"""The event log as commands read it from the store."""

from __future__ import annotations

import polars as pl

from features.facts.withheld import without_texts
from features.log import PARCEL, empty_log
from features.parcel.numbers import candidates
from features.parcel.problems import ParcelRiskError
from parcel_risk.console import working
from serving.settings import Settings

NAMED = ("parcel_id", "description")
"""What commands read of parcels in addition to what a replay takes."""


def read_log(settings: Settings, texts: tuple[str, ...] = NAMED) -> pl.DataFrame:
    """Read the whole log from the store, as replay takes it, with some withheld columns as far as they are left."""
    from serving.installation import opened_store
    from serving.store import log as event_log

    with working("reading the log"), opened_store(settings) as store, store.begin_read() as connection:
        parts = [part.drop("pieces") for part in event_log.parts(connection, texts=texts)]
    return pl.concat([as_read(empty_log(), texts), *parts])


def as_read(log: pl.DataFrame, texts: tuple[str, ...] = NAMED) -> pl.DataFrame:
    """Segment of log with the columns of `read_log`."""
    return without_texts(log).drop("pieces").hstack(log.select(texts))


def newest_event(log: pl.DataFrame, parcel_id: str, operator: str | None) -> pl.DataFrame:
    """Newest parcel event with an identifier.

    Raises
    ------
    ParcelRiskError
        When there is none, or several operators used it and none is named.
    """
    stored = set(log["parcel_id"].filter(log["kind"] == PARCEL).drop_nulls())
    number = next((one.number for one in candidates(parcel_id) if one.number in stored), None)
    matches = log.filter((pl.col("kind") == PARCEL) & (pl.col("parcel_id") == number))
    if operator is not None:
        matches = matches.filter(pl.col("operator") == operator)
    if matches.height == 0:
        raise ParcelRiskError("the log holds no parcel with this identifier. Check it, and --operator.")
    if matches["operator"].n_unique() > 1:
        names = ", ".join(sorted(matches["operator"].drop_nulls().unique()))
        raise ParcelRiskError(f"several operators used this identifier: {names}. Choose one with --operator.")
    return matches.tail(1)


def not_for_training(settings: Settings) -> frozenset[int]:
    """Parcel events under investigation, whose results may not be learned from."""
    from serving.installation import opened_store
    from serving.store import casework

    with opened_store(settings) as store, store.begin_read() as connection:
        return casework.not_for_training(connection)
