"""Sessions of the station: kept here, tied to the key that they were begun with, and ended for good."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, String, Table, bindparam, delete, select, update

from serving.store.clients import Client, Role, key_of, valid
from serving.store.statements import Statement
from serving.store.tables import client_keys, clients, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="of what the browser holds"),
    Column("key_id", String(16), ForeignKey("client_keys.key_id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
"""Sessions of persons at the station."""
_KEPT_US = 30 * 86_400_000_000
"""Sessions that are over for a month are forgotten."""


def begin(connection: Connection, key: str, *roles: Role, at_us: int, hours: int) -> str | None:
    """Begin a session with a valid key of a person with one of `roles`; what the browser holds, None for others."""
    found = key_of(connection, key, at_us=at_us)
    if found is None or found.client.role not in roles:
        return None
    connection.execute(delete(sessions).where(sessions.c.expires_at < at_us - _KEPT_US))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "key_id": found.key_id, "made_at": at_us}
    connection.execute(sessions.insert().values(**row, expires_at=at_us + hours * 3_600_000_000))
    return token


def client_in(connection: Connection, token: str, *, at_us: int) -> Client | None:
    """Whose session this is; None when it has ended, or its key is not valid any more."""
    rows = _OPEN.run(connection, {"hash": _hash(token), "at": at_us})
    return next(map(Client.of, rows), None)


def end(connection: Connection, token: str, *, at_us: int) -> None:
    """End a session: what the browser holds opens nothing any more."""
    over = sessions.c.token_hash == _hash(token)
    connection.execute(update(sessions).where(over, sessions.c.ended_at.is_(None)).values(ended_at=at_us))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


_AT = bindparam("at", type_=BigInteger())
_OPEN = Statement(
    select(clients)
    .join_from(sessions, client_keys)
    .join(clients, client_keys.c.client_id == clients.c.client_id)
    .where(
        sessions.c.token_hash == bindparam("hash", type_=String()),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _AT,
        valid(_AT),
    )
)
