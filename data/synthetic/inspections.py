"""What can happen to a selected parcel, drawn beforehand, and the record of what did happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.calendar import DAY_S
from data.synthetic.drafts import Drafts
from data.synthetic.drawing import Flags, Floats, Ints, lognormal, weighted
from data.synthetic.settings import Inspection
from features.parcel.fields import METHODS
from policy import Cause
from policy.historic import propensity

CAUSES = (Cause.NONE.value, Cause.RULE.value, Cause.RANDOM.value, Cause.LIST.value)
BY_RULE, AT_RANDOM, BY_LIST = 1, 2, 3
"""Causes as numbers. A parcel that is on the watch-list and drawn with its weight was selected by the list."""


@dataclass(frozen=True, kw_only=True)
class Chances:
    """Everything random about inspections, drawn beforehand for every draft, so that days only look up."""

    rule_draw: Floats
    random_draw: Floats
    is_presented: Flags
    method: Ints
    alarm_draw: Floats
    officer: Ints
    recognise_draw: Floats
    arrives_s: Ints
    is_lost: Flags
    delay_days: Floats
    is_tip: Flags

    @classmethod
    def of(
        cls,
        settings: Inspection,
        rng: np.random.Generator,
        drafts: Drafts,
        travel_days: Floats,
        presented_share: Floats | None = None,
    ) -> Chances:
        """Draw the chances of every draft; `presented_share` is one for each where they differ."""
        n = drafts.n
        travel = lognormal(rng, travel_days[drafts.stream], 0.3, n)
        return cls(
            rule_draw=rng.random(n),
            random_draw=rng.random(n),
            is_presented=rng.random(n) < (settings.presented_share if presented_share is None else presented_share),
            method=weighted(rng, [settings.methods.get(name, 0.0) for name in METHODS], n),
            alarm_draw=rng.random(n),
            officer=rng.integers(0, settings.n_officers, n),
            recognise_draw=rng.random(n),
            arrives_s=drafts.lodged_s + (travel * DAY_S).astype(np.int64),
            is_lost=rng.random(n) < settings.outcome_lost_share,
            delay_days=np.exp(settings.delay_sigma * rng.standard_normal(n)),
            is_tip=(drafts.vendor >= 0) & (rng.random(n) < settings.tip_share),
        )


@dataclass(kw_only=True)
class Inspections:
    """What the office did; rows are drafts, -1 or 0 where nothing was done.

    Attributes
    ----------
    chosen:
        Drafts that became parcels: all honest ones, and of a vendor's the one of the phase in force.
    cause:
        Place in ``CAUSES``.
    is_opened, is_found:
        What happened at the table.
    known_s:
        When the office learned the result.
    """

    chosen: Flags
    rule_probability: Floats
    random_probability: Floats
    cause: Ints
    is_opened: Flags
    is_found: Flags
    inspected_s: Ints
    known_s: Ints

    @classmethod
    def none_yet(cls, drafts: Drafts) -> Inspections:
        """Start of the window: honest drafts will be parcels, nothing is inspected."""
        n = drafts.n
        return cls(
            chosen=drafts.vendor < 0,
            rule_probability=np.zeros(n),
            random_probability=np.zeros(n),
            cause=np.zeros(n, dtype=np.int64),
            is_opened=np.zeros(n, dtype=np.bool_),
            is_found=np.zeros(n, dtype=np.bool_),
            inspected_s=np.zeros(n, dtype=np.int64),
            known_s=np.zeros(n, dtype=np.int64),
        )

    @property
    def propensity(self) -> Floats:
        """Probability with which the policy in force would have selected each draft."""
        return propensity(self.rule_probability, self.random_probability)
