"""Selection as two columns; `policy.decide` decides."""

from __future__ import annotations

from dataclasses import dataclass

from policy.capacity import LinePolicy
from policy.chance import Floats
from policy.decide import Inputs, Scores, decide
from policy.vocabulary import Cause, Referral


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Cause and propensity of each parcel, shape ``(n,)`` each."""

    cause: list[Cause]
    propensity: Floats

    def referrals(self) -> list[Referral]:
        """Referral of each parcel."""
        return [Referral.RELEASE if cause is Cause.NONE else Referral.OPEN for cause in self.cause]


def select(
    policy: LinePolicy, *, raw: Floats, probability: Floats, threshold: float, mean_root: float, draw: Floats
) -> Selection:
    """Select by score, then at random among the rest."""
    scores = Scores(raw=raw, probability=probability, threshold=threshold, mean_root=mean_root)
    made = decide(Inputs(draw=draw, scores=scores), policy)
    return Selection(cause=made.cause, propensity=made.propensity)


def select_blind(policy: LinePolicy, draw: Floats) -> Selection:
    """Select the whole capacity at random."""
    made = decide(Inputs(draw=draw), policy)
    return Selection(cause=made.cause, propensity=made.propensity)
