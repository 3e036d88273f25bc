"""Selection at a line's capacity: the highest scores, and a random share that keeps the office honest.

Most of the inspection budget goes to the parcels whose score lies above the threshold that the line's capacity allows.
The rest is drawn at random among the others by Poisson sampling, with a probability proportional to the square root of
the calibrated probability above a floor. Every parcel, selected or not, gets the probability with which this policy
would have selected it, so that figures about the whole flow can be estimated later without bias.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Cause(StrEnum):
    """Why a parcel was selected; ``none`` when it was not."""

    SCORE = "score"
    RANDOM = "random"
    NONE = "none"


class Referral(StrEnum):
    """What the decision asks for. A person decides; nothing is seized or released by the system itself."""

    RELEASE = "release"
    OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class LinePolicy:
    """What a line can inspect and how it splits that.

    Attributes
    ----------
    capacity_share:
        Share of the flow that the line can open, 0..1.
    random_share:
        Share of that capacity spent at random, 0..1.
    floor:
        Lowest weight of a draw, as a share of the mean weight: every parcel may be drawn.
    """

    capacity_share: float = 0.005
    random_share: float = 0.1
    floor: float = 0.2

    def __post_init__(self) -> None:
        """Refuse shares outside 0..1."""
        for name in ("capacity_share", "random_share", "floor"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a share and lies between 0 and 1")

    @property
    def score_budget(self) -> float:
        """Share of the flow selected for its score."""
        return self.capacity_share * (1.0 - self.random_share)

    @property
    def random_budget(self) -> float:
        """Share of the flow selected at random."""
        return self.capacity_share * self.random_share


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Cause and propensity of each parcel, shape ``(n,)`` each."""

    cause: list[Cause]
    propensity: Floats

    def referrals(self) -> list[Referral]:
        """Referral of each parcel."""
        return [Referral.RELEASE if cause is Cause.NONE else Referral.OPEN for cause in self.cause]


def draws(secret: bytes, texts: Iterable[str]) -> Floats:
    """One number in [0, 1) for each text: unpredictable without `secret`, and the same whenever it is checked again."""
    digests = (hmac.digest(secret, text.encode(), "sha256") for text in texts)
    return np.array([int.from_bytes(digest[:6], "big") / 2.0**48 for digest in digests], dtype=np.float64)


def select(
    policy: LinePolicy, *, raw: Floats, probability: Floats, threshold: float, mean_root: float, draw: Floats
) -> Selection:
    """Select by score, then at random among the rest.

    Parameters
    ----------
    raw:
        Raw scores; `threshold` is the one that ``policy.score_budget`` of the flow reaches.
    probability:
        Calibrated probabilities, 0..1.
    mean_root:
        Mean square root of the probability over the flow, which makes the expected number of draws meet the budget.
    draw:
        One number in [0, 1) per parcel, see `draws`.
    """
    weight = np.maximum(np.sqrt(probability) / max(mean_root, 1e-9), policy.floor)
    by_score = raw >= threshold
    propensity = np.where(by_score, 1.0, np.minimum(1.0, policy.random_budget * weight))
    return _selection(by_score, propensity, draw)


def select_blind(policy: LinePolicy, draw: Floats) -> Selection:
    """Select the whole capacity at random: what is left to do when there is no model."""
    propensity = np.full(draw.shape, policy.capacity_share)
    return _selection(np.zeros(draw.shape, dtype=np.bool_), propensity, draw)


def _selection(by_score: npt.NDArray[np.bool_], propensity: Floats, draw: Floats) -> Selection:
    drawn = draw < propensity
    cause = [
        Cause.SCORE if scored else Cause.RANDOM if random else Cause.NONE
        for scored, random in zip(by_score.tolist(), drawn.tolist(), strict=True)
    ]
    return Selection(cause=cause, propensity=propensity)
