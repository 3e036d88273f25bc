"""The terms of a list: what it asks for, on what grounds, from whom it comes, how long it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from features.parcel.problems import Rejection
from policy.vocabulary import Referral

SOURCE_CODES = ("A", "B", "C", "X")
INFORMATION_CODES = (1, 2, 3, 4)
HANDLING_CODES = ("H0", "H1", "H2", "H3")
"""Evaluation of source and information, and how it may be handled (Europol's 4x4 codes)."""
LOWEST_THRESHOLD = 0.75
"""Below it names of twelve letters that differ in six of them are alike: no name any more."""
USUAL_THRESHOLD = 0.88
"""Names of twelve letters may differ in one, or in two that are taken out or put in."""
MAX_TEXT = 200
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_MAX_NAME = 40


class ListKind(StrEnum):
    """What follows from a hit."""

    MANDATORY = "mandatory"
    """The parcel is referred, whatever else is known of it."""
    WATCH = "watch"
    """Somebody looks at the parcel, unless a trusted list names it as well."""
    TRUSTED = "trusted"
    """Neither score nor watch lists select the parcel; chance, rules and mandatory lists do."""
    REFERENCE = "reference"
    """Words and codes that rules read; the list itself asks for nothing."""

    @property
    def asks_nothing(self) -> bool:
        """Whether a hit asks for nothing."""
        return self in (self.TRUSTED, self.REFERENCE)


class ListField(StrEnum):
    """What an entry names."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    ADDRESS = "address"
    CONTACT = "contact"
    ACCOUNT = "account"
    LOOK_ALIKE = "look-alike"
    NUMBER_BLOCK = "number-block"
    LANE = "lane"
    DESCRIPTION = "description"
    CODE = "code"
    SENDER_NAME = "sender-name"
    RECIPIENT_NAME = "recipient-name"

    @property
    def is_person(self) -> bool:
        """Whether an entry is about a person or a firm."""
        return self not in (self.LOOK_ALIKE, self.NUMBER_BLOCK, self.LANE, self.DESCRIPTION, self.CODE)

    @property
    def is_name(self) -> bool:
        """Whether names are compared that need not be the same."""
        return self in (self.SENDER_NAME, self.RECIPIENT_NAME)

    @property
    def is_read_by_rules(self) -> bool:
        """Whether rules may read entries as words or codes."""
        return self in (self.DESCRIPTION, self.CODE)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms of a list.

    Attributes
    ----------
    fields:
        What its entries may name.
    asks:
        Referral that a hit asks for; None where a list of this kind asks for nothing.
    owner:
        Office that answers for it.
    source_code, information_code, handling:
        See ``SOURCE_CODES``, ``INFORMATION_CODES``, ``HANDLING_CODES``.
    expires_on:
        Last day on which it holds, in UTC; None without end.
    review_on:
        Day by which its owner looks at it again.
    threshold:
        Lowest similarity of names, 0..1, see `policy.lists.names`.
    """

    name: str
    kind: ListKind
    fields: tuple[ListField, ...]
    asks: Referral | None
    owner: str
    legal_basis: str
    reason: str
    source: str
    source_code: str
    information_code: int
    handling: str
    review_on: dt.date
    expires_on: dt.date | None = None
    threshold: float = USUAL_THRESHOLD

    @property
    def needs_approval(self) -> bool:
        """Whether a second person approves it before it is live: one that binds, one that lowers, one on persons."""
        return self.kind is not ListKind.WATCH or any(field.is_person for field in self.fields)

    def has_expired(self, day: dt.date) -> bool:
        """Whether its last day is over."""
        return self.expires_on is not None and self.expires_on < day

    @property
    def hit(self) -> str:
        """Name under which decisions know it."""
        return f"list:{self.name}"


def usual_referral(kind: ListKind) -> Referral | None:
    """What a hit asks for where the list does not say otherwise."""
    return {ListKind.MANDATORY: Referral.OPEN, ListKind.WATCH: Referral.SPOT_CHECK}.get(kind)


def until_us(day: dt.date) -> int:
    """Last microsecond of a day, in microseconds since 1970 in UTC."""
    return ((day - dt.date(1970, 1, 1)).days + 1) * 86_400_000_000 - 1


def faults_of(terms: Terms, today: dt.date) -> list[Rejection]:
    """What is wrong with terms that somebody gives today."""
    return [
        Rejection(line=0, field=field, code="terms", reason=reason, remedy=remedy)
        for field, reason, remedy in _faults(terms, today)
    ]


def _faults(terms: Terms, today: dt.date) -> Iterator[tuple[str, str, str]]:
    if not terms.name or len(terms.name) > _MAX_NAME or not _NAME_CHARACTERS.issuperset(terms.name):
        yield "name", "it is no name of a list.", f"Give 1 to {_MAX_NAME} of a-z, 0-9, - and _."
    if not terms.fields:
        yield "fields", "the list names nothing.", f"Give one or several of {', '.join(ListField)}."
    yield from _faulty_fields(terms)
    yield from _faulty_texts(terms)
    if terms.source_code not in SOURCE_CODES:
        yield "source_code", "it is no evaluation of a source.", f"Give one of {', '.join(SOURCE_CODES)}."
    if terms.information_code not in INFORMATION_CODES:
        yield "information_code", "it is no evaluation of information.", "Give a number from 1 to 4."
    if terms.handling not in HANDLING_CODES:
        yield "handling", "it is no handling code.", f"Give one of {', '.join(HANDLING_CODES)}."
    if terms.expires_on is not None and terms.expires_on < today:
        yield "expires_on", "the list has expired already.", "Give a day to come."
    if terms.review_on < today:
        yield "review_on", "the day of the review has passed.", "Give a day to come."
    if not LOWEST_THRESHOLD <= terms.threshold <= 1.0:
        yield "threshold", "it is no similarity that tells names apart.", f"Give {LOWEST_THRESHOLD} to 1."
    yield from _faulty_referral(terms)


def _faulty_fields(terms: Terms) -> Iterator[tuple[str, str, str]]:
    if terms.kind is ListKind.REFERENCE and not all(field.is_read_by_rules for field in terms.fields):
        yield "fields", "rules read words and codes only.", "Give description, code, or a list of another kind."
    if terms.kind is not ListKind.REFERENCE and ListField.CODE in terms.fields:
        yield "fields", "codes are read by rules only.", "Make a list of the kind reference."


def _faulty_texts(terms: Terms) -> Iterator[tuple[str, str, str]]:
    for field in ("owner", "legal_basis", "reason", "source"):
        text = getattr(terms, field)
        if not text.strip():
            yield field, "it is not given.", "Say it: a list without it cannot be answered for."
        elif len(text) > MAX_TEXT or not text.isprintable():
            yield (
                field,
                "it is too long, or holds control characters.",
                f"Give up to {MAX_TEXT} characters in one line.",
            )


def _faulty_referral(terms: Terms) -> Iterator[tuple[str, str, str]]:
    if terms.kind.asks_nothing:
        if terms.asks is not None:
            yield "asks", f"a {terms.kind} list asks for nothing.", "Leave the referral out."
    elif terms.asks is None or not terms.asks.asks_inspection:
        inspections = ", ".join(one.value for one in Referral if one.asks_inspection)
        yield "asks", "a hit must ask for an inspection.", f"Give one of {inspections}."
