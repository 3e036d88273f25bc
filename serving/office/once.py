"""Requests with a key of their own: one that is repeated gets the first answer again, and writes nothing.

The answer is stored in the transaction that wrote, so that whoever was interrupted can always send the same request
again: either nothing of it was stored, or its answer was, too.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from features.parcel.problems import ParcelRiskError
from serving.office.office import Office
from serving.office.writer import Transaction
from serving.store import Connection
from serving.store.kept_answers import drop_answers, keep_answer, kept_answer
from serving.store.times import microseconds

KEPT = timedelta(hours=72)
"""For so long, at least, an answer is given again: a weekend, after which nobody repeats a request unseen."""
EVERY_S = 3600.0
"""Seconds between two sweeps of older ones."""


class KeyUsedBefore(ParcelRiskError):
    """A key came before with another request."""


@dataclass(frozen=True, kw_only=True)
class Once:
    """A request that is to have its effect once.

    Attributes
    ----------
    key, request:
        Keyed digests: of the client and the key it gave, and of what it asked.
    """

    key: bytes
    request: bytes

    @classmethod
    def of(cls, office: Office, client_id: str, key: str, request: bytes) -> Once:
        """Request of a client; `request` are the bytes that make it what it is, or their digest."""
        return cls(key=_digest(office, b"key", client_id.encode(), key.encode()), request=_digest(office, request))

    def kept(self, connection: Connection, part: int = 0) -> str | None:
        """Answer to a part of this request when it came before.

        Raises
        ------
        KeyUsedBefore
            When something else came with the same key.
        """
        found = kept_answer(connection, self.key, part)
        if found is None:
            return None
        if not hmac.compare_digest(found[0], self.request):
            raise KeyUsedBefore("the key came before with another request. Use a new key for every new request.")
        return found[1]

    def keep(self, connection: Connection, answer: str, at_us: int, part: int = 0) -> None:
        """Keep the answer to a part of this request."""
        keep_answer(connection, key=self.key, part=part, request=self.request, answer=answer, at_us=at_us)


def write_once(office: Office, once: Once | None, write: Callable[[Transaction], str]) -> tuple[str, bool]:
    """Answer of `write`, in one transaction, and whether it is that of an earlier time."""
    with office.writer.transaction() as transaction:
        kept = once.kept(transaction.connection) if once is not None else None
        if kept is not None:
            return kept, True
        answer = write(transaction)
        if once is not None:
            once.keep(transaction.connection, answer, microseconds(office.clock()))
        return answer, False


def sweep_answers(office: Office) -> None:
    """Forget answers that were kept long enough."""
    with office.writer.transaction(can_wait=True) as transaction:
        drop_answers(transaction.connection, before_us=microseconds(office.clock() - KEPT))


def _digest(office: Office, *parts: bytes) -> bytes:
    return hmac.digest(office.secrets.digest, b"\x1f".join((b"once", *parts)), "sha256")
