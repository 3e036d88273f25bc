"""A parcel that is handed over to a second, named officer: it comes first in that officer's queue until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from features.parcel.problems import Rejection
from features.text import text
from serving.office.handled import handled_parcels, stored_keys
from serving.office.office import Office
from serving.office.outcomes import orphan
from serving.store import Client, Connection
from serving.store.claims import release
from serving.store.clients import INSPECTING, clients_with
from serving.store.database import note
from serving.store.handovers import Handover, add_handover, end_handovers, open_handovers
from serving.store.passphrases import names_with
from serving.store.times import microseconds


class HandoverReason(StrEnum):
    """Why a parcel is handed over."""

    SECOND_OPINION = "second_opinion"
    """A second pair of eyes is to judge it."""
    NEEDS_OPENING = "needs_opening"
    """It has to be opened, and this line does not."""
    NEEDS_SPECIALIST = "needs_specialist"
    """It needs a dog, a laboratory or somebody who knows such goods."""
    END_OF_SHIFT = "end_of_shift"
    """The shift ends."""


def officers(connection: Connection, at_us: int) -> list[str]:
    """Names of all who inspect and have a valid key or passphrase."""
    return sorted(
        {*clients_with(connection, INSPECTING, at_us=at_us), *names_with(connection, INSPECTING, at_us=at_us)}
    )


def hand_over(
    office: Office, parcel_id: str, operator: str | None, to: str, reason: HandoverReason, client: Client
) -> Handover | Rejection:
    """Hand a parcel over to another officer; again to the same one changes nothing.

    Whoever holds it by an earlier handover loses it, and whoever fetches it no longer does.
    """
    at_us = microseconds(office.clock())
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        keys = stored_keys(connection, [(operator, parcel_id)])
        handled = next(iter(handled_parcels(connection, keys.values()).values()), None)
        if handled is None:
            return orphan(1)
        refusal = _refusal(connection, to, client, at_us, is_done=handled.result is not None)
        if refusal is not None:
            return refusal
        seq = handled.subject["seq"]
        known = open_handovers(connection, [seq]).get(seq)
        if known is not None and (known.from_id, known.to_id) == (client.client_id, to):
            return known
        made = Handover(seq=seq, from_id=client.client_id, to_id=to, reason=reason.value, made_at=at_us)
        end_handovers(connection, [seq], at_us=at_us)
        add_handover(connection, made)
        release(connection, seq)
        note(
            connection,
            at_us=at_us,
            client_id=client.client_id,
            action="handed over",
            seqs=[seq],
            detail=f"to {to}: {reason.value}",
        )
        return made


def _refusal(connection: Connection, to: str, client: Client, at_us: int, *, is_done: bool) -> Rejection | None:
    if is_done:
        return _refused("parcel_id", text("an outcome is on record."), text("Correct the outcome with a reason."))
    if to == client.client_id:
        return _refused("to", text("a second officer is another person."), text("Choose another officer."))
    if to not in officers(connection, at_us):
        return _refused("to", text("no officer of this name can sign in."), text("Choose one of the list."))
    return None


def _refused(field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=1, field=field, code="not_handed_over", reason=reason, remedy=remedy)


def handed_over(office: Office, seqs: Iterable[int]) -> dict[int, Handover]:
    """Open handovers of parcel events."""
    with office.store.begin_read() as connection:
        return open_handovers(connection, seqs)
