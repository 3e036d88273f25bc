"""Custody of an exhibit: a ledger that is only added to, and what follows from it.

An exhibit is taken from a parcel in which something was found. From then on one officer holds it. A hand-over is signed
by both: the one who gives it enters *given*, the one who takes it enters *received*, and only then the holder changes.
What leaves the office (*sent* to a laboratory, for instance) comes back or ends there. A wrong value is corrected by a
new entry. Each entry carries the digest of the one before, so that none can be changed or left out unseen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from features.text import Declared, text


class Kind(StrEnum):
    """What an entry of the ledger says."""

    TAKEN = "taken"
    WEIGHED = "weighed"
    SEALED = "sealed"
    GIVEN = "given"
    RECEIVED = "received"
    SENT = "sent"
    CAME_BACK = "came_back"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    CORRECTED = "corrected"


ENDS = (Kind.RETURNED, Kind.DESTROYED)
NEEDS: dict[Kind, tuple[str, ...]] = {
    Kind.TAKEN: ("seal", "gross_g"),
    Kind.WEIGHED: ("gross_g",),
    Kind.SEALED: ("seal",),
    Kind.GIVEN: ("to",),
    Kind.SENT: ("to", "reference"),
    Kind.RETURNED: ("reference",),
    Kind.DESTROYED: ("reference",),
    Kind.CORRECTED: ("corrects",),
}
"""Fields without which an entry says nothing."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry.

    Attributes
    ----------
    number:
        Counted from 1 in each ledger.
    by:
        Who makes it, as authenticated.
    to:
        Officer to whom it is given, or institution to which it is sent.
    reference:
        Receipt, report or record outside of this program.
    corrects:
        Number of the entry whose seal, weights or reference it replaces.
    """

    number: int
    kind: Kind
    at: dt.datetime
    by: str
    seal: str | None = None
    gross_g: int | None = None
    net_g: int | None = None
    to: str | None = None
    reference: str | None = None
    corrects: int | None = None

    def digest(self, previous: str) -> str:
        """SHA-256 over the entry and the digest of the one before; that of the first one is empty."""
        text = json.dumps({**asdict(self), "at": self.at.isoformat(), "previous": previous}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """Where an exhibit is, as its ledger says.

    Attributes
    ----------
    offered_to:
        Officer who has not signed for it yet.
    away_at:
        Institution that has it.
    """

    holder: str
    seal: str | None
    gross_g: int | None
    net_g: int | None
    offered_to: str | None = None
    away_at: str | None = None
    is_closed: bool = False


_VALUES = ("seal", "gross_g", "net_g", "reference")


def in_force(entries: Sequence[Entry]) -> list[Entry]:
    """Entries but corrections, each with its values as they were corrected last."""
    values = {one.number: one for one in entries if one.kind is not Kind.CORRECTED}
    for one in entries:
        if one.kind is Kind.CORRECTED and one.corrects in values:
            given = {name: value for name in _VALUES if (value := getattr(one, name)) is not None}
            values[one.corrects] = replace(values[one.corrects], **given)
    return list(values.values())


def exhibit_of(entries: Sequence[Entry]) -> Exhibit:
    """State of an exhibit behind its entries, of which there is at least one."""
    first, *others = in_force(entries)
    exhibit = Exhibit(holder=first.by, seal=first.seal, gross_g=first.gross_g, net_g=first.net_g)
    for one in others:
        exhibit = _behind(exhibit, one)
    return exhibit


def _behind(exhibit: Exhibit, entry: Entry) -> Exhibit:
    exhibit = replace(
        exhibit,
        seal=entry.seal or exhibit.seal,
        gross_g=exhibit.gross_g if entry.gross_g is None else entry.gross_g,
        net_g=exhibit.net_g if entry.net_g is None else entry.net_g,
    )
    match entry.kind:
        case Kind.GIVEN:
            return replace(exhibit, offered_to=entry.to)
        case Kind.RECEIVED:
            return replace(exhibit, holder=entry.by, offered_to=None)
        case Kind.SENT:
            return replace(exhibit, away_at=entry.to)
        case Kind.CAME_BACK:
            return replace(exhibit, away_at=None)
        case Kind.RETURNED | Kind.DESTROYED:
            return replace(exhibit, is_closed=True)
        case _:
            return exhibit


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why an entry cannot be made."""

    field: str
    reason: str
    remedy: str


def refusal_of(entries: Sequence[Entry], new: Entry) -> Refusal | None:
    """Why an entry cannot follow the others; None when it can."""
    for name in NEEDS.get(new.kind, ()):
        if getattr(new, name) is None:
            return Refusal(field=name, reason=text("this entry needs it."), remedy=text("Give the field."))
    if new.gross_g is not None and new.net_g is not None and new.net_g > new.gross_g:
        return Refusal(field="net_g", reason=text("it is more than the gross weight."), remedy=text("Weigh again."))
    if (new.kind is Kind.TAKEN) == bool(entries):
        return Refusal(
            field="kind", reason=text("a ledger begins with taken, once."), remedy=text("Open a new exhibit for more.")
        )
    return _against_state(entries, new) if entries else None


def _against_state(entries: Sequence[Entry], new: Entry) -> Refusal | None:
    exhibit = exhibit_of(entries)
    if new.kind is Kind.CORRECTED:
        corrected = next((one for one in entries if one.number == new.corrects), None)
        if corrected is None or corrected.kind is Kind.CORRECTED or corrected.by != new.by:
            return Refusal(
                field="corrects", reason=text("it is no entry of yours."), remedy=text("Correct your own entries.")
            )
        return None
    if exhibit.is_closed:
        return Refusal(
            field="kind", reason=text("the exhibit is returned or destroyed."), remedy=text("Only correct entries.")
        )
    if new.kind is Kind.RECEIVED:
        if new.by != exhibit.offered_to:
            return Refusal(
                field="kind", reason=text("it is not given to you."), remedy=text("Have its holder give it to you.")
            )
        return None
    if new.by != exhibit.holder:
        return Refusal(
            field="kind",
            reason=text("{holder} holds it.", holder=Declared(exhibit.holder)),
            remedy=text("Have it given to you, and receive it."),
        )
    if exhibit.offered_to is not None:
        return Refusal(
            field="kind",
            reason=text("{holder} has not received it yet.", holder=Declared(exhibit.offered_to)),
            remedy=text("Wait for that."),
        )
    if (new.kind is Kind.CAME_BACK) != (exhibit.away_at is not None) and new.kind not in ENDS:
        away_at = exhibit.away_at
        reason = text("it is at {holder}.", holder=Declared(away_at)) if away_at else text("it was not sent away.")
        return Refusal(field="kind", reason=reason, remedy=text("Enter what happened first."))
    if new.kind is Kind.GIVEN and new.to == new.by:
        return Refusal(field="to", reason=text("it is given to its holder."), remedy=text("Name another officer."))
    return None
