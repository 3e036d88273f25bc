"""What the past says, part by part; every part exists for every entity of `features.history.entities`.

Windows hold the current part hour or day and the whole ones before it, so an officer can check them against a list
of parcels.
"""

from __future__ import annotations

from features.declared.declare import Kind, history_part
from features.declared.scalar import NAN, euros, first_known, is_above, kilograms, ratio
from features.history import Entity, kernel

SOURCE = "event log: parcels and outcomes known before"
"""Where these features come from, for the docs."""

_PRIOR_SHARE, _PRIOR_INSPECTIONS = 0.1, 5.0
"""A finding share weighs like five inspections more, at the share of the parent, and without one at one in ten: opened
parcels turn out positive in 25 to 35 % of cases where targeting works, and far less often elsewhere."""

_HUB_ABOVE = float(kernel.HUB_ABOVE)


def drawn_share(found: float, inspected: float, parent_share: float) -> float:
    """Finding share drawn towards the parent's, which itself is drawn towards its parent's (empirical Bayes)."""
    prior = first_known(parent_share, _PRIOR_SHARE)
    return (found + _PRIOR_INSPECTIONS * prior) / (inspected + _PRIOR_INSPECTIONS)


def days_since(past_s: float, now_s: float) -> float:
    """Days from a time to another; NaN where the first, -1, never was."""
    return (now_s - past_s) / 86_400.0 if past_s >= 0.0 else NAN


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in the last day")
def n_1d(n_1d: float) -> float:
    """Parcels in the current part hour and the 24 whole hours before it."""
    return n_1d


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 7 days")
def n_7d(n_7d: float) -> float:
    """Parcels in the current part day and the 7 whole days before it."""
    return n_7d


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 30 days")
def n_30d(n_30d: float) -> float:
    """Parcels in the current part day and the 30 whole days before it."""
    return n_30d


@history_part(unit="parcels", says="{value:.0f} parcels of this {noun} were declared in 90 days")
def n_90d(n_90d: float) -> float:
    """Parcels in the current part day and the 90 whole days before it."""
    return n_90d


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in the last day")
def value_1d(value_1d: float) -> float:
    """Declared value of the {noun}'s parcels in the current part hour and the 24 whole hours before it."""
    return euros(value_1d)


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 7 days")
def value_7d(value_7d: float) -> float:
    """Declared value of the {noun}'s parcels in the current part day and the 7 whole days before it."""
    return euros(value_7d)


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 30 days")
def value_30d(value_30d: float) -> float:
    """Declared value of the {noun}'s parcels in the current part day and the 30 whole days before it."""
    return euros(value_30d)


@history_part(unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR in 90 days")
def value_90d(value_90d: float) -> float:
    """Declared value of the {noun}'s parcels in the current part day and the 90 whole days before it."""
    return euros(value_90d)


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in the last day")
def weight_1d(weight_1d: float) -> float:
    """Gross weight of the {noun}'s parcels in the current part hour and the 24 whole hours before it."""
    return kilograms(weight_1d)


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 7 days")
def weight_7d(weight_7d: float) -> float:
    """Gross weight of the {noun}'s parcels in the current part day and the 7 whole days before it."""
    return kilograms(weight_7d)


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 30 days")
def weight_30d(weight_30d: float) -> float:
    """Gross weight of the {noun}'s parcels in the current part day and the 30 whole days before it."""
    return kilograms(weight_30d)


@history_part(unit="kg", says="parcels of this {noun} weighed {value:,.1f} kg in 90 days")
def weight_90d(weight_90d: float) -> float:
    """Gross weight of the {noun}'s parcels in the current part day and the 90 whole days before it."""
    return kilograms(weight_90d)


@history_part(
    unit="times",
    says="this {noun} had {value:.1f} times its usual number of parcels in the last day",
    says_missing="no parcel of this {noun} in 90 days",
)
def burst(n_1d: float, n_90d: float) -> float:
    """Parcels of the last day over the mean of a day in 90. Missing without parcels in 90 days."""
    return ratio(n_1d * 90.0, n_90d)


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 30 days came in the last 7",
    says_missing="no parcel of this {noun} in 30 days",
)
def n_7d_share_of_30d(n_7d: float, n_30d: float) -> float:
    """Parcels of 7 days over parcels of 30 days: near 1 in a burst. Missing without parcels in 30 days."""
    return ratio(n_7d, n_30d)


