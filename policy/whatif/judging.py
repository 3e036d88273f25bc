"""What a set of parcels holds, where only some of them were ever examined: bounds, and an estimate."""

from __future__ import annotations

from dataclasses import dataclass

from policy.capacity import Flags
from policy.estimates import EstimatedFindings, Interval, estimate
from policy.whatif.period import Period


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Findings that inspecting all parcels of a set would have made.

    Attributes
    ----------
    n, n_examined, n_found:
        Parcels, those that were examined in fact, and those of them in which something was found.
    estimated:
        Doubly robust estimate for all of them, with its interval: the model predicts what was not examined, and what
        was examined corrects it by the inverse of its propensity.
    """

    n: int
    n_examined: int
    n_found: int
    estimated: Interval

    @property
    def worst(self) -> int:
        """Findings if nothing is in any parcel that nobody examined."""
        return self.n_found

    @property
    def best(self) -> int:
        """Findings if something is in every parcel that nobody examined."""
        return self.n_found + self.n - self.n_examined

    @property
    def share(self) -> Interval:
        """The estimate as a share of the parcels; the whole of 0..1 for no parcel."""
        if not self.n:
            return Interval(value=float("nan"), low=0.0, high=1.0)
        return self.estimated.scaled(1.0 / self.n).capped(1.0)


def findings(period: Period, rows: Flags) -> Findings:
    """Findings in the parcels `rows` of a period."""
    made = estimate(period.population, rows)
    examined = rows & (period.label >= 0)
    return Findings(
        n=int(rows.sum()),
        n_examined=int(examined.sum()),
        n_found=int((period.label[examined] == 1).sum()),
        estimated=_within(made, int(rows.sum()), int(examined.sum()), int((period.label[examined] == 1).sum())),
    )


def _within(made: EstimatedFindings, n: int, n_examined: int, n_found: int) -> Interval:
    """The estimate, within what is possible; findings of unknown propensity are none of it, but they were made."""
    most = float(n_found + n - n_examined)
    total = made.total.shifted(n_found - made.n_found).capped(most)
    return Interval(value=max(total.value, n_found), low=max(total.low, n_found), high=max(total.high, n_found))
