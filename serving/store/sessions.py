"""Sessions of the station: kept here, tied to the key or the passphrase that they began with, and ended for good."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from serving.store.clients import Client, Role, key_of, valid
from serving.store.passphrases import passphrases
from serving.store.statements import Statement
from serving.store.tables import client_keys, clients, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="of what the browser holds"),
    Column("key_id", String(16), ForeignKey("client_keys.key_id")),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column(
        "client_id",
        String(60),
        ForeignKey("passphrases.client_id", name="sessions_of_person"),
        comment="person who signed in with a passphrase",
    ),
    Column("generation", Integer, comment="of that passphrase"),
    Column("unlocked_at", BigInteger, nullable=False, server_default="0", comment="0: locked"),
)
"""Sessions of persons at the station."""
_KEPT_US = 30 * 86_400_000_000
"""Sessions that are over for a month are forgotten."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An open session.

    Attributes
    ----------
    by_key:
        Whether it began with an API key; otherwise with a passphrase.
    must_change:
        Whether the person has to choose a passphrase before anything else.
    unlocked_at:
        When the person last proved who is there; 0 where the session was locked.
    """

    client: Client
    by_key: bool
    must_change: bool
    unlocked_at: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> Session:
        """Session of a row."""
        by_key = row["key_id"] is not None
        must_change = not by_key and bool(row["is_one_time"])
        return cls(client=Client.of(row), by_key=by_key, must_change=must_change, unlocked_at=row["unlocked_at"])


def begin(connection: Connection, key: str, *roles: Role, at_us: int, hours: int) -> str | None:
    """Begin a session with a valid key of a person with one of `roles`; what the browser holds, None for others."""
    found = key_of(connection, key, at_us=at_us)
    if found is None or found.client.role not in roles:
        return None
    return _begun(connection, {"key_id": found.key_id}, at_us=at_us, expires_at=at_us + hours * 3_600_000_000)


def begin_as(connection: Connection, name: str, generation: int, *, at_us: int, expires_at: int) -> str:
    """Begin a session of a person whose passphrase of this generation was right; what the browser holds."""
    return _begun(connection, {"client_id": name, "generation": generation}, at_us=at_us, expires_at=expires_at)


def _begun(connection: Connection, whose: dict[str, Any], *, at_us: int, expires_at: int) -> str:
    connection.execute(delete(sessions).where(sessions.c.expires_at < at_us - _KEPT_US))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "made_at": at_us, "expires_at": expires_at, "unlocked_at": at_us}
    connection.execute(sessions.insert().values(**row, **whose))
    return token


def session_in(connection: Connection, token: str, *, at_us: int) -> Session | None:
    """Session of a browser; None when it has ended, or its key or passphrase is not valid any more."""
    rows = _OPEN.run(connection, {"hash": _hash(token), "at": at_us})
    return next(map(Session.of, rows), None)


def lock(connection: Connection, token: str) -> None:
    """Let a session open nothing until its person has proved again who is there."""
    connection.execute(update(sessions).where(sessions.c.token_hash == _hash(token)).values(unlocked_at=0))


def unlock(connection: Connection, token: str, *, at_us: int) -> None:
    """Let a session open again what it did."""
    connection.execute(update(sessions).where(sessions.c.token_hash == _hash(token)).values(unlocked_at=at_us))


def end(connection: Connection, token: str, *, at_us: int) -> None:
    """End a session: what the browser holds opens nothing any more."""
    over = sessions.c.token_hash == _hash(token)
    connection.execute(update(sessions).where(over, sessions.c.ended_at.is_(None)).values(ended_at=at_us))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


_AT = bindparam("at", type_=BigInteger())
_BY_PASSPHRASE = and_(
    passphrases.c.client_id == sessions.c.client_id,
    passphrases.c.generation == sessions.c.generation,
    passphrases.c.revoked_at.is_(None),
)
_OPEN = Statement(
    select(clients, sessions.c.key_id, sessions.c.unlocked_at, passphrases.c.is_one_time)
    .select_from(sessions)
    .outerjoin(client_keys, client_keys.c.key_id == sessions.c.key_id)
    .outerjoin(passphrases, _BY_PASSPHRASE)
    .join(clients, clients.c.client_id == func.coalesce(client_keys.c.client_id, passphrases.c.client_id))
    .where(
        sessions.c.token_hash == bindparam("hash", type_=String()),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _AT,
        or_(sessions.c.client_id.is_not(None), valid(_AT)),
    )
)
