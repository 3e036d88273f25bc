"""What an operator is called about: from the event log, and from nothing that he may not read.

A message is thin: it names the parcel and says what changed, and whoever gets it asks `GET /v1/parcels/...`. It is sent
for each declaration of the operator, when an answer that was kept back is shown, and when the office asks for something
else than before. What is asked covertly makes no message: the referral is compared as the operator is shown it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from features.log import PARCEL
from policy import Referral
from serving.office.amending import Instead, shown_instead
from serving.office.answers import referral_of
from serving.office.current import Version, versions_of
from serving.store import Connection, Scored
from serving.store import log as event_log
from serving.store.amendments import shown_between
from serving.store.scores import decisions_between, scores_of
from serving.store.times import time_of
from serving.store.webhooks import Webhook

Changed = Literal["lodged", "amended", "referral", "answer"]
ANSWERED, TEST = "parcel.answered", "webhook.test"
PORTION = 200
"""Events that are looked at in one read."""


@dataclass(frozen=True, kw_only=True)
class News:
    """One message to be sent.

    Attributes
    ----------
    seq:
        Event that it is about.
    changed:
        What has changed for the operator.
    """

    seq: int
    parcel_id: str
    version: int
    changed: Changed
    at: datetime

    def body(self) -> bytes:
        """The message; nothing in it is personal but the number that the operator gave."""
        data = {"parcel_id": self.parcel_id, "version": self.version, "changed": self.changed}
        return message(ANSWERED, self.at, data)


def message(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """A message as it is sent."""
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, separators=(",", ":")).encode()


def decided(connection: Connection, one: Webhook, until: int, at: datetime) -> list[News]:
    """News of the decisions behind what was sent already, up to an event, in order."""
    seqs = [row.seq for row in decisions_between(connection, one.done_seq + 1, until)]
    events = [event for event in event_log.events_at(connection, seqs) if _is_of(event, one)]
    if not events:
        return []
    versions = versions_of(connection, {event["parcel_id"] for event in events})
    mine = [version for version in versions if version.key[0] == one.operator]
    numbers = [version.seq for version in mine]
    shown = _Shown(scores_of(connection, numbers), shown_instead(connection, numbers, at))
    made = (_news(event, mine, shown) for event in events)
    return [found for found in made if found is not None]


def disclosed_later(connection: Connection, one: Webhook, until_us: int) -> list[News]:
    """News of answers that were kept back and are shown by now."""
    times = dict(shown_between(connection, one.shown_until, until_us))
    events = [event for event in event_log.events_at(connection, times) if _is_of(event, one)]
    return [_of(event, "answer", time_of(times[event["seq"]])) for event in events]


@dataclass(frozen=True)
class _Shown:
    """Answers as the operator is shown them now."""

    scored: Mapping[int, Scored]
    instead: Mapping[int, Instead]

    def referral(self, seq: int) -> Referral:
        one = self.instead[seq].scored if seq in self.instead else self.scored[seq]
        return referral_of(one) if one.disclosed is None else Referral.parse(one.disclosed.referral)


def _news(event: Mapping[str, Any], versions: Sequence[Version], shown: _Shown) -> News | None:
    """News of one decision; None where nothing has changed for the operator."""
    seq = event["seq"]
    life = next(one.life for one in versions if one.seq == seq)
    before = max(_scored_before(versions, life, seq, shown), default=None)
    if before is None:
        return _of(event, "lodged", event["known_at"])
    if shown.scored[before].content != shown.scored[seq].content:
        return _of(event, "amended", event["known_at"])
    if shown.referral(before) != shown.referral(seq):
        return _of(event, "referral", event["known_at"])
    return None


def _scored_before(versions: Sequence[Version], life: object, seq: int, shown: _Shown) -> Iterator[int]:
    return (one.seq for one in versions if one.life == life and one.seq < seq and one.seq in shown.scored)


def _is_of(event: Mapping[str, Any], one: Webhook) -> bool:
    """Whether an event is a parcel of the operator that was not erased."""
    return event["kind"] == PARCEL and event["operator"] == one.operator and bool(event["parcel_id"])


def _of(event: Mapping[str, Any], changed: Changed, at: datetime) -> News:
    return News(seq=event["seq"], parcel_id=event["parcel_id"], version=event["version"] or 1, changed=changed, at=at)
