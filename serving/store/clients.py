"""API keys: one per client, known to the store only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, select

from serving.store.tables import clients


class Role(StrEnum):
    """What a client may do."""

    OPERATOR = "operator"
    """Lodges manifests and reads the answers to its own parcels."""
    OFFICER = "officer"
    """Reads every answer and records outcomes."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who calls; `operator` is set for operators."""

    client_id: str
    role: Role
    operator: str | None


def _hash(key: str) -> str:
    # Keys hold 256 random bits, so a plain digest cannot be searched backwards; passwords would need a slow one.
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def add_client(connection: Connection, client: Client, *, at_us: int) -> str:
    """Store a client and return its key, which is shown once and cannot be read again. An earlier key stops working."""
    key = "prk_" + secrets.token_urlsafe(32)
    connection.execute(clients.delete().where(clients.c.client_id == client.client_id))
    connection.execute(
        clients.insert().values(
            client_id=client.client_id,
            role=client.role.value,
            operator=client.operator,
            key_hash=_hash(key),
            created_at=at_us,
            revoked=False,
        )
    )
    return key


def find_client(connection: Connection, key: str) -> Client | None:
    """Client with this key, unless it was revoked."""
    return _client(connection, clients.c.key_hash == _hash(key))


def client_named(connection: Connection, client_id: str) -> Client | None:
    """Client of this name, unless it was revoked."""
    return _client(connection, clients.c.client_id == client_id)


def _client(connection: Connection, wanted: ColumnElement[bool]) -> Client | None:
    row = connection.execute(select(clients).where(wanted, clients.c.revoked.is_(False))).one_or_none()
    return Client(client_id=row.client_id, role=Role(row.role), operator=row.operator) if row else None
