"""Practice: synthetic parcels with a known truth, on which officers train; nothing here touches what is on record.

No event, no history, no audit and no parcel of the office is read or written: only what an officer chose is kept, for
themselves, in a table of its own. The first round is the guide of a first shift.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from policy import Cause, Referral
from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.office import Office
from serving.store import Client
from serving.store.practice import Choice, choices_in, last_round, put_choice
from serving.store.times import microseconds

GUIDE_ROUND = 1
INSPECT, PASS = "inspect", "pass"
CHOICES = (INSPECT, PASS)
USUAL_CHANCE = 3
"""Of 100 synthetic parcels, as their cards say."""


@dataclass(frozen=True, kw_only=True)
class PracticeParcel:
    """One synthetic parcel; see the head of ``practice.toml``."""

    number: str
    stream: str
    contents: str
    weight_g: int
    value_eur: int
    sender: str
    recipient: str
    sent_from: str
    referral: Referral
    cause: Cause
    chance: int
    lesson: str
    reasons: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    found: str = ""
    hidden_in: str = ""
    guide: str = ""

    @classmethod
    def of(cls, document: dict[str, Any]) -> PracticeParcel:
        """Read an entry of the file."""
        words = {"referral": Referral(document["referral"]), "cause": Cause(document["cause"])}
        lists = {name: tuple(document[name]) for name in ("reasons", "against")}
        return cls(**document | words | lists)

    def is_right(self, choice: str) -> bool:
        """Whether inspecting, or not, was what the truth asks for."""
        return (choice == INSPECT) is bool(self.found)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What somebody inspected: parcels, findings in them, and findings that passed."""

    n: int
    n_found: int
    n_missed: int
    share: Interval

    @classmethod
    def of(cls, inspected: Sequence[PracticeParcel], everything: Sequence[PracticeParcel]) -> Selection:
        """What inspecting some of the parcels found."""
        n_found = sum(bool(one.found) for one in inspected)
        n_there = sum(bool(one.found) for one in everything)
        return cls(n=len(inspected), n_found=n_found, n_missed=n_there - n_found, share=wilson(n_found, len(inspected)))


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of an officer.

    Attributes
    ----------
    parcels:
        All of it, in the order in which they come.
    choices:
        What was chosen so far, by number of the parcel.
    """

    number: int
    parcels: tuple[PracticeParcel, ...]
    choices: dict[str, str]

    @property
    def following(self) -> PracticeParcel | None:
        """The next parcel; None at the end."""
        return next((one for one in self.parcels if one.number not in self.choices), None)

    def named(self, number: str) -> PracticeParcel | None:
        """A parcel of the round that was decided on; None for any other number."""
        return next((one for one in self.parcels if one.number == number and number in self.choices), None)

    @property
    def own(self) -> Selection:
        """What the officer found and missed, of the parcels decided on."""
        return Selection.of([one for one in self._decided if self.choices[one.number] == INSPECT], self._decided)

    @property
    def advised(self) -> Selection:
        """What following the advice would have found in the same parcels."""
        return Selection.of([one for one in self._decided if one.referral.asks_inspection], self._decided)

    @property
    def drawn(self) -> Selection:
        """What the draws among them found."""
        return Selection.of([one for one in self._decided if one.cause is Cause.RANDOM], self._decided)

    @property
    def _decided(self) -> list[PracticeParcel]:
        return [one for one in self.parcels if one.number in self.choices]


@cache
def practice_parcels() -> tuple[PracticeParcel, ...]:
    """All synthetic parcels, in the order of the file."""
    text = files(__package__).joinpath("practice.toml").read_text("utf-8")
    empty: dict[str, Any] = {"reasons": [], "against": []}
    return tuple(PracticeParcel.of(empty | one) for one in tomllib.loads(text)["parcel"])


def round_of(office: Office, officer: Client, number: int = 0) -> Round:
    """A round of an officer: the last one, or one of their own by its number; none beyond the next."""
    with office.store.begin_read() as connection:
        newest = last_round(connection, officer.client_id)
        wanted = min(max(number or newest, GUIDE_ROUND), newest + 1)
        choices = choices_in(connection, officer.client_id, wanted)
    parcels = _parcels_of(officer, wanted)
    return Round(number=wanted, parcels=parcels, choices={one.number: one.choice for one in choices})


def choose(office: Office, officer: Client, number: int, parcel: str, choice: str, at: datetime) -> bool:
    """Keep a decision; False where the parcel is not the next one of the round."""
    current = round_of(office, officer, number)
    if current.number != number or current.following is None or current.following.number != parcel:
        return False
    kept = Choice(number=parcel, choice=choice)
    with office.writer.transaction() as transaction:
        put_choice(transaction.connection, officer.client_id, number, kept, at_us=microseconds(at))
    return True


def _parcels_of(officer: Client, number: int) -> tuple[PracticeParcel, ...]:
    """The guide first; later rounds have all others, in an order of the officer's own."""
    if number == GUIDE_ROUND:
        return tuple(one for one in practice_parcels() if one.guide)
    others = [one for one in practice_parcels() if not one.guide]
    random.Random(sha256(f"{officer.client_id}|{number}".encode()).digest()).shuffle(others)
    return tuple(others)
