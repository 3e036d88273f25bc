"""What lists and rules ask for a parcel, and the decisions that follow, for one parcel and for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from policy.capacity import Flags
from policy.chance import Floats
from policy.vocabulary import Cause, Limit, Referral


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """What lists, or rules, ask for one parcel.

    Attributes
    ----------
    referral:
        The strongest referral that any of them asks for.
    hits:
        Their names.
    points:
        By which rules raise the score, each of which doubles the odds, see `LinePolicy.most_points`.
    raised_by:
        Names of those rules.
    is_covert:
        Whether the operator is not shown.
    recalled_for:
        Cause of a parcel that is recalled, where nothing of the policy selected it.
    """

    referral: Referral
    hits: tuple[str, ...]
    points: float = 0.0
    raised_by: tuple[str, ...] = ()
    is_covert: bool = False
    recalled_for: Cause = Cause.HUNT


def unreadable(name: str) -> Ask:
    """What a mandatory list that cannot be read asks for every parcel."""
    return Ask(referral=Referral.MANUAL_CHECK, hits=(name,))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Decision on one parcel.

    Attributes
    ----------
    propensity:
        Probability, over the draw, that the parcel is selected for inspection: now, or by an earlier decision on it.
    policy_id:
        `LinePolicy.policy_id` of the policy that decided; empty where that was not kept.
    hits:
        Names of the lists and rules that asked for something.
    limit:
        What the legal gate allows of the parcel.
    disclosed:
        What the operator is shown instead, where some of what asks is covert: the decision without it. None elsewhere.
    """

    referral: Referral
    cause: Cause
    propensity: float
    policy_id: str = ""
    hits: tuple[str, ...] = ()
    limit: Limit = Limit.NONE
    disclosed: Decision | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """Decisions on `n` parcels, one entry per parcel in each column."""

    referral: list[Referral]
    cause: list[Cause]
    propensity: Floats
    hits: list[tuple[str, ...]]
    limit: list[Limit]
    policy_id: str

    def __len__(self) -> int:
        return len(self.referral)

    def __getitem__(self, row: int) -> Decision:
        return Decision(
            referral=self.referral[row],
            cause=self.cause[row],
            propensity=float(self.propensity[row]),
            policy_id=self.policy_id,
            hits=self.hits[row],
            limit=self.limit[row],
        )

    def __iter__(self) -> Iterator[Decision]:
        return iter([self[row] for row in range(len(self))])

    @property
    def asks_inspection(self) -> Flags:
        """Which parcels are to be inspected, shape ``(n,)``."""
        return np.array([referral.asks_inspection for referral in self.referral], dtype=np.bool_)
