"""The switch from control to investigation, the register of complaints, and waivers of advance data.

From the switch on other law applies to a parcel: it is held as evidence, officers of the station no longer see its
persons, and no model learns from its result unless the switch says so. Ending it ends all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from features.parcel.problems import StoreError
from serving.office.office import Office
from serving.office.resolving import one_parcel
from serving.store import Client, Connection, Role, holds
from serving.store.casework import add, close, complaints, investigated, investigations, one, waivers
from serving.store.database import note
from serving.store.erasure import parcel_subject
from serving.store.times import microseconds

SWITCHING = (Role.SUPERVISOR,)
"""Who begins and ends an investigation."""
READING = (Role.SUPERVISOR, Role.AUDITOR)
"""Who reads registers and accounts."""
SUBJECTS = ("delay", "damage", "opened", "seizure", "personal_data", "treatment", "other")
ANSWERS = ("upheld", "partly_upheld", "rejected", "no_action")
_REVIEW = timedelta(days=183)


def begin(
    office: Office,
    connection: Connection,
    number: str,
    *,
    case: str,
    legal_basis: str,
    may_train: bool,
    client: Client,
    operator: str | None = None,
) -> int:
    """Switch the parcel that was lodged last under a number; return the number of the investigation.

    Raises
    ------
    StoreError
        When no single parcel has the number, or it is under investigation.
    """
    versions = one_parcel(connection, number, operator)
    if investigated(connection, [one.seq for one in versions]):
        raise StoreError("this parcel is under investigation already. Read the register.")
    newest, at = versions[-1], office.clock()
    at_us = microseconds(at)
    subject = parcel_subject(*newest.key, microseconds(newest.life[2]))
    hold_id = holds.add(
        connection,
        seq=newest.seq,
        subject=office.secrets.vault.handle(subject),
        reason=f"investigation {case}",
        legal_basis=legal_basis,
        review_on=(at + _REVIEW).date().isoformat(),
        made_at=at_us,
        made_by=client.client_id,
    )
    begun = add(
        connection,
        investigations,
        seq=newest.seq,
        case_reference=case,
        legal_basis=legal_basis,
        may_train=int(may_train),
        hold_id=hold_id,
        began_at=at_us,
        began_by=client.client_id,
    )
    _note(office, connection, client, "investigation begun", newest.seq, f"investigation {begun}, hold {hold_id}")
    return begun


def end(office: Office, connection: Connection, number: int, client: Client) -> None:
    """End an investigation and its hold.

    Raises
    ------
    StoreError
        When none of this number is open.
    """
    at_us = microseconds(office.clock())
    known = one(connection, investigations, number)
    if known is None or not close(
        connection, investigations, number, "ended_at", ended_at=at_us, ended_by=client.client_id
    ):
        raise StoreError("no investigation of this number is open. Read the register.")
    holds.lift(connection, known["hold_id"], by=client.client_id, at_us=at_us)
    _note(office, connection, client, "investigation ended", known["seq"], f"investigation {number}")


def sees_persons(connection: Connection, seqs: Iterable[int], client: Client) -> bool:
    """Whether a client may see the persons of a parcel: while it is under investigation officers may not."""
    return client.role is not Role.OFFICER or not investigated(connection, seqs)


def complain(
    office: Office,
    connection: Connection,
    *,
    subject: str,
    reference: str,
    client: Client,
    number: str | None = None,
    operator: str | None = None,
) -> int:
    """Register a complaint, about a parcel where a number is given; return its number.

    The letter stays in the file of the office that `reference` names: here is no text of a person.

    Raises
    ------
    StoreError
        When no single parcel has the number.
    """
    seq = one_parcel(connection, number, operator)[-1].seq if number else None
    made = add(
        connection,
        complaints,
        seq=seq,
        subject=subject,
        reference=reference,
        received_at=microseconds(office.clock()),
        received_by=client.client_id,
    )
    _note(office, connection, client, "complaint", seq, f"complaint {made}")
    return made


def answer(office: Office, connection: Connection, number: int, *, answer: str, reference: str, client: Client) -> None:
    """Note the answer that was given to a complaint.

    Raises
    ------
    StoreError
        When none of this number waits for an answer.
    """
    values = {"answer": answer, "answer_reference": reference, "answered_by": client.client_id}
    at_us = microseconds(office.clock())
    if not close(connection, complaints, number, "answered_at", answered_at=at_us, **values):
        raise StoreError("no complaint of this number is open. Read the register.")
    known = one(connection, complaints, number)
    _note(
        office,
        connection,
        client,
        "complaint answered",
        None if known is None else known["seq"],
        f"complaint {number} {answer}",
    )


def waive(
    office: Office,
    connection: Connection,
    *,
    operator: str,
    origin_country: str | None,
    reason: str,
    instead: str,
    first_on: date,
    last_on: date,
    client: Client,
) -> int:
    """Register a waiver of advance data with what is done instead; return its number.

    Raises
    ------
    StoreError
        When it ends before it begins, or a text is missing, too long, or no country.
    """
    for name, said, most in (("operator", operator, 35), ("reason", reason, 200), ("instead", instead, 200)):
        if not said.strip() or len(said) > most:
            raise StoreError(f"{name}: it is missing or too long. Write up to {most} characters.")
    if origin_country is not None and re.fullmatch("[A-Z]{2}", origin_country) is None:
        raise StoreError("origin_country: it is no code of a country. Write two capital letters, as in CH.")
    if last_on < first_on:
        raise StoreError("last_on: the waiver ends before it begins. Give a later day.")
    made = add(
        connection,
        waivers,
        operator=operator,
        origin_country=origin_country,
        reason=reason,
        instead=instead,
        first_on=first_on.isoformat(),
        last_on=last_on.isoformat(),
        made_at=microseconds(office.clock()),
        made_by=client.client_id,
    )
    _note(office, connection, client, "waiver", None, f"waiver {made}")
    return made


def _note(office: Office, connection: Connection, client: Client, action: str, seq: int | None, detail: str) -> None:
    seqs = [] if seq is None else [seq]
    at_us = microseconds(office.clock())
    note(connection, at_us=at_us, client_id=client.client_id, action=action, seqs=seqs, detail=detail)
