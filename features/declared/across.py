"""What the histories of several entities say together: known looks under new names, shares of a lane."""

from __future__ import annotations

from features.declared.declare import Kind, across
from features.declared.scalar import is_same, ratio

SOURCE = "event log: parcels and outcomes known before"
"""Where these features come from, for the docs."""


def new_among_known(new: float, known: float) -> float:
    """Whether an entity of so many parcels has never sent, and another has; NaN where one is not given."""
    return is_same(new, 0.0) * (1.0 - is_same(known, 0.0))


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="sender",
    says="the sender is new for a kind of parcel that others have sent before",
    says_not="the sender is not new for a known kind of parcel",
    says_missing="sender or kind of parcel is not given",
)
def new_sender_of_known_look(sender_n: float, look_alike_n: float) -> float:
    """Whether the sender was never seen and the look-alike was: a known look under a new name."""
    return new_among_known(sender_n, look_alike_n)


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="sender",
    says="the sender is new, and phone or e-mail is known from another sender",
    says_not="the sender is not new with a known phone or e-mail",
    says_missing="sender or contact is not given",
)
def new_sender_of_known_contact(sender_n: float, contact_n: float) -> float:
    """Whether the sender was never seen and its phone or e-mail was. Missing when either is not given."""
    return new_among_known(sender_n, contact_n)


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="recipient",
    says="the recipient is new at a delivery address that is known",
    says_not="the recipient is not new at a known address",
    says_missing="recipient or address is not given",
)
def new_recipient_at_known_address(recipient_n: float, address_n: float) -> float:
    """Whether the recipient was never seen and the delivery address was. Missing when either is not given."""
    return new_among_known(recipient_n, address_n)


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="sender_loose",
    says="the sender is known by name and region, and writes a new spelling or address",
    says_not="the sender has no new spelling or address",
    says_missing="the sender is not given",
)
def new_writing_of_known_sender(sender_n: float, sender_loose_n: float) -> float:
    """Whether the sender was never seen as written and its name and region were. Missing when either is not given."""
    return new_among_known(sender_n, sender_loose_n)


@across(
    unit="share",
    entity="sender",
    says="{value:.1%} of the lane's parcels of 28 days are this sender's",
    says_missing="lane or sender is not given, or no parcel came on the lane in 28 days",
)
def sender_share_of_lane(sender_n_28d: float, lane_n_28d: float) -> float:
    """Parcels of the sender over parcels of its lane in 28 days. Missing without parcels on the lane."""
    return ratio(sender_n_28d, lane_n_28d)


@across(
    unit="share",
    entity="commodity",
    says="{value:.1%} of the lane's parcels of 28 days were this commodity",
    says_missing="lane or commodity is not given, or no parcel came on the lane in 28 days",
)
def commodity_against_lane(commodity_n_28d: float, lane_n_28d: float) -> float:
    """Parcels of the commodity, on any lane, over parcels of the lane in 28 days: rare goods on a busy lane are low."""
    return ratio(commodity_n_28d, lane_n_28d)


@across(
    unit="times",
    entity="sender",
    says="contraband was found {value:.1f} times as often in parcels of this sender as expected on the lane",
    says_missing="lane or sender is not given",
)
def sender_found_against_lane(
    sender_found: float, sender_inspected: float, lane_found: float, lane_inspected: float
) -> float:
    """Findings of the sender over what the lane's share would give for its inspections and one more."""
    expected = ratio(lane_found + 1.0, lane_inspected + 10.0)
    return ratio(sender_found, expected * (sender_inspected + 1.0))


@across(
    unit="share",
    entity="look_alike",
    says="{value:.0%} of the commodity's parcels of 90 days look exactly like this one",
    says_missing="commodity or look is not given, or no parcel of the commodity came in 90 days",
)
def look_alike_share_of_commodity(look_alike_n_90d: float, commodity_n_90d: float) -> float:
    """Parcels that look alike over parcels of the commodity in 90 days. Missing without any."""
    return ratio(look_alike_n_90d, commodity_n_90d)
