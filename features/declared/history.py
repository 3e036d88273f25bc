"""What the past says, part by part; every part exists for every entity of `features.history.entities`.

Windows hold the current part hour or day and the whole ones before it, so an officer can check them against a list
of parcels.
"""

from __future__ import annotations

import numpy as np

from features.declared.declare import Floats, History, Kind, history_part, ratio

SOURCE = "event log: parcels and outcomes known before"
"""Where these features come from, for the docs."""

_PRIOR_SHARE, _PRIOR_INSPECTIONS = 0.1, 5.0
"""A finding share weighs like five inspections more, at the share of the parent, and without one at one in ten: opened
parcels turn out positive in 25 to 35 % of cases where targeting works, and far less often elsewhere."""


def _share(history: History, found: str, inspected: str) -> Floats:
    """Finding share drawn towards the parent's, which itself is drawn towards its parent's (empirical Bayes)."""
    prior = np.full_like(history.at_s, _PRIOR_SHARE)
    if history.parent is not None:
        above = _share(history.parent, found, inspected)
        prior = np.where(np.isnan(above), prior, above)
    return (history[found] + _PRIOR_INSPECTIONS * prior) / (history[inspected] + _PRIOR_INSPECTIONS)


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in the last day")
def n_1d(history: History) -> Floats:
    """Parcels in the current part hour and the 24 whole hours before it."""
    return history["n_1d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 7 days")
def n_7d(history: History) -> Floats:
    """Parcels in the current part day and the 7 whole days before it."""
    return history["n_7d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 30 days")
def n_30d(history: History) -> Floats:
    """Parcels in the current part day and the 30 whole days before it."""
    return history["n_30d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 90 days")
def n_90d(history: History) -> Floats:
    """Parcels in the current part day and the 90 whole days before it."""
    return history["n_90d"]


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in the last day")
def value_1d(history: History) -> Floats:
    """Declared value of the {noun}'s parcels in the current part hour and the 24 whole hours before it."""
    return history["value_1d"] * 0.01


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 7 days")
def value_7d(history: History) -> Floats:
    """Declared value of the {noun}'s parcels in the current part day and the 7 whole days before it."""
    return history["value_7d"] * 0.01


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 30 days")
def value_30d(history: History) -> Floats:
    """Declared value of the {noun}'s parcels in the current part day and the 30 whole days before it."""
    return history["value_30d"] * 0.01


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 90 days")
def value_90d(history: History) -> Floats:
    """Declared value of the {noun}'s parcels in the current part day and the 90 whole days before it."""
    return history["value_90d"] * 0.01


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in the last day")
def weight_1d(history: History) -> Floats:
    """Gross weight of the {noun}'s parcels in the current part hour and the 24 whole hours before it."""
    return history["weight_1d"] * 0.001


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 7 days")
def weight_7d(history: History) -> Floats:
    """Gross weight of the {noun}'s parcels in the current part day and the 7 whole days before it."""
    return history["weight_7d"] * 0.001


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 30 days")
def weight_30d(history: History) -> Floats:
    """Gross weight of the {noun}'s parcels in the current part day and the 30 whole days before it."""
    return history["weight_30d"] * 0.001


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 90 days")
def weight_90d(history: History) -> Floats:
    """Gross weight of the {noun}'s parcels in the current part day and the 90 whole days before it."""
    return history["weight_90d"] * 0.001


@history_part(
    unit="times",
    says="this {noun} had {value:.1f} times its usual number of parcels in the last day",
    says_missing="no parcel of this {noun} in 90 days",
)
def burst(history: History) -> Floats:
    """Parcels of the last day over the mean of a day in 90. Missing without parcels in 90 days."""
    return ratio(history["n_1d"] * 90.0, history["n_90d"])


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 30 days came in the last 7",
    says_missing="no parcel of this {noun} in 30 days",
)
def n_7d_share_of_30d(history: History) -> Floats:
    """Parcels of 7 days over parcels of 30 days: near 1 in a burst. Missing without parcels in 30 days."""
    return ratio(history["n_7d"], history["n_30d"])


@history_part(unit="{others}", says="this {noun} had {value:.0f} different {others} in 30 days (64 means 64 or more)")
def others_30d(history: History) -> Floats:
    """Distinct counterparties ({others}) in 30 days, 64 at most."""
    return history["others_30d"]


@history_part(
    unit="{others} per parcel",
    says="this {noun} had {value:.2f} different {others} for each parcel in 30 days",
    says_missing="no parcel of this {noun} in 30 days",
)
def others_per_parcel(history: History) -> Floats:
    """Distinct {others} over parcels in 30 days: 1 where each parcel has another. Missing without parcels."""
    return ratio(history["others_30d"], history["n_30d"])


@history_part(unit="{others}", says="this {noun} has {value:.0f} different {others} on record (64 means 64 or more)")
def others(history: History) -> Floats:
    """Distinct {others} among the most recent ones of the {noun}, 64 at most."""
    return history["others"]


