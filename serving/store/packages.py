"""Packages between authorities: the outbox and the quarantine, with what may be erased of them under seal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from serving.store.tables import metadata
from serving.store.vault import Vault

packages = Table(
    "packages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("direction", String(3), nullable=False, comment="out or in"),
    Column("number", String(60), nullable=False, comment="given by the sender"),
    Column("partner", String(40), nullable=False),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the whole package, also once it is erased"),
    Column("urgency", String(10), nullable=False),
    Column("made_at", BigInteger, nullable=False, comment="drafted, or received"),
    Column("made_by", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", BigInteger, comment="when the answer is due; null for a draft"),
    Column("decided_at", BigInteger, comment="when a person here released, withdrew, adopted or refused it"),
    Column("decided_by", String(60)),
    Column("answered_at", BigInteger, comment="when the partner's last receipt came"),
    Column("reason", String(300)),
    Column("document", Text, nullable=False, comment="JSON of what names nobody: codes, and items without indicators"),
    Column("subject", LargeBinary, comment="whose key in the vault seals the whole package"),
    Column("nonce", LargeBinary),
    Column("sealed", LargeBinary),
    UniqueConstraint("direction", "partner", "number", name="packages_once"),
)
"""Outbox and quarantine."""
OUT, IN = "out", "in"
DRAFT, WITHDRAWN, RELEASED, QUARANTINED = "draft", "withdrawn", "released", "quarantined"
OPEN = (DRAFT, RELEASED, QUARANTINED)
"""States in which somebody has to act."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One package without what is sealed of it; times in microseconds."""

    id: int
    direction: str
    number: str
    partner: str
    digest: str
    urgency: str
    made_at: int
    made_by: str
    state: str
    due_at: int | None
    decided_at: int | None
    decided_by: str | None
    answered_at: int | None
    reason: str | None
    document: dict[str, Any]

    @property
    def subject(self) -> str:
        """For whom the whole is sealed."""
        return subject_of(self.direction, self.partner, self.number)


def subject_of(direction: str, partner: str, number: str) -> str:
    """For whom a package is sealed."""
    return f"package\x1f{direction}\x1f{partner}\x1f{number}"


def put(connection: Connection, vault: Vault, document: dict[str, Any], **row: Any) -> int:
    """Keep a package; what names nobody in the open, the whole under seal."""
    subject = subject_of(row["direction"], row["partner"], row["number"])
    sealed = vault.seal(subject, document, subject)
    opened = json.dumps({**document, "items": [_open_part(one) for one in document["items"]]}, ensure_ascii=False)
    values = {**row, "document": opened, **sealed}
    return int(connection.execute(packages.insert().values(values).returning(packages.c.id)).scalar_one())


def _open_part(item: dict[str, Any]) -> dict[str, Any]:
    if item["kind"] != "indicator":
        return item
    return {"kind": item["kind"], "field": item["field"], "expires_on": item["expires_on"]}


def next_number(connection: Connection) -> int:
    """Number of the next package that is drafted here."""
    query = select(packages.c.id).where(packages.c.direction == OUT)
    return len(connection.execute(query).all()) + 1


def held(connection: Connection, direction: str, *, is_open: bool = False, limit: int = 1_000) -> list[Held]:
    """Packages of a direction, newest first: all, or those about which somebody has to act."""
    query = select(*_OPEN_COLUMNS).where(packages.c.direction == direction).order_by(packages.c.id.desc()).limit(limit)
    rows = connection.execute(query.where(packages.c.state.in_(OPEN)) if is_open else query).mappings()
    return [_held(dict(row)) for row in rows]


def one(connection: Connection, direction: str, number: str, partner: str | None = None) -> Held | None:
    """The package with a number; of a partner, where several may use it."""
    query = select(*_OPEN_COLUMNS).where(packages.c.direction == direction, packages.c.number == number)
    query = query if partner is None else query.where(packages.c.partner == partner)
    found = connection.execute(query).mappings().all()
    return _held(dict(found[0])) if len(found) == 1 else None


def whole(connection: Connection, vault: Vault, package: Held) -> dict[str, Any] | None:
    """The whole document; None once it was erased."""
    columns = packages.c.subject, packages.c.nonce, packages.c.sealed
    row = connection.execute(select(*columns).where(packages.c.id == package.id)).one()
    if row.subject is None:
        return None
    found: dict[str, Any] | None = vault.unseal(
        bytes(row.subject), bytes(row.nonce), bytes(row.sealed), package.subject
    )
    return found


def move(connection: Connection, package_id: int, **values: Any) -> None:
    """Change the state of a package, and what goes with it."""
    connection.execute(packages.update().where(packages.c.id == package_id).values(**values))


_OPEN_COLUMNS: Sequence[Column[Any]] = [
    column for column in packages.c if column.name not in ("subject", "nonce", "sealed")
]


def _held(row: dict[str, Any]) -> Held:
    return Held(**{**row, "document": json.loads(row["document"])})
