"""Amendments are no oracle: which answers an operator is shown later, and who seems to try what is let through.

An amendment is scored and decided on like any declaration, and the line knows at once. What its sender is shown until
the time that the table says is the answer of before: it was shown already, so that nothing is learned from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from features.event_rows import Row
from policy.amendments import DAY, HOUR, AmendmentRule
from serving.office.answers import Answer, answer_of
from serving.office.office import Office
from serving.store import Client, Connection, Scored
from serving.store.amendments import Amended, Counts, amended_often, counts_of, insert_amendment, not_shown
from serving.store.database import note
from serving.store.scores import scores_of
from serving.store.times import microseconds, time_of

PROBING = "probing"
"""Action of the audit entry about who amends often."""


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """A parcel that its operator declared anew.

    Attributes
    ----------
    event:
        The new event, `scored` what was decided on it.
    before:
        What was decided on the declaration before it.
    """

    event: Row
    scored: Scored
    before: Scored
    client: Client


@dataclass(frozen=True, kw_only=True)
class Instead:
    """The answer that is shown in place of another one, until a time."""

    scored: Scored
    until: datetime

    def of(self, answer: Answer) -> Answer:
        """The answer as its operator is shown it."""
        return answer.model_copy(update={**answer_of(self.scored), "pending_until": self.until})


def note_amendments(
    office: Office, connection: Connection, amended: Sequence[Amendment], at: datetime
) -> dict[int, Instead]:
    """Write the amendments down and report probing; answers that are not shown yet, by their sequence number."""
    if not amended:
        return {}
    rule, at_us = office.amendments.on(at.date()), microseconds(at)
    earlier = not_shown(connection, (one.before.seq for one in amended), at_us)
    instead: dict[int, Instead] = {}
    for one in amended:
        counts = _counts(office, connection, one, at)
        shown_at = rule.shown_at(one.event, at, n_parcel=counts.n_parcel, n_client=counts.n_client)
        shown_seq, _ = earlier.get(one.before.seq, (one.before.seq, 0))
        _write(office, connection, one, shown_seq, shown_at, at_us)
        _report(connection, one, rule, counts, at_us)
        if shown_at > at:
            known = one.before if shown_seq == one.before.seq else scores_of(connection, [shown_seq])[shown_seq]
            instead[one.scored.seq] = Instead(scored=known, until=shown_at)
    return instead


def shown_instead(connection: Connection, seqs: Iterable[int], at: datetime) -> Mapping[int, Instead]:
    """Of answers to events `seqs`, those that their operator is not shown yet, with what is shown instead."""
    wanted = list(seqs)
    waiting = not_shown(connection, wanted, microseconds(at)) if wanted else {}
    if not waiting:  # as nearly always
        return {}
    known = scores_of(connection, [shown_seq for shown_seq, _ in waiting.values()])
    return {
        seq: Instead(scored=known[shown_seq], until=time_of(until_us))
        for seq, (shown_seq, until_us) in waiting.items()
        if shown_seq in known
    }


def probed(office: Office, connection: Connection, days: int, limit: int) -> list[Amended]:
    """Parcels that were amended so often within some days that it is reported."""
    at = office.clock()
    least = office.amendments.on(at.date()).probing
    since_us = microseconds(at - timedelta(days=days))
    return amended_often(connection, since_us=since_us, least=least, limit=limit)


def _counts(office: Office, connection: Connection, one: Amendment, at: datetime) -> Counts:
    """Amendments lately, this one as well."""
    before = counts_of(
        connection,
        parcel=_parcel(office, one),
        client_id=one.client.client_id,
        day_us=microseconds(at - DAY),
        hour_us=microseconds(at - HOUR),
    )
    n_moved = before.n_moved + _is_moved(one)
    return Counts(n_parcel=before.n_parcel + 1, n_client=before.n_client + 1, n_moved=n_moved)


def _write(
    office: Office, connection: Connection, one: Amendment, shown_seq: int, shown_at: datetime, at_us: int
) -> None:
    row = {
        "seq": one.scored.seq,
        "client_id": one.client.client_id,
        "parcel": _parcel(office, one),
        "amended_at": at_us,
        "is_moved": int(_is_moved(one)),
        "shown_seq": shown_seq,
        "shown_at": microseconds(shown_at),
    }
    insert_amendment(connection, row)


def _report(connection: Connection, one: Amendment, rule: AmendmentRule, counts: Counts, at_us: int) -> None:
    """Write into the audit that a parcel, or a client, has come to another so many amendments."""
    says = []
    if counts.n_parcel % rule.probing == 0:
        says.append(f"{counts.n_parcel} amendments of one parcel in 24 hours")
    if _is_moved(one) and counts.n_moved % rule.moved == 0:
        says.append(f"{counts.n_moved} amendments in 24 hours that moved a referral")
    for detail in says:
        note(
            connection,
            at_us=at_us,
            client_id=one.client.client_id,
            action=PROBING,
            seqs=[one.scored.seq],
            detail=detail,
        )


def _is_moved(one: Amendment) -> bool:
    return one.scored.referral != one.before.referral


def _parcel(office: Office, one: Amendment) -> bytes:
    return office.secrets.vault.handle(f"amended\x1f{one.event['operator']}\x1f{one.event['parcel_id']}")
