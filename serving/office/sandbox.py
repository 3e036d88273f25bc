"""The sandbox: operators try their programs, and nothing of it is on record.

Parcels of a sandbox live in the memory of the service, apart for each client, and end with it. They are checked as
any others, and answered by their number: `magic_numbers` lists those that force a referral, doubt or refusal.
"""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from features.event_rows import Row
from features.parcel.damage import DAMAGE
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.numbers import compact
from features.parcel.problems import Doubt, Rejection
from features.parcel.reference import shipped_reference
from features.parcel.rule import Severity
from features.parcel.rules import flag_words, rules
from features.parcel.schema import LINE
from policy import Cause, Limit, Referral
from serving.office.answers import Answer, Status, with_doubts
from serving.office.problem_types import problem_types

MOST_PARCELS, MOST_KEYS, MOST_CLIENTS, MOST_ITEMS = 500, 100, 20, 100
"""Parcels and keys of each client, the oldest of which are forgotten first; clients; and parcels of one request.

Together they bound the memory that programs under trial can take: some 200 MB where all of them do their worst.
"""
MARK = "sandbox: this answer is invented"
_PENDING = timedelta(hours=24)
_AMENDED_LATER = "SBX-PENDING"
_REFUSED_LATER = {
    "outcome_known": (
        "parcel_id",
        "an outcome is on record, and the declaration cannot change any more.",
        "Keep it as it is.",
    ),
    "missing": ("parcel_id", "the field is missing.", "Give the field."),
}


@dataclass(frozen=True, kw_only=True)
class Magic:
    """What a number forces, in words, and as what: one of the fields behind `says` is set."""

    number: str
    says: str
    referral: Referral | None = None
    doubt: str = ""
    flag: str = ""
    rejection: str = ""
    problem: str = ""
    is_pending: bool = False


@cache
def magic_numbers() -> dict[str, Magic]:
    """Every number that forces something, without hyphens, in the order of the documentation."""
    return {compact(one.number): one for one in _magic()}


def _magic() -> Iterator[Magic]:
    for referral in Referral:
        yield Magic(number=_number("", referral), says=f"the referral `{referral}`", referral=referral)
    says = "an amendment is accepted, and its answer shown 24 hours later (`pending_until`)"
    yield Magic(number=_AMENDED_LATER, says=says, is_pending=True)
    dropping = {one.code for one in rules(shipped_reference()) if one.severity is Severity.DROP}
    for code in sorted({*DAMAGE, *dropping}):
        yield Magic(number=_number("D-", code), says=f"the doubt `{code}`", doubt=code)
    for code in sorted(one.code for one in rules(shipped_reference()) if one.severity is Severity.FLAG):
        yield Magic(number=_number("F-", code), says=f"the flag `{code}`", flag=code)
    refusing = {one.code for one in rules(shipped_reference()) if one.severity is Severity.REJECT}
    for code in sorted({*_REFUSED_LATER, *refusing}):
        yield Magic(number=_number("R-", code), says=f"the rejection `{code}`", rejection=code)
    for slug, one in problem_types().items():
        says = f"the problem *{one.title}* ({one.status[0]}), whatever else is in the request"
        yield Magic(number=_number("P-", slug), says=says, problem=slug)


def _number(prefix: str, code: str) -> str:
    return f"SBX-{prefix}{code.upper().replace('_', '-')}"


def magic_of(number: str) -> Magic | None:
    """What a number forces; None for an ordinary one."""
    return magic_numbers().get(compact(number))


def rejection_of(code: str, line: int) -> Rejection:
    """The rejection that is forced."""
    if code in _REFUSED_LATER:
        name, reason, remedy = _REFUSED_LATER[code]
        return Rejection(line=line, field=name, code=code, reason=reason, remedy=remedy)
    rule = next(one for one in rules(shipped_reference()) if (one.code, one.severity) == (code, Severity.REJECT))
    return Rejection(line=line, field=rule.field, code=code, reason=rule.says, remedy=rule.remedy)


