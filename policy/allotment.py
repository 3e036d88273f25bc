"""How many places of a line each optional source of selection gets: a place goes where it is expected to find more.

What the law or a mandatory list asks for, and the random share, get their places whatever they find. Rules, watch lists
and an officer's own pick have a planned part of the capacity. A source keeps it while a place of it is expected to find
at least as much as the next place of the score would. Else it is on trial: it keeps a fifth of its part, so that its
yield is still measured and it comes back when it improves, and the score gets the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TRIAL_SHARE = 0.2
"""Of its planned part, what a source on trial keeps. [ours]: at 1 % of 1,000 places a day two are left, 60 a month."""
PRIOR_INSPECTIONS = 100.0
"""Inspections that the yield of the whole line counts for in the yield of one source. [ours]: a source that was looked
at 100 times is judged half by its own record."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What inspections have shown so far of the parcels that a source selected and the score would not have."""

    n_examined: int = 0
    n_found: int = 0

    def expected(self, usual: float) -> float:
        """Findings that one more inspection is expected to make; `usual` is the share of findings on the whole line."""
        return (self.n_found + PRIOR_INSPECTIONS * usual) / (self.n_examined + PRIOR_INSPECTIONS)


def allotted(
    parts: Mapping[str, float], records: Mapping[str, Record], *, usual: float, by_score: float
) -> dict[str, float]:
    """Part of the capacity that each optional source gets; what is missing to the sum of `parts` is the score's.

    Parameters
    ----------
    parts:
        Planned parts of optional sources, each 0..1.
    records:
        What each of them has shown; none for a source that was never looked at.
    usual:
        Findings per inspection on the whole line.
    by_score:
        Findings per inspection that the next places of the score are expected to make: the mean calibrated probability
        of the highest scores that are not selected yet.
    """
    return {
        name: part if records.get(name, Record()).expected(usual) >= by_score else TRIAL_SHARE * part
        for name, part in parts.items()
    }
