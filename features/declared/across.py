"""What the histories of several entities say together: known looks under new names, shares of a lane."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.declared.declare import Floats, History, Kind, across, ratio

SOURCE = "event log: parcels and outcomes known before"
"""Where these features come from, for the docs."""

Histories = Mapping[str, History]


def _is_new(history: History) -> Floats:
    """1 where the entity is there and has never sent, 0 where it has, NaN where it is not given."""
    return np.where(np.isnan(history["present"]), np.nan, (history["n"] == 0).astype(np.float64))


def _new_among_known(new: History, known: History) -> Floats:
    return _is_new(new) * (1.0 - _is_new(known))


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="sender",
    says="a new sender of a kind of parcel that others have sent before",
    says_not="no new sender of a known kind of parcel",
    says_missing="sender or kind of parcel not given",
)
def new_sender_of_known_look(histories: Histories) -> Floats:
    """Whether the sender was never seen and the look-alike was: a known look under a new name."""
    return _new_among_known(histories["sender"], histories["look_alike"])


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="sender",
    says="a new sender whose phone or e-mail is known from another sender",
    says_not="no new sender with a known phone or e-mail",
    says_missing="sender or contact not given",
)
def new_sender_of_known_contact(histories: Histories) -> Floats:
    """Whether the sender was never seen and its phone or e-mail was. Missing when either is not given."""
    return _new_among_known(histories["sender"], histories["contact"])


@across(
    unit="yes/no",
    kind=Kind.YES_NO,
    entity="recipient",
    says="a new recipient at a delivery address that is known",
    says_not="no new recipient at a known address",
    says_missing="recipient or address not given",
)
def new_recipient_at_known_address(histories: Histories) -> Floats:
    """Whether the recipient was never seen and the delivery address was. Missing when either is not given."""
    return _new_among_known(histories["recipient"], histories["address"])


@across(
    unit="share",
    entity="sender",
    says="{value:.1%} of the lane's parcels of 30 days are this sender's",
    says_missing="lane or sender not given, or no parcel on the lane in 30 days",
)
def sender_share_of_lane(histories: Histories) -> Floats:
    """Parcels of the sender over parcels of its lane in 30 days. Missing without parcels on the lane."""
    return ratio(histories["sender"]["n_30d"], histories["lane"]["n_30d"])


@across(
    unit="share",
    entity="commodity",
    says="{value:.1%} of the lane's parcels of 30 days were this commodity",
    says_missing="lane or commodity not given, or no parcel on the lane in 30 days",
)
def commodity_against_lane(histories: Histories) -> Floats:
    """Parcels of the commodity, on any lane, over parcels of the lane in 30 days: rare goods on a busy lane are low."""
    return ratio(histories["commodity"]["n_30d"], histories["lane"]["n_30d"])


@across(
    unit="times",
    entity="sender",
    says="contraband was found {value:.1f} times as often in parcels of this sender as expected on the lane",
    says_missing="lane or sender not given",
)
def sender_found_against_lane(histories: Histories) -> Floats:
    """Findings of the sender over what the lane's share would give for its inspections and one more."""
    expected = ratio(histories["lane"]["found"] + 1.0, histories["lane"]["inspected"] + 10.0)
    return ratio(histories["sender"]["found"], expected * (histories["sender"]["inspected"] + 1.0))


@across(
    unit="share",
    entity="look_alike",
    says="{value:.0%} of the commodity's parcels of 90 days look exactly like this one",
    says_missing="commodity or look not given, or no parcel of the commodity in 90 days",
)
def look_alike_share_of_commodity(histories: Histories) -> Floats:
    """Parcels that look alike over parcels of the commodity in 90 days. Missing without any."""
    return ratio(histories["look_alike"]["n_90d"], histories["commodity"]["n_90d"])
