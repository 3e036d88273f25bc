"""A handover to a second officer in words: why, to whom, and by whom."""

from __future__ import annotations

from features.text import Declared, Text, moment, text
from serving.office.handing_over import HandoverReason, officers
from serving.office.office import Office
from serving.store import Client
from serving.store.handovers import Handover, open_handovers
from serving.store.times import microseconds, time_of

HANDOVERS = {
    HandoverReason.SECOND_OPINION.value: text("a second opinion is needed"),
    HandoverReason.NEEDS_OPENING.value: text("it has to be opened elsewhere"),
    HandoverReason.NEEDS_SPECIALIST.value: text("a dog, a laboratory or a specialist is needed"),
    HandoverReason.END_OF_SHIFT.value: text("the shift ends"),
}
"""Reasons in words."""


def handed_words(one: Handover, reader: Client) -> Text:
    """Who handed a parcel over to whom, when and why."""
    given = {"by": Declared(one.from_id), "at": moment(time_of(one.made_at)), "reason": HANDOVERS.get(one.reason, "")}
    if one.to_id == reader.client_id:
        return text("Handed over to you by {by}, {at}: {reason}.", **given)
    return text("Handed over to {to} by {by}, {at}: {reason}.", to=Declared(one.to_id), **given)


def second_officer(office: Office, seq: int, reader: Client) -> tuple[str, list[str]]:
    """What became of a handover of a parcel event, empty where there is none; and whom it can be handed over to."""
    with office.store.begin_read() as connection:
        known = open_handovers(connection, [seq]).get(seq)
        able = officers(connection, microseconds(office.clock()))
    return handed_words(known, reader) if known else "", [one for one in able if one != reader.client_id]
