"""Clients and their API keys: several per client, each with an end, known to the store only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from features.parcel.problems import StoreError
from features.parcel.undeclared import UNDECLARED
from serving.store.statements import Statement, each_of, texts
from serving.store.tables import client_keys, clients

_HINT = 4


class Role(StrEnum):
    """What a client may do: only what is said of its role. All but operators and sorters are persons."""

    OPERATOR = "operator"
    """Lodges manifests and reads the answers to its own parcels."""
    OFFICER = "officer"
    """Reads every answer and records outcomes."""
    SUPERVISOR = "supervisor"
    """Does what an officer does, and decides where an officer may not alone."""
    ANALYST = "analyst"
    """Writes lists and rules."""
    SCIENTIST = "scientist"
    """Trains and compares models."""
    AUDITOR = "auditor"
    """Reads the audit."""
    ADMINISTRATOR = "administrator"
    """Runs the installation."""
    SORTER = "sorter"
    """A sorting machine: asks where an item goes, and says where it went."""


NOT_PERSONS = (Role.OPERATOR, Role.SORTER)
"""Roles of organisations and machines: nobody of them signs in with a passphrase."""
INSPECTING = (Role.OFFICER, Role.SUPERVISOR)
"""Who works at the station: reads every answer, records outcomes."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """An authenticated client; `operator` is set for operators, who read scores only where `sees_scores` is.

    Parcels of one with `is_sandbox` live apart: nothing of the office is reached with its keys.
    """

    client_id: str
    role: Role
    operator: str | None
    sees_scores: bool = False
    is_sandbox: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Client:
        """Client of a row of the table."""
        return cls(
            client_id=row["client_id"],
            role=Role(row["role"]),
            operator=row["operator"],
            sees_scores=bool(row["sees_scores"]),
            is_sandbox=bool(row["is_sandbox"]),
        )


@dataclass(frozen=True, kw_only=True)
class ClientKey:
    """One key of a client, without the key; `hint` is its last characters, empty where they were not noted."""

    key_id: str
    client: Client
    hint: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def state(self, at_us: int) -> str:
        """Whether it is accepted at a time: valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= at_us else "valid"


def _hash(key: str) -> str:
    # Keys hold 256 random bits, so a plain digest cannot be searched backwards; passwords would need a slow one.
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def add_client(
    connection: Connection,
    client: Client,
    *,
    at_us: int,
    expires_at: int | None = None,
    sees_scores: bool | None = None,
) -> str:
    """Give a client, new or known, one more key; return it: it is shown once and cannot be read again.

    Parameters
    ----------
    sees_scores:
        Whether it is shown scores from now on; None for as before, and a new client is not.

    Raises
    ------
    StoreError
        When a client of this name has another role, or lodges for another operator, or the operator's name is
        that of items that nobody declared.
    """
    if client.operator == UNDECLARED:
        raise StoreError(f"no operator may be called {UNDECLARED}: items that nobody declared have it. Choose another.")
    known = _client(connection, client.client_id)
    if known is None:
        row = {"client_id": client.client_id, "role": client.role.value, "operator": client.operator}
        flags = {"sees_scores": int(bool(sees_scores)), "is_sandbox": int(client.is_sandbox)}
        connection.execute(clients.insert().values(**row, **flags, created_at=at_us))
    elif _kind(known) != _kind(client):
        raise StoreError(f"the client {client.client_id} is {described(known)} already. Choose another name.")
    elif sees_scores is not None:
        shown = update(clients).where(clients.c.client_id == client.client_id)
        connection.execute(shown.values(sees_scores=int(sees_scores)))
    key = "prk_" + secrets.token_urlsafe(32)
    connection.execute(
        client_keys.insert().values(
            key_id=secrets.token_hex(4),
            client_id=client.client_id,
            key_hash=_hash(key),
            hint=key[-_HINT:],
            created_at=at_us,
            expires_at=expires_at,
        )
    )
    return key


def _kind(client: Client) -> tuple[Role, str | None, bool]:
    return client.role, client.operator, client.is_sandbox


def described(client: Client) -> str:
    """Client in words: ``an officer``, ``an operator's client (post-a)``."""
    if client.role is Role.OPERATOR:
        return f"an operator's client ({client.operator}{', sandbox' if client.is_sandbox else ''})"
    return f"{'an' if client.role[0] in 'aeiou' else 'a'} {client.role}"


def find_client(connection: Connection, key: str, *, at_us: int) -> Client | None:
    """Client with this key, unless it has expired or was revoked."""
    rows = _OF_KEY.run(connection, {"hash": _hash(key), "at": at_us})
    return next(map(Client.of, rows), None)


