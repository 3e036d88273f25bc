"""The words of a decision: what it asks for, and why. Log, API, pages, messages and back-tests know no others."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import assert_never


class Referral(StrEnum):
    """What a decision asks for, in order of strength. A person decides; the system itself seizes and releases nothing.

    No word of it means "cleared": an absent risk is never asserted. A reader that meets an unknown word shows
    ``manual_check``, see `parse`.
    """

    RELEASE = "release"
    """A model has assessed the parcel, and nothing is asked for."""
    NOT_ASSESSED = "not_assessed"
    """No model has assessed the parcel, and nothing else selected it: this says nothing about the parcel."""
    ASK_OPERATOR = "ask_operator"
    """The operator is asked to complete or correct the declaration."""
    SPOT_CHECK = "spot_check"
    """An officer looks at the parcel from outside, and compares it with its declaration."""
    XRAY = "xray"
    """The parcel is screened without being opened."""
    OPEN = "open"
    """The parcel is opened."""
    MANUAL_CHECK = "manual_check"
    """A person checks by hand what is to be done, because the system does not know."""
    HOLD = "hold"
    """The parcel stays where it is until customs says more."""

    @classmethod
    @lru_cache(maxsize=64)  # a member is found by three calls, and each answer asks for some
    def parse(cls, text: str | None) -> Referral:
        """Referral of this name; ``manual_check`` for any other text, so that no unknown word is read as a release."""
        try:
            return cls(text or "")
        except ValueError:
            return cls.MANUAL_CHECK

    @property
    def strength(self) -> int:
        """Rank among referrals: of two for one parcel the stronger holds."""
        return _STRENGTH[self]

    @property
    def asks_inspection(self) -> bool:
        """Whether somebody has to do something with the parcel; such a referral stays until a person ends it."""
        match self:
            case Referral.SPOT_CHECK | Referral.XRAY | Referral.OPEN | Referral.MANUAL_CHECK | Referral.HOLD:
                return True
            case Referral.RELEASE | Referral.NOT_ASSESSED | Referral.ASK_OPERATOR:
                return False
            case _:
                assert_never(self)


class Cause(StrEnum):
    """Why something is asked for."""

    LIST = "list"
    """A mandatory or a watch list names the parcel, or a mandatory one could not be read."""
    RULE = "rule"
    """A rule of the office holds."""
    SCORE = "score"
    """The score is among those that the line's capacity allows for."""
    RANDOM = "random"
    """The parcel was drawn, as any other might have been."""
    HUNT = "hunt"
    """A later search of the past recalls the parcel: no part of the policy, and of no propensity."""
    REPORT = "report"
    """The operator reported the item as damaged, undeliverable or leaking: outside the policy and its propensities."""
    NONE = "none"
    """Nothing selected the parcel."""
    UNKNOWN = "unknown"
    """The reader does not know the word."""

    @classmethod
    @lru_cache(maxsize=64)  # a member is found by three calls, and each answer asks for some
    def parse(cls, text: str | None) -> Cause:
        """Cause of this name; ``unknown`` for any other text."""
        try:
            return cls(text or "")
        except ValueError:
            return cls.UNKNOWN


class Condition(StrEnum):
    """In which condition an operator reports an item of its own."""

    LEAKING = "leaking"
    """Something comes out of it."""
    DAMAGED = "damaged"
    """Its packaging is torn, wet or open."""
    UNDELIVERABLE = "undeliverable"
    """Neither the addressee nor the sender can be reached."""

    @property
    def asks(self) -> Referral:
        """What is asked of the line; the legal gate may allow less."""
        match self:
            case Condition.LEAKING:
                return Referral.HOLD
            case Condition.DAMAGED:
                return Referral.OPEN
            case Condition.UNDELIVERABLE:
                return Referral.XRAY
            case _:
                assert_never(self)


class Limit(StrEnum):
    """What the legal gate allows of an item, least strict first; see `policy.gate`."""

    NONE = "none"
    """It may be opened."""
    SUSPICION = "suspicion"
    """It is opened on suspicion only: one that was merely drawn is looked at by other methods."""
    ORDER = "order"
    """It is opened by an order only, whose number is recorded."""
    NEVER = "never"
    """It must not be opened."""

    @classmethod
    @lru_cache(maxsize=64)  # a member is found by three calls, and each answer asks for some
    def parse(cls, text: str | None) -> Limit:
        """Limit of this name, none without one; ``never`` for any other text, until a person knows better."""
        try:
            return cls(text or "none")
        except ValueError:
            return cls.NEVER

    @property
    def strictness(self) -> int:
        """Rank among limits: of two for one item the stricter holds."""
        return list(Limit).index(self)


BY_STRENGTH: tuple[Referral, ...] = tuple(Referral)
_STRENGTH = {referral: rank for rank, referral in enumerate(BY_STRENGTH)}


def stronger(one: Referral, other: Referral) -> Referral:
    """Of two referrals for one parcel the one that holds."""
    return one if one.strength >= other.strength else other
