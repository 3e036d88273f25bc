"""Looking up a person: for a purpose that is asked for and kept in the audit, by the words of a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from features.history import ENTITIES
from serving.office.office import Office
from serving.office.past_cases import MOST_CASES, Case, KnownOf, history_of
from serving.office.subjects import person_keys
from serving.store import Client
from serving.store.read_spool import Look
from serving.store.times import microseconds


class Purpose(StrEnum):
    """Why a person is looked up."""

    INSPECTION = "inspection"
    """A parcel in hand."""
    FINDING = "finding"
    """Something was found, and others may belong to it."""
    REQUEST = "request"
    """The person asks what is held."""
    SUPERVISION = "supervision"
    """Work of the office is checked."""


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """What is known under the words given: counts by key, and inspected parcels, the newest first."""

    known: Sequence[KnownOf]
    cases: Sequence[Case]
    n_cases: int


def look_up_person(
    office: Office, party: Mapping[str, str], purpose: Purpose, reference: str, client: Client
) -> KnownPerson | None:
    """History of a person named in the words of a manifest; None where the look could not be logged.

    The audit notes who asked for what purpose and about which events; the words are written nowhere.

    Raises
    ------
    SubjectError
        When the words make no key of a person.
    """
    at = office.clock()
    columns = person_keys(party, office.secrets.identity, office.reference, at)
    keys = {one.name: columns[one.key] for one in ENTITIES if one.key in columns}
    with office.store.begin_read() as connection:
        known, cases = history_of(connection, keys, at, client)
    shown = cases[:MOST_CASES]
    look = Look(
        at_us=microseconds(at),
        client_id=client.client_id,
        action="person looked up",
        seqs=sorted(one.seq for one in shown),
        detail=f"{purpose.value}: {reference}",
    )
    if not office.writer.reads.add(look):
        return None
    return KnownPerson(known=[one for one in known if one.n[-1]], cases=shown, n_cases=len(cases))