def client_of_key(connection: Connection, key_id: str, *, at_us: int) -> Client | None:
    """Client of the key with this identifier, unless it has expired or was revoked."""
    rows = _OF_KEY_ID.run(connection, {"key_id": key_id, "at": at_us})
    return next(map(Client.of, rows), None)


def key_of(connection: Connection, key: str, *, at_us: int) -> ClientKey | None:
    """Record of this key, unless it has expired or was revoked."""
    return next(_keys(connection, client_keys.c.key_hash == _hash(key), valid(at_us)), None)


def client_named(connection: Connection, client_id: str, *, at_us: int) -> Client | None:
    """Client of this name, as long as one of its keys is valid."""
    return next((one.client for one in _keys(connection, clients.c.client_id == client_id, valid(at_us))), None)


def clients_with(connection: Connection, roles: Iterable[Role], *, at_us: int) -> list[str]:
    """Names, in order, of the clients with one of the roles and a valid key."""
    rows = _WITH_ROLE.run(connection, {"roles": texts(role.value for role in roles), "at": at_us})
    return [row["client_id"] for row in rows]


def keys_of(connection: Connection, client_id: str | None = None) -> list[ClientKey]:
    """Keys of a client, or of all, oldest first."""
    return list(_keys(connection, *([clients.c.client_id == client_id] if client_id is not None else [])))


def rotate(connection: Connection, client_id: str, *, at_us: int, overlap_us: int, expires_at: int | None) -> str:
    """Give a client a new key, and let those that are valid expire when the overlap is over; return the new one.

    Raises
    ------
    StoreError
        When there is no such client.
    """
    client = _client(connection, client_id)
    if client is None:
        raise _unknown(client_id)
    end = at_us + overlap_us
    sooner = or_(client_keys.c.expires_at.is_(None), client_keys.c.expires_at > end)
    connection.execute(client_keys.update().where(client_keys.c.client_id == client_id, sooner).values(expires_at=end))
    return add_client(connection, client, at_us=at_us, expires_at=expires_at)


def revoke(connection: Connection, *, client_id: str | None = None, key_id: str | None = None, at_us: int) -> int:
    """Revoke one key, or every key of a client, from now on; return how many were not revoked before.

    Raises
    ------
    StoreError
        When there is no such client or key.
    """
    wanted = client_keys.c.key_id == key_id if key_id is not None else client_keys.c.client_id == client_id
    if connection.execute(select(client_keys.c.key_id).where(wanted)).first() is None:
        raise (
            _unknown(client_id or "")
            if key_id is None
            else StoreError(f"there is no key {key_id}. `parcel-risk clients` lists them.")
        )
    valid = client_keys.c.revoked_at.is_(None)
    return connection.execute(client_keys.update().where(wanted, valid).values(revoked_at=at_us)).rowcount


def _unknown(client_id: str) -> StoreError:
    return StoreError(f"there is no client {client_id}. `parcel-risk clients` lists them.")


def valid(at_us: int | BindParameter[int]) -> ColumnElement[bool]:
    """Condition that a key has neither expired nor been revoked."""
    ends = or_(client_keys.c.expires_at.is_(None), client_keys.c.expires_at > at_us)
    return and_(client_keys.c.revoked_at.is_(None), ends)


_OF_KEY = Statement(
    select(clients)
    .join_from(clients, client_keys)
    .where(client_keys.c.key_hash == bindparam("hash", type_=String()), valid(bindparam("at", type_=BigInteger())))
)

_OF_KEY_ID = Statement(
    select(clients)
    .join_from(clients, client_keys)
    .where(client_keys.c.key_id == bindparam("key_id", type_=String()), valid(bindparam("at", type_=BigInteger())))
)


_WITH_ROLE = Statement(
    select(clients.c.client_id)
    .distinct()
    .join_from(clients, client_keys)
    .where(clients.c.role.in_(each_of("roles")), valid(bindparam("at", type_=BigInteger())))
    .order_by(clients.c.client_id)
)


def _client(connection: Connection, client_id: str) -> Client | None:
    row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one_or_none()
    return Client.of(dict(row._mapping)) if row else None


def _keys(connection: Connection, *wanted: ColumnElement[bool]) -> Iterator[ClientKey]:
    query = (
        select(client_keys, clients.c.role, clients.c.operator, clients.c.sees_scores, clients.c.is_sandbox)
        .join_from(client_keys, clients)
        .where(*wanted)
    )
    for row in connection.execute(query.order_by(client_keys.c.created_at, client_keys.c.key_id)):
        yield ClientKey(
            key_id=row.key_id,
            client=Client.of(dict(row._mapping)),
            hint=row.hint,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
