"""What the past says, part by part; every part exists for every entity of `features.history.entities`.

Windows hold the current part hour or day and the whole ones before it, so an officer can check them against a list
of parcels.
"""

from __future__ import annotations

import numpy as np

from features.declared.declare import Floats, History, Kind, history_part

# A finding share seen in few inspections is drawn towards one in ten with the weight of five inspections. Rough on
# purpose:
# opened parcels turn out positive in 25 to 35 % of cases where targeting works, and far less often elsewhere.
_PRIOR_FOUND, _PRIOR_INSPECTED = 0.5, 5.0


def _ratio(over: Floats, under: Floats) -> Floats:
    """Divide where the divisor is positive; NaN elsewhere."""
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)


def _share(found: Floats, inspected: Floats) -> Floats:
    smoothed = (found + _PRIOR_FOUND) / (inspected + _PRIOR_INSPECTED)
    return np.where(inspected > 0, smoothed, np.nan)


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} in the last day")
def n_1d(history: History) -> Floats:
    """Parcels in the current part hour and the 24 whole hours before it."""
    return history["n_1d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} in 7 days")
def n_7d(history: History) -> Floats:
    """Parcels in the current part day and the 7 whole days before it."""
    return history["n_7d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} in 30 days")
def n_30d(history: History) -> Floats:
    """Parcels in the current part day and the 30 whole days before it."""
    return history["n_30d"]


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} in 90 days")
def n_90d(history: History) -> Floats:
    """Parcels in the current part day and the 90 whole days before it."""
    return history["n_90d"]


@history_part(
    unit="share",
    says="{value:.0%} of its parcels of 30 days came in the last 7",
    says_missing="no parcel of this {noun} in 30 days",
)
def n_7d_share_of_30d(history: History) -> Floats:
    """Parcels of 7 days over parcels of 30 days: near 1 in a burst. Missing without parcels in 30 days."""
    return _ratio(history["n_7d"], history["n_30d"])


@history_part(
    unit="{others}",
    says="{value:.0f} different {others} of this {noun} in 30 days (64 stands for 64 or more)",
)
def others_30d(history: History) -> Floats:
    """Distinct counterparties ({others}) in 30 days, 64 at most."""
    return history["others_30d"]


@history_part(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender and recipient of this {noun} have met before",
    says_not="first time that this {noun} meets this counterparty",
)
def other_is_known(history: History) -> Floats:
    """Whether this counterparty is among the 64 most recent ones of the {noun}."""
    return history["other_seen"]


@history_part(
    unit="days", says="{value:.1f} days since the last parcel of this {noun}", says_missing="{noun} never seen"
)
def days_since_last(history: History) -> Floats:
    """Days since the previous parcel of the {noun}. Missing at the first one."""
    last = history["last_at"]
    return np.where(last >= 0, (history.at_s - last) / 86_400.0, np.nan)


@history_part(unit="days", says="{noun} known for {value:.0f} days", says_missing="{noun} never seen before")
def days_known(history: History) -> Floats:
    """Days since the first parcel of the {noun}. Missing at the first one."""
    first = history["first_at"]
    return np.where(first >= 0, (history.at_s - first) / 86_400.0, np.nan)


@history_part(
    unit="share",
    says="weighs {value:.1f} times the usual of this {noun}",
    says_missing="no weight to compare with for this {noun}",
)
def weight_against_usual(history: History) -> Floats:
    """Gross weight over the mean weight of the {noun}'s parcels of 90 days. Missing without any."""
    return _ratio(history.weight_g, _ratio(history["weight_90d"], history["n_90d"]))


@history_part(
    unit="share",
    says="declared at {value:.1f} times the usual value of this {noun}",
    says_missing="no value to compare with for this {noun}",
)
def value_against_usual(history: History) -> Floats:
    """Declared value over the mean value of the {noun}'s parcels of 90 days. Missing without any."""
    return _ratio(history.value_eur_cents, _ratio(history["value_90d"], history["n_90d"]))


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} inspected so far")
def inspected(history: History) -> Floats:
    """Inspections of the {noun}'s parcels whose outcome is known."""
    return history["inspected"]


@history_part(unit="findings", says="contraband found {value:.0f} times in parcels of this {noun}", direction=1)
def found(history: History) -> Floats:
    """Findings in the {noun}'s parcels that are known."""
    return history["found"]


@history_part(
    unit="share",
    says="about {value:.0%} of inspected parcels of this {noun} held contraband",
    says_missing="no parcel of this {noun} was ever inspected",
    direction=1,
)
def found_share(history: History) -> Floats:
    """Findings over inspections, drawn towards 10 % with the weight of five. Missing without inspections."""
    return _share(history["found"], history["inspected"])


@history_part(
    unit="share",
    says="about {value:.0%} of parcels of this {noun} inspected in 90 days held contraband",
    says_missing="no parcel of this {noun} was inspected in 90 days",
    direction=1,
)
def found_share_90d(history: History) -> Floats:
    """Findings over inspections whose outcome became known in 90 days, smoothed alike. Missing without inspections."""
    return _share(history["found_90d"], history["inspected_90d"])
