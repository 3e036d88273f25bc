"""Remove feature rows that need not be kept, in small portions, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from serving.office.office import Office
from serving.store.rows import is_due, sweep
from serving.store.times import microseconds

_PORTION = 2_000
"""Scores of one transaction: some ten milliseconds."""
EVERY_S = 600.0
"""Seconds between two looks for rows to remove."""


def sweep_rows(office: Office, days: int, is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Remove rows of scores that are older than `days`, but those that are kept for ever."""
    before_us = microseconds(office.clock() - timedelta(days=days))
    with office.store.begin_read() as connection:
        more = is_due(connection, before_us=before_us)
    while more and not is_stopped():
        with office.writer.transaction(can_wait=True) as transaction:
            more = sweep(transaction.connection, before_us=before_us, limit=_PORTION)
