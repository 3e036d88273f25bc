"""Chance: one secret number per parcel, and the probability with which a line draws it.

Poisson sampling: each parcel is drawn for itself, with a probability proportional to the square root of its calibrated
probability above a floor. So figures about the whole population can be estimated from few inspections, without bias.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from policy.capacity import LinePolicy

Floats = npt.NDArray[np.float64]


def draw_text(operator: str, parcel_id: str, first_lodged_us: int) -> str:
    """Text that a parcel is drawn by: the same for all its versions, so that no amendment sheds or seeks a draw.

    Parameters
    ----------
    first_lodged_us:
        Microseconds since 1970 at which the office learned of the parcel first. It tells apart parcels that carry the
        same identifier years apart.
    """
    # The length keeps operator and identifier apart, whatever characters they hold.
    return f"{first_lodged_us}|{len(operator)}|{operator}|{parcel_id}"


def draws(secret: bytes, texts: Iterable[str]) -> Floats:
    """One number in [0, 1) for each text: unpredictable without `secret`, and the same whenever it is checked again."""
    return np.array([draw(secret, text) for text in texts], dtype=np.float64)


def draw(secret: bytes, text: str) -> float:
    """The number of one text."""
    return int.from_bytes(hmac.digest(secret, text.encode(), "sha256")[:6], "big") / 2.0**48


def chance(policy: LinePolicy, probability: Floats, mean_root: Floats | float) -> Floats:
    """Probability of being drawn among those that the score does not select.

    Parameters
    ----------
    probability:
        Calibrated probabilities, 0..1.
    mean_root:
        Mean square root of the probability over the population, or over the lane of each parcel, which makes the
        expected number of draws meet the budget there.
    """
    return np.minimum(1.0, policy.random_budget * weights(policy.floor, probability, mean_root))


def weights(floor: float, probability: Floats, mean_root: Floats | float) -> Floats:
    """How likely each parcel is drawn compared with the mean one, at least `floor`."""
    return np.maximum(np.sqrt(probability) / np.maximum(mean_root, 1e-9), floor)
