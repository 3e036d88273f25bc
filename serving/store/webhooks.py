"""Webhooks: who wants to be called at which address, and up to which event each was.

The event log is the outbox: what is to be sent is read from it behind `done_seq`, so that nothing that was committed is
forgotten, and nothing that was not is sent. No table holds the secret of a webhook.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Row, String, Table, Text, select, update

from serving.store.tables import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("webhook_id", String(40), primary_key=True),
    Column("client_id", String(60), nullable=False),
    Column("operator", String(35), nullable=False),
    Column("url", Text, nullable=False),
    Column("generation", Integer, nullable=False, comment="of its secret, which no table holds"),
    Column("rotated_at", BigInteger, comment="since when the secret before this one ends"),
    Column("created_at", BigInteger, nullable=False),
    Column("done_seq", BigInteger, nullable=False, comment="event up to which it was called"),
    Column("shown_until", BigInteger, nullable=False, comment="the same of answers that are shown later"),
    Column("n_failures", Integer, nullable=False, comment="tries in a row that failed"),
    Column("retry_at", BigInteger),
    Column("n_sent", BigInteger, nullable=False),
    Column("last_at", BigInteger),
    Column("last_result", String(100)),
    Column("disabled_at", BigInteger),
    Column("disabled_because", String(200)),
    Index("webhooks_by_client", "client_id"),
)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One webhook.

    Attributes
    ----------
    url:
        Address that is called.
    generation, rotated_at:
        Of its secret: the one before it holds for a while after `rotated_at`.
    done_seq, shown_until:
        Event up to which it was called, and time up to which it was about answers that are shown later.
    n_failures, retry_at:
        Tries in a row that failed, and when the next one is due.
    n_sent, last_at, last_result:
        Messages that arrived, and what became of the last try.
    disabled_at, disabled_because:
        Since when nothing is sent, and why; None while it is.
    """

    webhook_id: str
    client_id: str
    operator: str
    url: str
    generation: int = 1
    rotated_at: int | None = None
    created_at: int
    done_seq: int
    shown_until: int
    n_failures: int = 0
    retry_at: int | None = None
    n_sent: int = 0
    last_at: int | None = None
    last_result: str | None = None
    disabled_at: int | None = None
    disabled_because: str | None = None


def add_webhook(connection: Connection, one: Webhook) -> None:
    """Keep a new webhook."""
    connection.execute(webhooks.insert().values(**asdict(one)))


def change_webhook(connection: Connection, one: Webhook, **changes: Any) -> bool:
    """Change columns of a webhook; nothing, and False, where it was called or changed since `one` was read."""
    is_same = [webhooks.c[name] == getattr(one, name) for name in ("webhook_id", "done_seq", "shown_until")]
    is_same.append(webhooks.c.disabled_at.is_not_distinct_from(one.disabled_at))
    return connection.execute(update(webhooks).where(*is_same).values(**changes)).rowcount == 1


def webhooks_of(connection: Connection, client_id: str) -> list[Webhook]:
    """Webhooks of a client, oldest first."""
    query = select(webhooks).where(webhooks.c.client_id == client_id)
    return [_webhook(row) for row in connection.execute(query.order_by(webhooks.c.created_at, webhooks.c.webhook_id))]


def webhook_of(connection: Connection, client_id: str, webhook_id: str) -> Webhook | None:
    """One webhook of a client; None where it has no such."""
    return next((one for one in webhooks_of(connection, client_id) if one.webhook_id == webhook_id), None)


def enabled_webhooks(connection: Connection) -> list[Webhook]:
    """Webhooks to which something may be sent."""
    query = select(webhooks).where(webhooks.c.disabled_at.is_(None))
    return [_webhook(row) for row in connection.execute(query.order_by(webhooks.c.webhook_id))]


def n_disabled(connection: Connection) -> int:
    """Count the webhooks to which nothing is sent."""
    return len(connection.execute(select(webhooks.c.webhook_id).where(webhooks.c.disabled_at.is_not(None))).all())


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(**row._mapping)