@history_part(unit="{others}", says="this {noun} had {value:.0f} different {others} in 30 days (64 means 64 or more)")
def others_30d(others_30d: float) -> float:
    """Distinct counterparties ({others}) in 30 days, 64 at most."""
    return others_30d


@history_part(
    unit="{others} per parcel",
    says="this {noun} had {value:.2f} different {others} for each parcel in 30 days",
    says_missing="no parcel of this {noun} in 30 days",
)
def others_per_parcel(others_30d: float, n_30d: float) -> float:
    """Distinct {others} over parcels in 30 days: 1 where each parcel has another. Missing without parcels."""
    return ratio(others_30d, n_30d)


@history_part(unit="{others}", says="this {noun} has {value:.0f} different {others} on record (64 means 64 or more)")
def others(others: float) -> float:
    """Distinct {others} among the most recent ones of the {noun}, 64 at most."""
    return others


@history_part(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender and recipient of this {noun} have met before",
    says_not="sender and recipient of this {noun} meet for the first time",
)
def other_is_known(other_seen: float) -> float:
    """Whether this counterparty is among the 64 most recent ones of the {noun}."""
    return other_seen


@history_part(
    unit="days",
    says="the last parcel of this {noun} was {value:.1f} days ago",
    says_missing="this {noun} was never seen",
)
def days_since_last(known_at_s: float, last_at: float) -> float:
    """Days since the previous parcel of the {noun}. Missing at the first one."""
    return days_since(last_at, known_at_s)


@history_part(
    unit="days",
    says="this {noun} has been known for {value:.0f} days",
    says_missing="this {noun} was never seen before",
)
def days_known(known_at_s: float, first_at: float) -> float:
    """Days since the first parcel of the {noun}. Missing at the first one."""
    return days_since(first_at, known_at_s)


@history_part(
    unit="share",
    says="the parcel weighs {value:.1f} times the usual of this {noun}",
    says_missing="no weight to compare with for this {noun}",
)
def weight_against_usual(gross_weight_g: float, weight_90d: float, n_90d: float) -> float:
    """Gross weight over the mean weight of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(gross_weight_g, ratio(weight_90d, n_90d))


@history_part(
    unit="share",
    says="the parcel is declared at {value:.1f} times the usual value of this {noun}",
    says_missing="no value to compare with for this {noun}",
)
def value_against_usual(declared_value_eur_cents: float, value_90d: float, n_90d: float) -> float:
    """Declared value over the mean value of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(declared_value_eur_cents, ratio(value_90d, n_90d))


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected so far")
def inspected(inspected: float) -> float:
    """Inspections of the {noun}'s parcels whose outcome is known."""
    return inspected


@history_part(unit="findings", says="parcels of this {noun} held contraband {value:.0f} times", direction=1)
def found(found: float) -> float:
    """Findings in the {noun}'s parcels that are known."""
    return found


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected at random so far")
def random(random: float) -> float:
    """Inspections of the {noun}'s parcels that were drawn at random."""
    return random


@history_part(
    unit="findings", says="randomly drawn parcels of this {noun} held contraband {value:.0f} times", direction=1
)
def random_found(random_found: float) -> float:
    """Findings in the {noun}'s parcels that were drawn at random: not owed to suspicion."""
    return random_found


@history_part(unit="findings", says="parcels of this {noun} held contraband {value:.0f} times in 90 days", direction=1)
def found_90d(found_90d: float) -> float:
    """Findings in the {noun}'s parcels that became known in 90 days."""
    return found_90d