@history_part(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender and recipient of this {noun} have met before",
    says_not="sender and recipient of this {noun} meet for the first time",
)
def other_is_known(history: History) -> Floats:
    """Whether this counterparty is among the 64 most recent ones of the {noun}."""
    return history["other_seen"]


@history_part(
    unit="days",
    says="the last parcel of this {noun} was {value:.1f} days ago",
    says_missing="this {noun} was never seen",
)
def days_since_last(history: History) -> Floats:
    """Days since the previous parcel of the {noun}. Missing at the first one."""
    last = history["last_at"]
    return np.where(last >= 0, (history.at_s - last) / 86_400.0, np.nan)


@history_part(
    unit="days",
    says="this {noun} has been known for {value:.0f} days",
    says_missing="this {noun} was never seen before",
)
def days_known(history: History) -> Floats:
    """Days since the first parcel of the {noun}. Missing at the first one."""
    first = history["first_at"]
    return np.where(first >= 0, (history.at_s - first) / 86_400.0, np.nan)


@history_part(
    unit="share",
    says="the parcel weighs {value:.1f} times the usual of this {noun}",
    says_missing="no weight to compare with for this {noun}",
)
def weight_against_usual(history: History) -> Floats:
    """Gross weight over the mean weight of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(history.weight_g, ratio(history["weight_90d"], history["n_90d"]))


@history_part(
    unit="share",
    says="the parcel is declared at {value:.1f} times the usual value of this {noun}",
    says_missing="no value to compare with for this {noun}",
)
def value_against_usual(history: History) -> Floats:
    """Declared value over the mean value of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(history.value_eur_cents, ratio(history["value_90d"], history["n_90d"]))


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected so far")
def inspected(history: History) -> Floats:
    """Inspections of the {noun}'s parcels whose outcome is known."""
    return history["inspected"]


@history_part(unit="findings", says="parcels of this {noun} held contraband {value:.0f} times", direction=1)
def found(history: History) -> Floats:
    """Findings in the {noun}'s parcels that are known."""
    return history["found"]


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected at random so far")
def random(history: History) -> Floats:
    """Inspections of the {noun}'s parcels that were drawn at random."""
    return history["random"]


@history_part(
    unit="findings", says="randomly drawn parcels of this {noun} held contraband {value:.0f} times", direction=1
)
def random_found(history: History) -> Floats:
    """Findings in the {noun}'s parcels that were drawn at random: not owed to suspicion."""
    return history["random_found"]


@history_part(unit="findings", says="parcels of this {noun} held contraband {value:.0f} times in 90 days", direction=1)
def found_90d(history: History) -> Floats:
    """Findings in the {noun}'s parcels that became known in 90 days."""
    return history["found_90d"]


@history_part(
    unit="share", says="contraband is expected in {value:.0%} of inspected parcels of this {noun}", direction=1
)
def found_share(history: History) -> Floats:
    """Findings over inspections of the {noun}, drawn towards its parent's share with the weight of five inspections.

    The parent is declared in `features.history.entities`; without one the share is drawn towards 10 %.
    """
    return _share(history, "found", "inspected")


@history_part(
    unit="share",
    says="contraband is expected in {value:.0%} of parcels of this {noun} inspected in 90 days",
    direction=1,
)
def found_share_90d(history: History) -> Floats:
    """Findings over inspections of the {noun} that became known in 90 days, drawn towards its parent's share alike."""
    return _share(history, "found_90d", "inspected_90d")


@history_part(
    unit="doubts per parcel",
    says="{value:.1f} doubts about the data of a parcel of this {noun} in 30 days",
    says_missing="no parcel of this {noun} in 30 days",
)
def doubts_per_parcel(history: History) -> Floats:
    """Data-quality flags over parcels in 30 days. Missing without parcels. For entities that sum up doubts."""
    return ratio(history["value_30d"], history["n_30d"])


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 30 days were lodged late",
    says_missing="no parcel of this {noun} in 30 days",
)
def late_share(history: History) -> Floats:
    """Parcels lodged after they were due over parcels in 30 days. Missing without parcels. For the same entities."""
    return ratio(history["weight_30d"], history["n_30d"])


STANDARD = (
    "n_1d",
    "n_7d",
    "n_30d",
    "n_90d",
    "value_1d",
    "value_7d",
    "value_30d",
    "value_90d",
    "weight_1d",
    "weight_7d",
    "weight_30d",
    "weight_90d",
    "burst",
    "n_7d_share_of_30d",
    "others_30d",
    "others_per_parcel",
    "others",
    "other_is_known",
    "days_since_last",
    "days_known",
    "weight_against_usual",
    "value_against_usual",
    "inspected",
    "found",
    "random",
    "random_found",
    "found_90d",
    "found_share",
    "found_share_90d",
)
"""History features of an entity that does not name its own."""
