"""The office as a clerk with a notebook would keep it: the rules of a parcel's life, slowly, in dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from features.handling import Entry, Result, outcome_of
from features.handling.outcome import usual_certainty
from policy import Cause, Referral

EXAMINED = ("found", "nothing_found")
YEAR, SHED = timedelta(days=365), timedelta(days=14)
Key = tuple[str, str]
SENDS_BACK = "who sends back"
"""Sender of goods that are sent back while nobody has declared their first way."""


@dataclass
class Noted:
    """One parcel from its first lodging to its end; `sender` and `grams` are those of its current version.

    `known_by` is the sender under whom its outcome counts: the one declared when the outcome was recorded, or that of
    the first way of goods that are sent back. Who sends them back is nobody of whom the notebook counts.
    """

    key: Key
    first_at: datetime
    version: int
    sender: str
    grams: int
    is_cancelled: bool = False
    result: str | None = None
    known_by: str | None = None
    is_draw: bool = False
    referral: Referral = Referral.RELEASE
    cause: Cause = Cause.NONE
    propensity: float = 0.0
    receptacle: str | None = None
    touched: int = 0
    cancelled_at: datetime | None = None
    is_taken_over: bool = False
    takes_over: bool = False
    stages: list[Entry] = field(default_factory=list)
    outcome: tuple[str, str | None] | None = None
    is_linked: bool = False
    addressee: str | None = None
    turned_at: datetime | None = None

    @property
    def is_return(self) -> bool:
        """Whether it was lodged as goods that are sent back, to `addressee`."""
        return self.addressee is not None

    @property
    def is_examined(self) -> bool:
        return self.result in EXAMINED

    @property
    def stands(self) -> bool:
        """Whether its decision still binds the next one."""
        return not self.is_cancelled and not self.is_examined


@dataclass
class Counts:
    """What history says of one sender."""

    n: int = 0
    inspected: int = 0
    found: int = 0
    random: int = 0


@dataclass
class Notebook:
    """All parcels, oldest first, and what dispatch lists said."""

    parcels: list[Noted] = field(default_factory=list)
    receptacles: dict[Key, tuple[str, datetime]] = field(default_factory=dict)
    movements: dict[Key, set[tuple[str, datetime]]] = field(default_factory=dict)
    n_touches: int = 0
    waiting: list[tuple[Key, int | None]] = field(default_factory=list)

    def latest(self, key: Key) -> Noted | None:
        """The newest parcel under an identifier, of whatever age."""
        return next((one for one in reversed(self.parcels) if one.key == key), None)

    def current(self, key: Key, at: datetime) -> Noted | None:
        """The parcel that a message means: an identifier belongs to one parcel for a year."""
        found = self.latest(key)
        return found if found is not None and found.first_at > at - YEAR else None

    def lodge(
        self, key: Key, at: datetime, *, sender: str, grams: int, version: int | None, is_return: bool = False
    ) -> str:
        """Note a declaration; return the status of its answer, or the code of its refusal.

        `sender` is the addressee of goods that are sent back.
        """
        known = self.current(key, at)
        if known is None:
            return self._new(key, at, sender, grams, version, is_return)
        if known.is_cancelled:
            late = version is not None and version <= known.version
            return "cancelled" if late else self._new(key, at, sender, grams, version, is_return)
        if (known.addressee or known.sender, known.grams) == (sender, grams):
            return "repeated"
        if version is not None and version < known.version:
            return "superseded"
        known.version = version if version is not None and version > known.version else known.version + 1
        known.sender, known.grams = sender, grams
        known.addressee = sender if known.is_return else None
        known.receptacle = self._listed(key, at)
        self._touch(known)
        self._link(known, at)
        return "amended"

    def _new(self, key: Key, at: datetime, sender: str, grams: int, version: int | None, is_return: bool) -> str:
        self.parcels.append(Noted(key=key, first_at=at, version=version or 1, sender=sender, grams=grams))
        self.parcels[-1].addressee = sender if is_return else None
        self.parcels[-1].receptacle = self._listed(key, at)
        self._touch(self.parcels[-1])
        self._link(self.parcels[-1], at)
        self._take_over(self.parcels[-1], at)
        waiting = [one for one in self.waiting if one[0] == key]
        self.waiting = [one for one in self.waiting if one[0] != key]
        if any(until is None or until >= (version or 1) for _, until in waiting):
            self.parcels[-1].is_cancelled, self.parcels[-1].cancelled_at = True, at
            return "cancelled"
        return "scored"

    def _link(self, parcel: Noted, at: datetime) -> None:
        """Note whether another client had declared the item before; the addressee of all parcels is the same.

        Goods that are sent back are linked to their first way whenever that is declared.
        """
        others = [
            one
            for one in self.parcels
            if one.key[1] == parcel.key[1]
            and one.key[0] != parcel.key[0]
            and one.first_at > at - YEAR
            and not (one.is_cancelled or one.is_linked)
        ]
        ways = [one for one in others if not one.is_return]
        if parcel.is_return:
            parcel.is_linked = bool(ways)
            parcel.sender = min(ways, key=lambda one: one.first_at).sender if ways else SENDS_BACK
            return
        parcel.is_linked = any(one.first_at < parcel.first_at for one in ways)
        for back in [one for one in others if one.is_return and not parcel.is_linked]:
            back.is_linked, back.sender, back.turned_at = True, parcel.sender, at
            back.known_by = parcel.sender if back.known_by is not None else None
            self._touch(back)

    def _count_instead(self, gone: Noted, at: datetime) -> None:
        """Count the first other declaration of an item of which the one that counted is cancelled."""
        others = [
            one
            for one in self.parcels
            if one.key[1] == gone.key[1] and one.is_linked and not (one.is_cancelled or one.is_return)
        ]
        live = [one for one in others if one.first_at > at - YEAR]
        if live and not gone.is_linked and not gone.is_return:
            first = min(live, key=lambda one: one.first_at)
            first.is_linked = False
            self._touch(first)

    def _take_over(self, parcel: Noted, at: datetime) -> None:
        """Take over the referral of the newest parcel that was cancelled shortly before and is like this one."""
        like = [
            one
            for one in self.parcels
            if one is not parcel
            and one.cancelled_at is not None
            and one.cancelled_at > at - SHED
            and one.key[0] == parcel.key[0]
            and one.referral.asks_inspection
            and not (one.is_taken_over or one.is_examined)
            and (one.key == parcel.key or _looks_alike(one, parcel))
        ]
        if like:
            newest = max(like, key=lambda one: one.touched)
            newest.is_taken_over = parcel.takes_over = True
            parcel.referral, parcel.cause, parcel.propensity = newest.referral, newest.cause, newest.propensity

    def _listed(self, key: Key, at: datetime) -> str | None:
        receptacle, listed_at = self.receptacles.get(key, (None, at))
        return receptacle if listed_at > at - YEAR else None

    def _touch(self, parcel: Noted) -> None:
        self.n_touches += 1
        parcel.touched = self.n_touches

    def cancel(self, key: Key, at: datetime, version: int | None) -> str:
        """Note a cancellation."""
        known = self.current(key, at)
        if known is None:
            self.waiting.append((key, version))
            return "waiting"
        if known.is_cancelled:
            return "cancelled"
        if known.is_examined:
            return "outcome_known"
        if version is not None and version < known.version:
            return "superseded"
        known.is_cancelled, known.cancelled_at = True, at
        self._count_instead(known, at)
        return "cancelled"

    def list_in(self, key: Key, at: datetime, receptacle: str) -> bool:
        """Note a dispatch list; return whether the parcel is scored again."""
        self.receptacles[key] = (receptacle, at)
        known = self.current(key, at)
        if known is None or known.is_cancelled or known.receptacle == receptacle:
            return False
        known.receptacle = receptacle
        self._touch(known)
        return True

    def record(self, key: Key, result: str, reason: str | None) -> str:
        """Note an outcome."""
        known = self.latest(key)
        if known is None:
            return "unknown_parcel"
        if known.result == result:
            return "repeated"
        if known.is_examined and reason is None:
            return "outcome_known"
        status = "corrected" if known.is_examined else "recorded"
        is_look = result in EXAMINED
        method = "laboratory" if reason == "laboratory" and is_look else None
        said = Entry(result=Result(result), method=method)
        kept = known.stages
        is_further = reason in ("laboratory", "second_inspection") and _result([*kept, said]) == result
        if reason is not None and not is_further:
            kept = [one for one in kept if one.result not in EXAMINED or one.result == result]
        if _result([*kept, said]) != result:
            return "cannot_decide"
        known.stages = [*kept, said]
        self._conclude(known)
        return status

    def stage(self, key: Key, method: str, result: str) -> str:
        """Note a stage of an inspection."""
        known = self.latest(key)
        if known is None:
            return "unknown_parcel"
        sure = usual_certainty(method, Result(result))
        known.stages = [*known.stages, Entry(result=Result(result), method=method, certainty=sure)]
        self._conclude(known)
        return "recorded"

    def _conclude(self, parcel: Noted) -> None:
        derived = outcome_of(parcel.stages)
        outcome = (derived.result.value, parcel.stages[derived.by].method) if derived else None
        if outcome != parcel.outcome:
            parcel.outcome, parcel.result = outcome, outcome[0] if outcome else None
            parcel.known_by, parcel.is_draw = parcel.sender, parcel.cause is Cause.RANDOM

    def counts(self, sender: str, *, but: Noted | None = None, at: datetime | None = None) -> Counts:
        """Count for a sender, without one parcel, and without goods sent back that became theirs at a time."""
        others = [one for one in self.parcels if one is not but and (at is None or one.turned_at != at)]
        examined = [one for one in others if one.is_examined and one.known_by == sender]
        return Counts(
            n=sum(one.sender == sender and not (one.is_cancelled or one.is_linked) for one in others),
            inspected=len(examined),
            found=sum(one.result == "found" for one in examined),
            random=sum(one.is_draw for one in examined),
        )


def _looks_alike(one: Noted, other: Noted) -> bool:
    """Whether they look alike; goods that were sent back have the parties of their first way once that is known."""
    is_turned = one.is_return and one.is_linked
    return not is_turned and abs(one.grams - other.grams) <= max(50, max(one.grams, other.grams) // 5)


def _result(stages: list[Entry]) -> str | None:
    derived = outcome_of(stages)
    return derived.result.value if derived else None
