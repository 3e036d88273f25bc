"""The life of a list: made as a draft, approved by a second person where it needs one, live, replaced, retired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from features.event_rows import Row
from features.handling import Result
from features.parcel.problems import ListError, Rejection
from policy.lists import Content, Listed, ListField, Terms, faults_of, parcels_as_entries, read_entries, written
from policy.lists.keys import PARCEL_COLUMNS
from policy.rules import word_lists
from policy.rules.rule import shown_name
from serving.office.handled import handled_parcels, stored_keys
from serving.office.office import Secrets
from serving.office.rules import readers_of
from serving.store import Client, Connection, Role
from serving.store.database import note
from serving.store.lists import StoredList, content_of, end_list, go_live, list_named, lists_of, put_list
from serving.store.times import microseconds

MAKING = (Role.ANALYST, Role.SUPERVISOR)
"""Who makes, replaces, exports and retires lists."""
APPROVING = (Role.SUPERVISOR,)
"""Who approves them, but not those of their own."""
READING = (Role.OFFICER, Role.SUPERVISOR, Role.ANALYST, Role.AUDITOR)
"""Who sees terms and figures of lists; entries are in the export alone."""
_RESTRICTED = ("H2", "H3")
"""Handling codes under which the one who gave the information is asked before it is passed on."""
Made = StoredList | list[Rejection]
"""A list, or every fault for which there is none; then nothing has changed."""


def add(connection: Connection, secrets: Secrets, terms: Terms, data: bytes, client: Client, at: datetime) -> Made:
    """Make a new list of the entries of a CSV file; see `policy.lists.read_entries`."""
    faults = [*faults_of(terms, at.date()), *_name_in_use(connection, terms.name)]
    if faults:
        return faults
    content, faults = read_entries(data, terms, secrets.identity, at.date())
    return faults if content is None else _put(connection, secrets, terms, content, client, at)


def unsaved(
    connection: Connection, secrets: Secrets, terms: Terms, data: bytes, at: datetime, *, is_new: bool = True
) -> Listed | list[Rejection]:
    """A list as it would be, to ask what it would have done; nothing is kept of it. Every fault, where there is one."""
    faults = [*faults_of(terms, at.date()), *(_name_in_use(connection, terms.name) if is_new else ())]
    if faults:
        return faults
    content, faults = read_entries(data, terms, secrets.identity, at.date())
    if content is None:
        return faults
    return Listed(number=0, terms=terms, content=content, digest=f"unsaved {terms} {sha256(data).hexdigest()}")


def replace_entries(
    connection: Connection, secrets: Secrets, name: str, data: bytes, client: Client, at: datetime
) -> Made:
    """Make a new version of a list of the entries of a CSV file; the live one stays until this one is live.

    Raises
    ------
    ListError
        When there is no such list.
    """
    newest = the_list(connection, name)
    content, faults = read_entries(data, newest.terms, secrets.identity, at.date())
    if content is None:
        return faults
    if newest.state == "draft":
        _end(connection, secrets, newest, client, at)
    return _put(connection, secrets, newest.terms, content, client, at)


def from_parcels(
    connection: Connection,
    secrets: Secrets,
    terms: Terms,
    numbers: Sequence[str],
    client: Client,
    at: datetime,
    *,
    findings: bool = False,
) -> Made:
    """Make a list of what parcels on record have in the fields of its terms; of `findings`, when it is asked so.

    Raises
    ------
    TooLong
        When a number has more characters than are understood.
    """
    faults = [*faults_of(terms, at.date()), *_name_in_use(connection, terms.name), *_not_of_parcels(terms.fields)]
    parcels: list[Row] = []
    keys = stored_keys(connection, [(None, number) for number in numbers])
    handled = handled_parcels(connection, keys.values())
    for line, number in enumerate(numbers, start=1):
        key = keys.get((None, number))
        one = None if key is None else handled.get(key)
        if one is None:
            faults.append(_fault(line, "parcel_id", "no parcel has this number, or several have.", "Check it."))
        elif findings and not any(stage["result"] == Result.FOUND for stage in one.stages):
            faults.append(_fault(line, "parcel_id", "nothing was found in this parcel.", "Record the finding first."))
        else:
            parcels.append(one.subject)
    if faults:
        return faults
    content = parcels_as_entries(parcels, terms.fields, reason=terms.reason)
    if content is None:
        return [_fault(1, "fields", "the parcels have nothing of these fields.", "Give other fields.")]
    return _put(connection, secrets, terms, content, client, at)


def the_list(connection: Connection, name: str) -> StoredList:
    """Newest version of a list that was not retired.

    Raises
    ------
    ListError
        When there is none.
    """
    found = list_named(connection, name)
    if found is None:
        raise ListError(f"there is no list {shown_name(name)}. `parcel-risk list lists` names all.")
    return found


def _name_in_use(connection: Connection, name: str) -> list[Rejection]:
    if all(one.state == "retired" for one in lists_of(connection, name)):
        return []
    return [_fault(0, "name", "there is a list of this name.", "Import into it, retire it, or give another name.")]


def _not_of_parcels(fields: Sequence[ListField]) -> list[Rejection]:
    known = ", ".join(PARCEL_COLUMNS)
    return [
        _fault(0, "fields", f"{field} is not taken from parcels on record.", f"Give some of {known}.")
        for field in fields
        if field not in PARCEL_COLUMNS
    ]


def _fault(line: int, field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field=field, code="list", reason=reason, remedy=remedy)


def _put(
    connection: Connection, secrets: Secrets, terms: Terms, content: Content, client: Client, at: datetime
) -> StoredList:
    made = put_list(connection, secrets.vault, terms, content, at_us=microseconds(at), by=client.client_id)
    _note(connection, made, "list made", client, at, f"{content.n_entries} entries")
    return made if terms.needs_approval else _go_live(connection, secrets, made, client, at, approver=None)


def approve(connection: Connection, secrets: Secrets, name: str, client: Client, at: datetime) -> StoredList:
    """Approve a draft of somebody else, which is live from now on instead of the version before.

    Raises
    ------
    ListError
        When there is no draft of this name, it is one's own, has expired, or cannot be read.
    """
    draft = the_list(connection, name)
    if draft.state != "draft":
        raise ListError(f"the list {name} has no draft that waits for approval.")
    if draft.made_by == client.client_id:
        raise ListError(f"{client.client_id} made the list {name}: a second person approves it.")
    if draft.terms.expires_on is not None and draft.terms.expires_on < at.date():
        raise ListError(f"the list {name} has expired. Retire it, and make it again with another day.")
    content_of(connection, secrets.vault, draft)
    return _go_live(connection, secrets, draft, client, at, approver=client.client_id)


def _go_live(
    connection: Connection, secrets: Secrets, draft: StoredList, client: Client, at: datetime, *, approver: str | None
) -> StoredList:
    for one in lists_of(connection, draft.terms.name):
        if one.state == "live":
            _end(connection, secrets, one, client, at)
    go_live(connection, draft, at_us=microseconds(at), by=approver)
    _note(connection, draft, "list live", client, at)
    return the_list(connection, draft.terms.name)


def retire(connection: Connection, secrets: Secrets, name: str, client: Client, at: datetime) -> None:
    """End a list and its draft; what was imported is erased for ever, its keys stay with the hits.

    Raises
    ------
    ListError
        When there is no such list, or a rule that is live reads it.
    """
    the_list(connection, name)
    readers = readers_of(connection, name)
    if readers and name not in word_lists():
        raise ListError(f"the list {name} is read by live rules ({', '.join(readers)}). Retire those first.")
    for one in lists_of(connection, name):
        if one.state != "retired":
            _end(connection, secrets, one, client, at)


def _end(connection: Connection, secrets: Secrets, one: StoredList, client: Client, at: datetime) -> None:
    end_list(connection, secrets.vault, one, at_us=microseconds(at), by=client.client_id)
    _note(connection, one, "list retired", client, at)


def exported(
    connection: Connection, secrets: Secrets, name: str, client: Client, at: datetime, *, permission: str | None = None
) -> str:
    """Entries of a list as CSV, as they were imported; the audit says who has them.

    Raises
    ------
    ListError
        When there is no such list, or its handling code asks for a `permission` that is not named.
    """
    one = the_list(connection, name)
    if one.terms.handling in _RESTRICTED and not permission:
        raise ListError(
            f"the list {name} is marked {one.terms.handling}: it goes to others only as its source permits. "
            "Name the permission."
        )
    text = written(content_of(connection, secrets.vault, one, whole=True))
    _note(connection, one, "list exported", client, at, permission or "")
    return text


def _note(connection: Connection, one: StoredList, action: str, client: Client, at: datetime, more: str = "") -> None:
    detail = f"{one.terms.name} version {one.version}{', ' if more else ''}{more}"
    note(connection, at_us=microseconds(at), client_id=client.client_id, action=action, seqs=[], detail=detail)
