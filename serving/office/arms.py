"""Arms: what lists, rules, the model, officers' own picks and draws find, and what each finds that the others miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.estimates import Interval
from policy.estimates.intervals import wilson
from serving.office.examined import Arm, Examined


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """What one arm found.

    Attributes
    ----------
    n, n_found, share:
        Examined parcels that it selected, those with a finding, and their share with its interval.
    n_alone, n_found_alone, share_alone:
        The same of the parcels that no other arm selected.
    """

    arm: Arm
    n: int
    n_found: int
    share: Interval
    n_alone: int
    n_found_alone: int
    share_alone: Interval


def figures(parcels: Sequence[Examined]) -> list[ArmFigures]:
    """Figures of every arm, in the order in which arms are named."""
    return [_of(arm, [one for one in parcels if arm in one.arms]) for arm in Arm]


def _of(arm: Arm, parcels: Sequence[Examined]) -> ArmFigures:
    alone = [one for one in parcels if one.arms == {arm}]
    n_found, n_found_alone = (sum(one.is_found for one in these) for these in (parcels, alone))
    return ArmFigures(
        arm=arm,
        n=len(parcels),
        n_found=n_found,
        share=wilson(n_found, len(parcels)),
        n_alone=len(alone),
        n_found_alone=n_found_alone,
        share_alone=wilson(n_found_alone, len(alone)),
    )