@dataclass
class Kept:
    """Parcels, reports and answers of one client."""

    parcels: OrderedDict[str, list[tuple[bytes, Answer]]] = field(default_factory=OrderedDict)
    reports: set[tuple[str, str]] = field(default_factory=set)
    keys: OrderedDict[str, tuple[bytes, bytes]] = field(default_factory=OrderedDict)

    def newest(self, number: str) -> Answer | None:
        """The current answer to a parcel."""
        versions = self.parcels.get(compact(number))
        return versions[-1][1] if versions else None

    def answers(self) -> list[Answer]:
        """Current answers, oldest parcel first."""
        return [versions[-1][1] for versions in self.parcels.values()]

    def remember(self, key: str, asked: bytes, answered: bytes) -> None:
        """Keep an answer under the client's key of a request."""
        self.keys[key] = asked, answered
        while len(self.keys) > MOST_KEYS:
            self.keys.popitem(last=False)

    def reported(self, number: str, condition: str) -> bool:
        """Keep a report; whether it is new."""
        if len(self.reports) > MOST_PARCELS:
            self.reports.clear()
        is_new = (compact(number), condition) not in self.reports
        self.reports.add((compact(number), condition))
        return is_new

    def lodged(self, row: Row, doubts: list[Doubt], at: datetime) -> Answer:
        """Lodge a row, and answer by its number."""
        number, digest = compact(row["parcel_id"]), _digest(row)
        versions = self.parcels.setdefault(number, [])
        if versions and hmac.compare_digest(versions[-1][0], digest):
            return versions[-1][1].model_copy(update={"status": "repeated"})
        answer = _answer(row, doubts, versions[-1][1] if versions else None, at)
        versions[:] = [*versions[-1:], (digest, answer)]
        while len(self.parcels) > MOST_PARCELS:
            self.parcels.popitem(last=False)
        return answer


@dataclass
class Sandbox:
    """What the clients of the sandbox have lodged since the service began."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    clients: OrderedDict[str, Kept] = field(default_factory=OrderedDict)

    def of(self, client_id: str) -> Kept:
        """What is kept for a client. The caller has the lock."""
        kept = self.clients.setdefault(client_id, Kept())
        self.clients.move_to_end(client_id)
        while len(self.clients) > MOST_CLIENTS:
            self.clients.popitem(last=False)
        return kept


def _answer(row: Row, doubts: list[Doubt], before: Answer | None, at: datetime) -> Answer:
    magic = magic_of(row["parcel_id"]) or Magic(number="", says="")
    forced = [_doubt(magic.doubt, row[LINE])] if magic.doubt else []
    flags = [*(row[QUALITY_FLAGS] or []), *(one.code for one in forced if one.code in DAMAGE)]
    is_cancelled = row["function"] == "cancel"
    status: Status = "scored" if before is None else "amended"
    is_pending = magic.is_pending and before is not None
    answer = Answer(
        status="cancelled" if is_cancelled else status,
        parcel_id=row["parcel_id"],
        operator=row["operator"],
        version=1 if before is None else before.version + 1,
        n_other_claims=0,
        referral=magic.referral or Referral.NOT_ASSESSED,
        cause=Cause.NONE,
        limit=Limit.NONE,
        propensity=0.0,
        probability=None,
        flow_share=None,
        reasons=None,
        against=None,
        quality_flags=list(dict.fromkeys([*flags, *([magic.flag] if magic.flag else [])])),
        degraded=MARK,
        bundle=None,
        scored_at=at,
        pending_until=at + _PENDING if is_pending else None,
    )
    return with_doubts(answer, [*doubts, *forced])


def _doubt(code: str, line: int) -> Doubt:
    reason = flag_words(shipped_reference())[code]
    return Doubt(
        line=line, field="sender_city", code=code, reason=reason, remedy="This doubt was forced by the number."
    )


def _digest(row: Row) -> bytes:
    facts = {name: value for name, value in row.items() if name != LINE}
    return sha256(repr(sorted(facts.items())).encode()).digest()
