"""The policy of the line at this moment: as the settings have it, or as the shift that is next has room for."""

from __future__ import annotations

from dataclasses import dataclass

from policy import LinePolicy
from policy.forecast import Forecast
from policy.shifts import Cut


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What holds from one cut to the next.

    Attributes
    ----------
    policy:
        The policy that decides.
    cut:
        How its share came about; None where it is the share of the settings.
    capacity_id:
        Number of the capacity that it was cut for; None without one.
    hour:
        Hours since 1970 at which it was cut.
    volume:
        Forecast of the day; None where there is none.
    """

    policy: LinePolicy
    cut: Cut | None = None
    capacity_id: int | None = None
    hour: int = 0
    volume: Forecast | None = None


class Line:
    """Holds what is in force; whoever decides reads it once for a batch."""

    def __init__(self, base: LinePolicy) -> None:
        """Begin with the policy of the settings."""
        self.base = base
        self.now = InForce(policy=base)
