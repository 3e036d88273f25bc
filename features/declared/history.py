"""What the past says, part by part; every part exists for every entity of `features.history.entities`.

Windows hold the current part hour or day and the whole ones before it, so an officer can check them against a list
of parcels.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.declared.declare import HistoryPart, Kind, Windowed, history_part, windowed
from features.declared.scalar import NAN, euros, first_known, is_above, ratio
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


def days_ago(days: float) -> float:
    """Days; NaN where they are -1, for never."""
    return days if days >= 0.0 else NAN


@windowed(all_time=False, unit="parcels", says="{value:.0f} parcels of this {noun} were declared {window}")
def n(n: float) -> float:
    """Parcels of the {noun} in {exactly}."""
    return n


@windowed(all_time=False, unit="EUR", says="parcels of this {noun} were declared at {value:,.0f} EUR {window}")
def value(value: float) -> float:
    """Declared value of the {noun}'s parcels in {exactly}."""
    return euros(value)


@windowed(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected {window}")
def inspected(inspected: float) -> float:
    """Inspections of the {noun}'s parcels whose outcome became known in {exactly}."""
    return inspected


@windowed(unit="findings", says="parcels of this {noun} held contraband {value:.0f} times {window}", direction=1)
def found(found: float) -> float:
    """Findings in the {noun}'s parcels that became known in {exactly}."""
    return found


@windowed(
    unit="share",
    says="contraband is expected in {value:.0%} of parcels of this {noun}, by its inspections {window}",
    direction=1,
)
def found_share(found: float, inspected: float, parent_found_share: float) -> float:
    """Findings over inspections in {exactly}, drawn towards the parent's share with the weight of five inspections.

    The parent's share is that of all time. The parent is declared in `features.history.entities`; without one the share
    is drawn towards 10 %.
    """
    return drawn_share(found, inspected, parent_found_share)


@windowed(
    unit="times",
    says="contraband was found in parcels of this {noun} {window} {value:.1f} times as often as expected",
    direction=1,
)
def found_against_expected(found: float, inspected: float, parent_found_share: float) -> float:
    """Findings over what the parent's share leads to expect of the inspections in {exactly}, each and one finding more.

    Drawn towards 1 as by a gamma prior of the weight of one expected finding (empirical Bayes).
    """
    return (found + 1.0) / (inspected * first_known(parent_found_share, _PRIOR_SHARE) + 1.0)


@history_part(
    unit="times",
    says="this {noun} had {value:.1f} times its usual number of parcels in the last day",
    says_missing="no parcel of this {noun} came in 90 days",
)
def burst(n_1d: float, n_90d: float) -> float:
    """Parcels of the last day over the mean of a day in 90. Missing without parcels in 90 days."""
    return ratio(n_1d * 90.0, n_90d)


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 28 days came in the last 7",
    says_missing="no parcel of this {noun} came in 28 days",
)
def n_7d_share_of_28d(n_7d: float, n_28d: float) -> float:
    """Parcels of 7 days over parcels of 28 days: near 1 in a burst. Missing without parcels in 28 days."""
    return ratio(n_7d, n_28d)


@history_part(unit="{others}", says="this {noun} had {value:.0f} different {others} in 28 days (64 means 64 or more)")
def others_28d(others_28d: float) -> float:
    """Distinct counterparties ({others}) in 28 days, 64 at most."""
    return others_28d


@history_part(
    unit="{others} per parcel",
    says="this {noun} had {value:.2f} different {others} for each parcel in 28 days",
    says_missing="no parcel of this {noun} came in 28 days",
)
def others_per_parcel(others_28d: float, n_28d: float) -> float:
    """Distinct {others} over parcels in 28 days: 1 where each parcel has another. Missing without parcels."""
    return ratio(others_28d, n_28d)


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
    says="the last inspection of a parcel of this {noun} became known {value:.0f} days ago",
    says_missing="no inspection of this {noun} became known in 90 days",
)
def days_since_inspected(days_since_inspected: float) -> float:
    """Whole days since an inspection of the {noun}'s parcels last became known. Missing without one in 90 days."""
    return days_ago(days_since_inspected)


