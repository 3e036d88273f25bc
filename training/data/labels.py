"""What inspections found, as far as the office knew it: one outcome per parcel, its cause, propensity and maturity."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from features.log import OUTCOME, PARCEL, RETRACTION, STAGE
from features.parcel.undeclared import UNDECLARED

MATURE_SHARE = 0.95
"""A parcel's label is mature once this share of findings of its age has usually become known."""
MICROSECONDS_PER_DAY = 86_400_000_000
FACTS = (
    "parcel_id",
    "operator",
    "stream",
    "dispatch_country",
    "sender_key",
    "recipient_key",
    "declared_value_eur_cents",
    "quality_flags",
    "description",
    "origin_office",
    "sender_country",
    "destination_office",
    "recipient_country",
)
"""Columns of a parcel event that reports and slices need in addition to its feature row."""


def known_by(log: pl.DataFrame, as_of: datetime | None) -> pl.DataFrame:
    """Events that the office had learned at `as_of`; all of them when it is None."""
    return log if as_of is None else log.filter(pl.col("known_at") <= as_of)


def labelled_parcels(log: pl.DataFrame, *, with_undeclared: bool = False) -> pl.DataFrame:
    """Parcel events with what is known of their inspection, in log order.

    A retracted outcome is not known. Of the versions of one parcel one row is left: the one that was inspected, else
    the current one; a parcel that was cancelled before an inspection is left out, and so is, unless asked for, one
    that nobody had declared when it was inspected: nothing was predicted of it. Of several outcomes the first counts,
    and it was known when it was recorded first.

    Returns
    -------
    pl.DataFrame
        ``seq, lodged_at_us, label, label_known_at_us, cause, propensity, method, station, finding_class, is_selected,
        raised_by`` and the columns of ``FACTS``. `label` is 1 found, 0 nothing found, -1 no result known; the time is
        -1 with it. `is_selected` is true where an outcome of any kind shows that the policy selected the parcel.
        `method` is the one that decided; `raised_by`, of a finding, the one whose stage first said so, such as the
        x-ray after whose alarm the parcel was opened; null where no stage is on record.
    """
    retracted = log.filter(pl.col("kind") == RETRACTION)["subject_seq"]
    is_in_force = ~pl.col("seq").is_in(retracted.implode())
    outcomes = _outcomes(log.filter((pl.col("kind") == OUTCOME) & is_in_force))
    raised = log.filter((pl.col("kind") == STAGE) & is_in_force & (pl.col("result") == "found"))
    by = raised.select(pl.col("seq").alias("raised_seq"), pl.col("method").alias("raised_by"))
    is_selected = pl.col("is_selected").fill_null(value=False)
    # A parcel whose number was erased has one version that is known: each by itself.
    number = pl.coalesce("parcel_id", pl.col("seq").cast(pl.String))
    parcel = (_declared_by(number), number, "first_at")
    is_declared = pl.lit(value=with_undeclared) | (pl.col("operator") != UNDECLARED).fill_null(value=True)
    return (
        log.filter(pl.col("kind") == PARCEL)
        .select(
            "seq",
            pl.col("known_at").dt.epoch("us").alias("lodged_at_us"),
            *FACTS,
            pl.coalesce("counted_at", "known_at").alias("first_at"),
        )
        .join(outcomes, on="seq", how="left", maintain_order="left")
        .join(_first_raised(raised), on="seq", how="left", maintain_order="left")
        .with_columns(is_selected, pl.col("raised_seq").min().over(parcel))
        .join(by, on="raised_seq", how="left", maintain_order="left")
        .filter(pl.col("is_selected") | (is_in_force & ~pl.col("is_selected").any().over(parcel)))
        .filter(is_declared)
        .with_columns(pl.col("label", "label_known_at_us").fill_null(-1))
        .with_columns(pl.when(pl.col("label") == 1).then("raised_by"))
        .drop("first_at", "raised_seq")
    )


def _declared_by(number: pl.Expr) -> pl.Expr:
    """Operator of a parcel; of an undeclared item the one who declared it later, where somebody did."""
    others = pl.col("operator").filter(pl.col("operator") != UNDECLARED).first().over(number, "first_at")
    return pl.when(pl.col("operator") == UNDECLARED).then(others).otherwise(pl.col("operator"))


def _outcomes(events: pl.DataFrame) -> pl.DataFrame:
    """Outcome of each parcel: the first with a label where there is one, else that it was not presented."""
    has_label = pl.col("result").is_in(["found", "nothing_found"])
    known_at = pl.coalesce("counted_at", "known_at")  # an outcome that is stated again was known before
    label = pl.when(has_label).then((pl.col("result") == "found").cast(pl.Int64)).otherwise(-1)
    return (
        events.sort(~has_label, "seq")
        .unique("subject_seq", keep="first", maintain_order=True)
        .select(
            pl.col("subject_seq").alias("seq"),
            label.alias("label"),
            pl.when(has_label).then(known_at.dt.epoch("us")).otherwise(-1).alias("label_known_at_us"),
            "cause",
            "propensity",
            "method",
            "station",
            "finding_class",
            pl.lit(value=True).alias("is_selected"),
        )
    )


def _first_raised(stages: pl.DataFrame) -> pl.DataFrame:
    """First stage about each parcel event that said that something is there: ``seq, raised_seq``."""
    return stages.group_by(pl.col("subject_seq").alias("seq")).agg(pl.col("seq").min().alias("raised_seq"))


def finding_delay_days(parcels: pl.DataFrame) -> float:
    """Days from lodging until ``MATURE_SHARE`` of the findings were known; 0 without findings.

    Findings take longer to become known than clean results. Near the end of a log the labels known so far are
    therefore too clean, and parcels of that time are left out of training.
    """
    found = parcels.filter(pl.col("label") == 1)
    delay = (found["label_known_at_us"] - found["lodged_at_us"]).to_numpy() / MICROSECONDS_PER_DAY
    return float(np.quantile(delay, MATURE_SHARE)) if delay.size else 0.0


def without_immature(parcels: pl.DataFrame, as_of_us: int, maturity_days: float) -> pl.DataFrame:
    """Hide the labels of parcels lodged within `maturity_days` before `as_of_us`: they are left out, not negative."""
    is_immature = pl.col("lodged_at_us") > as_of_us - int(maturity_days * MICROSECONDS_PER_DAY)
    hidden = is_immature & (pl.col("label") >= 0)
    return parcels.with_columns(
        hidden.alias("is_immature"),
        pl.when(hidden).then(-1).otherwise("label").alias("label"),
        pl.when(hidden).then(-1).otherwise("label_known_at_us").alias("label_known_at_us"),
    )


def within(parcels: pl.DataFrame, as_of_us: int, window_days: float | None) -> pl.DataFrame:
    """Parcels lodged within `window_days` before `as_of_us`; all of them when it is None."""
    if window_days is None:
        return parcels
    return parcels.filter(pl.col("lodged_at_us") > as_of_us - int(window_days * MICROSECONDS_PER_DAY))
