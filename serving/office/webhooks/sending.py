"""Work through what is due: call each webhook about its news in order, and keep how far it came.

What fails is tried again, ten times over some three days; then the webhook is disabled, with a notice in the audit,
in the log, in the figures and in the list of the client. A message may arrive twice, and has the same id then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from serving.office.office import Office
from serving.office.webhooks.addresses import Addresses
from serving.office.webhooks.calling import Called, call
from serving.office.webhooks.keeping import secrets_of
from serving.office.webhooks.news import PORTION, TEST, News, decided, disclosed_later, message
from serving.office.webhooks.signing import headers_of
from serving.store import log as event_log
from serving.store.database import note
from serving.store.times import microseconds
from serving.store.webhooks import Webhook, change_webhook, enabled_webhooks

EVERY_S = 1.0
BACK_OFF = tuple(timedelta(seconds=one) for one in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
"""Until the next try after so many failures in a row; after one more the webhook is disabled."""
MOST_TRIES = len(BACK_OFF) + 1
TURN_S = 20.0
"""For so long one webhook is called before others have their turn."""
_log = structlog.get_logger()


def send_due(office: Office, addresses: Addresses, is_over: Callable[[], bool] = lambda: False) -> int:
    """Call every webhook that has news; return how many messages arrived."""
    at_us = microseconds(office.clock())
    with office.store.begin_read() as connection:
        due = [one for one in enabled_webhooks(connection) if one.retry_at is None or one.retry_at <= at_us]
    return sum(_turn(office, addresses, one, is_over) for one in due)


def send_test(office: Office, addresses: Addresses, one: Webhook) -> Called:
    """Send one message that says nothing, whether the webhook is enabled or not."""
    at = office.clock()
    body = message(TEST, at, {"webhook_id": one.webhook_id})
    return _call(office, addresses, one, f"test {microseconds(at)}", body)


def _turn(office: Office, addresses: Addresses, one: Webhook, is_over: Callable[[], bool]) -> int:
    """Call one webhook until it has no more news, fails, or its time is over."""
    began, n_sent = time.monotonic(), 0
    while not is_over() and not _is_late(began):
        at = office.clock()
        with office.store.begin_read() as connection:
            last = event_log.last_seq(connection)
            until, until_us = min(last, one.done_seq + PORTION), microseconds(at)
            news = decided(connection, one, until, at)
            later = disclosed_later(connection, one, until_us) if until == last else []
        if not (news or later) and until - one.done_seq < PORTION:
            return n_sent  # to look at a few events of others again costs less than a write
        n, failed = _send(office, addresses, one, [*news, *later], lambda: is_over() or _is_late(began))
        n_sent += n
        # What arrived counts: only the rest is sent again.
        done = {"done_seq": news[n].seq - 1 if n < len(news) else until}
        if failed is not None:
            _keep_failure(office, one, n, failed, done)
            return n_sent
        if n < len(news) + len(later):
            _keep_success(office, one, n, done)
            return n_sent
        changes = {"done_seq": until} | ({"shown_until": until_us} if until == last else {})
        if not _keep_success(office, one, n, changes) or until == last:
            return n_sent
        with office.store.begin_read() as connection:
            found = [other for other in enabled_webhooks(connection) if other.webhook_id == one.webhook_id]
        if not found:
            return n_sent
        one = found[0]
    return n_sent


def _is_late(began: float) -> bool:
    return time.monotonic() - began > TURN_S


def _send(
    office: Office, addresses: Addresses, one: Webhook, news: Sequence[News], is_over: Callable[[], bool]
) -> tuple[int, Called | None]:
    """Send in order, until something fails or the time is over; how many arrived, and what failed."""
    for n, each in enumerate(news):
        if n and is_over():
            return n, None
        called = _call(office, addresses, one, f"{each.changed == 'answer'} {each.seq}", each.body())
        if not called.is_delivered:
            return n, called
    return len(news), None


def _call(office: Office, addresses: Addresses, one: Webhook, what: str, body: bytes) -> Called:
    at = office.clock()
    handle = office.secrets.vault.handle(f"webhook message\x1f{one.webhook_id}\x1f{what}")
    signed = headers_of(f"msg_{handle.hex()}", int(at.timestamp()), body, secrets_of(office, one, at))
    return call(addresses, one.url, {**signed, "Content-Type": "application/json"}, body)


def _keep_success(office: Office, one: Webhook, n: int, changes: dict[str, int]) -> bool:
    arrived = {"n_sent": one.n_sent + n, "last_at": microseconds(office.clock()), "last_result": "arrived"} if n else {}
    with office.writer.transaction(can_wait=True) as transaction:
        return change_webhook(transaction.connection, one, **changes, **arrived, n_failures=0, retry_at=None)


def _keep_failure(office: Office, one: Webhook, n: int, failed: Called, done: dict[str, int]) -> None:
    at = office.clock()
    n_failures = 1 if n else one.n_failures + 1
    changes: dict[str, object] = {
        **done,
        "n_sent": one.n_sent + n,
        "n_failures": n_failures,
        "last_at": microseconds(at),
        "last_result": failed.result,
    }
    is_last = n_failures >= MOST_TRIES
    changes |= _disabled(at, failed) if is_last else {"retry_at": microseconds(at + BACK_OFF[n_failures - 1])}
    with office.writer.transaction(can_wait=True) as transaction:
        is_kept = change_webhook(transaction.connection, one, **changes)
        if is_kept and is_last:
            at_us = microseconds(at)
            detail = f"{one.webhook_id} after {n_failures} tries: {failed.result}"
            what = "webhook disabled"
            note(transaction.connection, at_us=at_us, client_id=one.client_id, action=what, seqs=[], detail=detail)
    if is_kept and is_last:
        _log.error("webhook disabled", reason=failed.result, n=n_failures)


def _disabled(at: datetime, failed: Called) -> dict[str, object]:
    because = f"{MOST_TRIES} tries failed, the last with: {failed.result}"
    return {"disabled_at": microseconds(at), "disabled_because": because[:200], "retry_at": None}