@history_part(
    unit="share", says="contraband is expected in {value:.0%} of inspected parcels of this {noun}", direction=1
)
def found_share(found: float, inspected: float, parent_found_share: float) -> float:
    """Findings over inspections of the {noun}, drawn towards its parent's share with the weight of five inspections.

    The parent is declared in `features.history.entities`; without one the share is drawn towards 10 %.
    """
    return drawn_share(found, inspected, parent_found_share)


@history_part(
    unit="share",
    says="contraband is expected in {value:.0%} of parcels of this {noun} inspected in 90 days",
    direction=1,
)
def found_share_90d(found_90d: float, inspected_90d: float, parent_found_share_90d: float) -> float:
    """Findings over inspections of the {noun} that became known in 90 days, drawn towards its parent's share alike."""
    return drawn_share(found_90d, inspected_90d, parent_found_share_90d)


@history_part(
    unit="doubts per parcel",
    says="{value:.1f} doubts about the data of a parcel of this {noun} in 30 days",
    says_missing="no parcel of this {noun} in 30 days",
)
def doubts_per_parcel(value_30d: float, n_30d: float) -> float:
    """Data-quality flags over parcels in 30 days. Missing without parcels. For entities that sum up doubts."""
    return ratio(value_30d, n_30d)


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 30 days were lodged late",
    says_missing="no parcel of this {noun} in 30 days",
)
def late_share(weight_30d: float, n_30d: float) -> float:
    """Parcels lodged after they were due over parcels in 30 days. Missing without parcels. For the same entities."""
    return ratio(weight_30d, n_30d)


@history_part(
    unit="parties", says="{value:.0f} unlike parties share the key of this {noun} in 90 days (17 or more: a hub)"
)
def parties_90d(parties: float) -> float:
    """Distinct parties that share the key of the {noun} in 90 days, 17 at most: names, or of a loose key addresses."""
    return parties


@history_part(
    unit="yes/no",
    kind=Kind.YES_NO,
    says=f"more than {kernel.HUB_ABOVE} unlike parties share the key of this {{noun}}: a platform, a forwarder or a "
    "made-up entry, not one person",
    says_not="the key of this {noun} is not shared by many unlike parties",
    says_missing="the {noun} is not given",
)
def is_hub(parties: float) -> float:
    """Whether more than 16 unlike parties shared the key in 90 days. Of a hub the other features are missing."""
    return is_above(parties, _HUB_ABOVE)


@history_part(
    unit="parcels",
    says="{value:.0f} parcels came in 7 days under the key of this {noun}, which many unlike parties share",
    says_missing="the {noun} is not given, or no hub",
)
def hub_n_7d(hub_n_7d: float) -> float:
    """Parcels of 7 days of a key that more than 16 unlike parties share. Missing for any other."""
    return hub_n_7d


@history_part(
    unit="share",
    says="contraband is expected in {value:.0%} of inspected parcels under the key of this {noun}, which many unlike "
    "parties share",
    says_missing="the {noun} is not given, or no hub",
    direction=1,
)
def hub_found_share(hub_found: float, hub_inspected: float, parent_found_share: float) -> float:
    """Findings over inspections of a key that more than 16 unlike parties share, drawn towards its parent's share."""
    return drawn_share(hub_found, hub_inspected, parent_found_share)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


IS_HUB = "is_hub"
OF_HUBS = ("parties_90d", IS_HUB, "hub_n_7d", "hub_found_share")
"""History features of an entity whose parties are counted, in addition."""
STANDARD = _names(
    """
    n_1d n_7d n_30d n_90d value_1d value_7d value_30d value_90d weight_1d weight_7d weight_30d weight_90d burst
    n_7d_share_of_30d others_30d others_per_parcel others other_is_known days_since_last days_known
    weight_against_usual value_against_usual inspected found random random_found found_90d found_share
    found_share_90d
    """
)
"""History features of an entity that does not name its own."""


def parts_of(entity: Entity) -> tuple[str, ...]:
    """Names of the history features of an entity."""
    own = STANDARD if entity.parts is None else entity.parts
    return own if entity.parties is None else (*own, *OF_HUBS)
