"""Register, change and list webhooks; each change is in the audit."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from features.parcel.problems import ParcelRiskError
from serving.office.office import Office
from serving.office.webhooks.addresses import Addresses
from serving.office.webhooks.signing import secret_text
from serving.store import Client, Connection
from serving.store import log as event_log
from serving.store.database import note
from serving.store.times import microseconds
from serving.store.volumes import last_until
from serving.store.webhooks import Webhook, add_webhook, change_webhook, webhook_of, webhooks_of

MOST = 5
"""Webhooks of one client."""
OVERLAP = timedelta(hours=24)
"""For so long messages are signed under the secret before, too."""


class TooMany(ParcelRiskError):
    """A client that has as many webhooks as it may."""


def register(office: Office, addresses: Addresses, client: Client, url: str) -> Webhook:
    """Register a webhook: it is called about what comes from now on.

    Raises
    ------
    AddressRefused
        When the address may not be called.
    TooMany
        When the client has as many as it may.
    """
    addresses.target(url)
    at = office.clock()
    with office.writer.transaction() as transaction:
        connection = transaction.connection
        if len(webhooks_of(connection, client.client_id)) >= MOST:
            raise TooMany(f"a client has at most {MOST} webhooks. Use those that there are.")
        made = Webhook(
            webhook_id="wh_" + random.token_hex(8),
            client_id=client.client_id,
            operator=client.operator or "",
            url=url,
            created_at=microseconds(at),
            done_seq=event_log.last_seq(connection),
            shown_until=microseconds(at),
        )
        add_webhook(connection, made)
        _note(connection, "webhook added", made, at)
    return made


def rotate(office: Office, client: Client, webhook_id: str) -> Webhook | None:
    """Give a webhook another secret; for a day its messages are signed under the one before, too."""
    return _change(
        office,
        client,
        webhook_id,
        "webhook secret rotated",
        lambda one, at: {"generation": one.generation + 1, "rotated_at": microseconds(at)},
    )


def disable(office: Office, client: Client, webhook_id: str) -> Webhook | None:
    """Send nothing more; `replay` enables it again."""
    return _change(
        office,
        client,
        webhook_id,
        "webhook disabled",
        lambda one, at: {"disabled_at": microseconds(at), "disabled_because": "disabled by its owner"},
    )


def replay(office: Office, client: Client, webhook_id: str, since: datetime) -> Webhook | None:
    """Send again, with the same ids, what came since a time, and enable the webhook."""
    since_us = microseconds(since)
    with office.store.begin_read() as connection:
        done = last_until(connection, since_us - 1) or 0
    return _change(
        office,
        client,
        webhook_id,
        "webhook replayed",
        lambda one, at: {
            "done_seq": done,
            "shown_until": since_us,
            "n_failures": 0,
            "retry_at": None,
            "disabled_at": None,
            "disabled_because": None,
        },
    )


def secrets_of(office: Office, one: Webhook, at: datetime) -> list[str]:
    """Secrets under which a message is signed now, the newest first."""
    is_overlapping = one.rotated_at is not None and microseconds(at - OVERLAP) < one.rotated_at
    generations = [one.generation, one.generation - 1] if is_overlapping else [one.generation]
    return [_secret(office, one, generation) for generation in generations]


def _secret(office: Office, one: Webhook, generation: int) -> str:
    """Made from a secret of the installation, so that neither the store nor a backup holds it."""
    made = hmac.new(office.secrets.digest, f"webhook\x1f{one.webhook_id}\x1f{generation}".encode(), hashlib.sha256)
    return secret_text(made.digest())


def _change(
    office: Office,
    client: Client,
    webhook_id: str,
    action: str,
    changes: Callable[[Webhook, datetime], dict[str, object]],
) -> Webhook | None:
    """Change a webhook of the client; None where it has no such."""
    at = office.clock()
    with office.writer.transaction() as transaction:
        found = webhook_of(transaction.connection, client.client_id, webhook_id)
        if found is None:
            return None
        changed = changes(found, at)
        change_webhook(transaction.connection, found, **changed)
        _note(transaction.connection, action, found, at)
    return replace(found, **changed)  # type: ignore[arg-type]


def _note(connection: Connection, action: str, one: Webhook, at: datetime) -> None:
    at_us = microseconds(at)
    note(connection, at_us=at_us, client_id=one.client_id, action=action, seqs=[], detail=one.webhook_id)
