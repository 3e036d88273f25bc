"""Passphrases of persons: known to the store only as a slow hash, with what was tried in vain.

How a passphrase is hashed and compared is decided in `serving.office.passphrases`; here is what is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    update,
)

from serving.store.clients import Client, Role
from serving.store.statements import Statement, each_of, texts
from serving.store.tables import clients, metadata

passphrases = Table(
    "passphrases",
    metadata,
    Column("client_id", String(60), ForeignKey("clients.client_id"), primary_key=True),
    Column("phrase_hash", String(200), nullable=False, comment="argon2id"),
    Column("generation", Integer, nullable=False, comment="counts the passphrases there were"),
    Column("is_one_time", Integer, nullable=False, comment="1 until the person has chosen one"),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, comment="null: never"),
    Column("revoked_at", BigInteger),
    Column("n_failed", Integer, nullable=False, server_default="0", comment="since the last success"),
    Column("locked_until", BigInteger, nullable=False, server_default="0"),
    Column("pin_hash", String(200), comment="argon2id; unlocks a session, begins none"),
    Column("pin_failed", Integer, nullable=False, server_default="0", comment="since the last success"),
)
"""The newest passphrase of each person who has one."""


@dataclass(frozen=True, kw_only=True)
class Passphrase:
    """What is kept of a person's passphrase; the columns of the table say what each value means."""

    client: Client
    phrase_hash: str
    generation: int
    is_one_time: bool
    expires_at: int | None
    revoked_at: int | None
    n_failed: int
    locked_until: int
    pin_hash: str | None = None
    pin_failed: int = 0

    def state(self, at_us: int) -> str:
        """Whether it is accepted at a time: valid, one-time, locked, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= at_us:
            return "expired"
        if self.locked_until > at_us:
            return "locked"
        return "one-time" if self.is_one_time else "valid"


def person_named(connection: Connection, name: str) -> Passphrase | None:
    """Passphrase of the person of this name, whatever its state; None where there is none."""
    return next(iter(_found(connection, name)), None)


def all_persons(connection: Connection) -> list[Passphrase]:
    """Everybody who has a passphrase, by name."""
    return _found(connection)


def add_person(connection: Connection, client: Client, *, at_us: int) -> None:
    """Enter a person who has no key yet; one who is known already stays as he is."""
    if connection.execute(select(clients.c.client_id).where(clients.c.client_id == client.client_id)).first() is None:
        row = {"client_id": client.client_id, "role": client.role.value, "operator": None}
        connection.execute(clients.insert().values(**row, created_at=at_us, sees_scores=0))


def known_role(connection: Connection, name: str) -> Role | None:
    """Role of the client of this name; None where there is none."""
    role = connection.execute(select(clients.c.role).where(clients.c.client_id == name)).scalar()
    return Role(role) if role is not None else None


def keep(
    connection: Connection, name: str, phrase_hash: str, *, at_us: int, is_one_time: bool, expires_at: int | None = None
) -> int:
    """Give a person another passphrase: the one before, and a PIN, open nothing any more; return its generation."""
    before = connection.execute(select(passphrases.c.generation).where(passphrases.c.client_id == name)).scalar()
    generation = (before or 0) + 1
    given = {"phrase_hash": phrase_hash, "generation": generation, "is_one_time": int(is_one_time), "made_at": at_us}
    given |= {
        "expires_at": expires_at,
        "revoked_at": None,
        "n_failed": 0,
        "locked_until": 0,
        "pin_hash": None,
        "pin_failed": 0,
    }
    if before is None:
        connection.execute(passphrases.insert().values(client_id=name, **given))
    else:
        connection.execute(_of(name).values(**given))
    return generation


def use_up(connection: Connection, name: str, *, at_us: int) -> None:
    """Let a one-time passphrase open nothing any more; the session that it has begun stays."""
    connection.execute(_of(name).values(expires_at=at_us, n_failed=0, locked_until=0))


def note_failure(connection: Connection, name: str, *, n_failed: int, locked_until: int) -> None:
    """Keep how often somebody tried in vain, and how long nobody may try again."""
    connection.execute(_of(name).values(n_failed=n_failed, locked_until=locked_until))


def keep_pin(connection: Connection, name: str, pin_hash: str) -> None:
    """Give a person another PIN."""
    connection.execute(_of(name).values(pin_hash=pin_hash, pin_failed=0))


def note_wrong_pin(connection: Connection, name: str, *, pin_failed: int) -> None:
    """Keep how often a wrong PIN was given in a row."""
    connection.execute(_of(name).values(pin_failed=pin_failed))


def forget_failures(connection: Connection, name: str) -> None:
    """Let a person who proved who is there, or whom an administrator lets in, begin anew with failures."""
    connection.execute(_of(name).values(n_failed=0, locked_until=0, pin_failed=0))


def revoke_passphrase(connection: Connection, name: str, *, at_us: int) -> int:
    """Let a person's passphrase, and every session begun with it, open nothing any more; return how many there were."""
    return connection.execute(_of(name).where(passphrases.c.revoked_at.is_(None)).values(revoked_at=at_us)).rowcount


def names_with(connection: Connection, roles: Iterable[Role], *, at_us: int) -> list[str]:
    """Names, in order, of the persons with one of the roles and a passphrase that was not revoked."""
    rows = _WITH_ROLE.run(connection, {"roles": texts(role.value for role in roles), "at": at_us})
    return [row["client_id"] for row in rows]


def has_passphrase(connection: Connection, name: str, *, at_us: int) -> Client | None:
    """Person of this name with a passphrase that was not revoked and has not expired."""
    query = select(clients).join(passphrases, clients.c.client_id == passphrases.c.client_id)
    row = connection.execute(query.where(clients.c.client_id == name, _is_current(at_us))).one_or_none()
    return Client.of(dict(row._mapping)) if row else None


def _is_current(at_us: int | BindParameter[int]) -> ColumnElement[bool]:
    ends = or_(passphrases.c.expires_at.is_(None), passphrases.c.expires_at > at_us)
    return and_(passphrases.c.revoked_at.is_(None), ends)


_WITH_ROLE = Statement(
    select(passphrases.c.client_id)
    .join(clients, clients.c.client_id == passphrases.c.client_id)
    .where(clients.c.role.in_(each_of("roles")), _is_current(bindparam("at", type_=BigInteger())))
    .order_by(passphrases.c.client_id)
)


def _of(name: str) -> Update:
    return update(passphrases).where(passphrases.c.client_id == name)


def _found(connection: Connection, name: str | None = None) -> list[Passphrase]:
    query = select(passphrases, clients.c.role, clients.c.operator, clients.c.sees_scores, clients.c.is_sandbox)
    query = query.join(clients, clients.c.client_id == passphrases.c.client_id).order_by(passphrases.c.client_id)
    if name is not None:
        query = query.where(passphrases.c.client_id == name)
    return [
        Passphrase(
            client=Client.of(dict(row._mapping)),
            phrase_hash=row.phrase_hash,
            generation=row.generation,
            is_one_time=bool(row.is_one_time),
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            n_failed=row.n_failed,
            locked_until=row.locked_until,
            pin_hash=row.pin_hash,
            pin_failed=row.pin_failed,
        )
        for row in connection.execute(query)
    ]