@history_part(
    unit="days",
    says="contraband was last found in a parcel of this {noun} {value:.0f} days ago",
    says_missing="no finding of this {noun} became known in 90 days",
)
def days_since_found(days_since_found: float) -> float:
    """Whole days since a finding in the {noun}'s parcels last became known. Missing without one in 90 days."""
    return days_ago(days_since_found)


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
    says_missing="there is no weight to compare with for this {noun}",
)
def weight_against_usual(gross_weight_g: float, weight_90d: float, n_90d: float) -> float:
    """Gross weight over the mean weight of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(gross_weight_g, ratio(weight_90d, n_90d))


@history_part(
    unit="share",
    says="the parcel is declared at {value:.1f} times the usual value of this {noun}",
    says_missing="there is no value to compare with for this {noun}",
)
def value_against_usual(declared_value_eur_cents: float, value_90d: float, n_90d: float) -> float:
    """Declared value over the mean value of the {noun}'s parcels of 90 days. Missing without any."""
    return ratio(declared_value_eur_cents, ratio(value_90d, n_90d))


@history_part(unit="inspections", says="{value:.0f} parcels of this {noun} were inspected at random so far")
def random(random: float) -> float:
    """Inspections of the {noun}'s parcels that were drawn at random."""
    return random


@history_part(unit="findings", says="randomly drawn parcels of this {noun} held contraband {value:.0f} times")
def random_found(random_found: float) -> float:
    """Findings in the {noun}'s parcels that were drawn at random: not owed to suspicion."""
    return random_found


@history_part(
    unit="doubts per parcel",
    says="there were {value:.1f} doubts about the data of a parcel of this {noun} in 28 days",
    says_missing="no parcel of this {noun} came in 28 days",
)
def doubts_per_parcel(value_28d: float, n_28d: float) -> float:
    """Data-quality flags over parcels in 28 days. Missing without parcels. For entities that sum up doubts."""
    return ratio(value_28d, n_28d)


@history_part(
    unit="share",
    says="{value:.0%} of the parcels of this {noun} in 28 days were lodged late",
    says_missing="no parcel of this {noun} came in 28 days",
)
def late_share(weight_28d: float, n_28d: float) -> float:
    """Parcels lodged after they were due over parcels in 28 days. Missing without parcels. For the same entities."""
    return ratio(weight_28d, n_28d)


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
)
def hub_found_share(hub_found: float, hub_inspected: float, parent_found_share: float) -> float:
    """Findings over inspections of a key that more than 16 unlike parties share, drawn towards its parent's share."""
    return drawn_share(hub_found, hub_inspected, parent_found_share)


def all_parts() -> tuple[HistoryPart, ...]:
    """Every history feature that is declared here."""
    declared = globals().values()
    over_windows = (part for value in declared if isinstance(value, Windowed) for part in value.values())
    return (*(value for value in declared if isinstance(value, HistoryPart)), *over_windows)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


IS_HUB = "is_hub"
OF_HUBS = ("parties_90d", IS_HUB, "hub_n_7d", "hub_found_share")
"""History features of an entity whose parties are counted, in addition."""
STANDARD = _names(
    """
    n_*d value_*d inspected_*d found_*d found_share_*d found_against_expected_*d burst n_7d_share_of_28d others_28d
    others_per_parcel others other_is_known days_since_last days_known weight_against_usual value_against_usual
    inspected found random random_found found_share found_against_expected days_since_inspected days_since_found
    """
)
"""History features of an entity that does not name its own; ``*d`` stands for each window in turn."""


def parts_of(entity: Entity) -> tuple[str, ...]:
    """Names of the history features of an entity."""
    own = STANDARD if entity.parts is None else entity.parts
    return tuple(_over_windows(own if entity.parties is None else (*own, *OF_HUBS)))


def _over_windows(names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        yield from [name.replace("*", str(days)) for days in kernel.WINDOWS] if "*" in name else [name]
