"""What is read of registers about parcels: the look is on record before anything of it is shown."""

from __future__ import annotations

from collections.abc import Iterable

from features.parcel.problems import StoreError
from serving.office.office import Office
from serving.store import Client
from serving.store.read_spool import Look
from serving.store.times import microseconds

ACTION = "consulted"
INVESTIGATIONS, COMPLAINTS = "register of investigations", "register of complaints"
HOLDS = "register of legal holds"
SEIZURES, CUSTODY = "seizure forms", "ledger of an exhibit"


def consulted(office: Office, client: Client, what: str, numbers: Iterable[str] = ()) -> None:
    """Note that a client reads one of the above: forms and exhibits by their own numbers.

    Raises
    ------
    StoreError
        When it can be noted nowhere: then nothing is to be shown.
    """
    look = Look(
        at_us=microseconds(office.clock()),
        client_id=client.client_id,
        action=ACTION,
        seqs=[],
        detail=" ".join((what, *numbers)),
    )
    if not office.writer.reads.add(look):
        raise StoreError("who looks here cannot be noted, so nothing is shown. Make room, then ask again.")
