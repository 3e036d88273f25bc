"""Degraded answers are given again when nothing is missing any more, and what differs is listed.

Only parcels that can still be acted on: neither inspected nor cancelled nor amended since. A referral of before stays:
the second answer can only add to it, as an amendment can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from serving.office.current import Current, current_parcels
from serving.office.deciding import LABEL_ALONE
from serving.office.ladder import Ladder
from serving.office.model_keeping import SERVICE
from serving.office.office import Office
from serving.office.scoring import rescore
from serving.office.stopping import STOPPED
from serving.office.writer import Transaction
from serving.store import Client, Connection, Role, Scored
from serving.store import log as event_log
from serving.store.rescored import insert_rescored, lacking, pairs
from serving.store.scores import scores_of
from serving.store.times import microseconds, time_of
from serving.store.volumes import first_since

BACK = timedelta(days=7)
"""Parcels of longer ago have left."""
EVERY_S = 10.0
AT_ONCE = 50
"""Answers of one transaction: what others wait for is some ten milliseconds."""
_FOR_EVER = (LABEL_ALONE, STOPPED)
"""What no later model makes up for: nobody declared the item, or a person had stopped the score."""
_CLIENT = Client(client_id=SERVICE, role=Role.ADMINISTRATOR, operator=None)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A degraded answer and the one that replaced it.

    Attributes
    ----------
    number:
        Counts the answers that were given again.
    missing:
        What the first one lacked.
    """

    number: int
    operator: str | None
    parcel_id: str | None
    missing: str
    rescored_at: datetime
    before: Scored
    after: Scored

    @property
    def is_moved(self) -> bool:
        """Whether another referral or cause followed."""
        return (self.before.referral, self.before.cause) != (self.after.referral, self.after.cause)


class Rescoring:
    """What a service does in the background about degraded answers; it looks at each answer once."""

    def __init__(self, office: Office, ladder: Ladder) -> None:
        """Begin with the answers of the last days."""
        self._office, self._ladder = office, ladder
        self._from_seq: int | None = None

    def keep(self) -> int:
        """Give a portion of degraded answers again, where nothing has been missing for long; return how many."""
        if self._office.champion.degraded is not None or not self._ladder.is_whole_for_long:
            return 0
        return self.again()

    def again(self) -> int:
        """Give a portion of degraded answers again; return how many."""
        office = self._office
        with office.store.begin_read() as connection:
            newest = event_log.last_seq(connection)
            if self._from_seq is None:
                self._from_seq = first_since(connection, microseconds(office.clock() - BACK))
            if not lacking(connection, alone=_FOR_EVER, from_seq=self._from_seq, limit=1):
                self._from_seq = newest + 1
                return 0
        with office.writer.transaction(can_wait=True) as transaction:
            return _portion(office, transaction, self._from_seq)


def _portion(office: Office, transaction: Transaction, from_seq: int) -> int:
    connection, at = transaction.connection, office.clock()
    found = lacking(connection, alone=_FOR_EVER, from_seq=from_seq, limit=AT_ONCE)
    lives = current_parcels(connection, [one.parcel_id for one in found if one.parcel_id], at).lives.values()
    current = {one.known.seq: one for by_time in lives for one in by_time.values()}
    given = {one.seq: _again(office, transaction, current.get(one.seq)) for one in found}
    rows = [
        {"before_seq": one.seq, "after_seq": given[one.seq], "missing": one.missing, "rescored_at": microseconds(at)}
        for one in found
    ]
    insert_rescored(connection, rows)
    return sum(seq is not None for seq in given.values())


def _again(office: Office, transaction: Transaction, current: Current | None) -> int | None:
    """Event of the second answer; None where the parcel has another version, or nothing can be done about it."""
    if current is None or current.known.is_inspected:
        return None
    scored = rescore(office, transaction, current, {}, _CLIENT)
    return None if scored is None else scored.seq


def differences(connection: Connection, *, after: int = 0, limit: int = 1000) -> list[Difference]:
    """Answers that were given again, in order, behind a number."""
    found = pairs(connection, after=after, limit=limit)
    known = scores_of(connection, [seq for one in found for seq in (one.before_seq, one.after_seq)])
    return [
        Difference(
            number=one.number,
            operator=one.operator,
            parcel_id=one.parcel_id,
            missing=one.missing,
            rescored_at=time_of(one.rescored_at),
            before=known[one.before_seq],
            after=known[one.after_seq],
        )
        for one in found
    ]
