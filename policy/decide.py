"""The decision: what is asked for each parcel, why, and with what probability. Pure, and the only place that decides.

The order is: mandatory lists, rules, watch lists, the score at the line's capacity, the random share. The first of them
that selects a parcel for inspection is its cause; the strongest referral that any of them asks for is what is asked.
Where nothing else is asked, the operator is asked about a doubtful declaration. Lists and rules can only add: one that
"asks for" release asks for nothing. What is trusted is left to mandatory lists, rules and chance: neither a watch list
nor the score selects it, and it is drawn as any other parcel. Whatever is asked is asked as far as the legal gate
allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from operator import attrgetter
from typing import TypeVar

import numpy as np

from policy.asking import Ask, Decision, Decisions
from policy.capacity import Flags, LinePolicy
from policy.chance import Floats, chance
from policy.gate import GateRow
from policy.vocabulary import Cause, Limit, Referral, stronger

DOUBT_RULE = "doubtful_declaration"
"""Name of the rule by which the operator is asked about a doubtful declaration."""
Item = TypeVar("Item")
SELECTED = Referral.OPEN
"""What a score or a draw asks for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """What a model says of `n` parcels; NaN for one that it could not score, which is then not assessed.

    Attributes
    ----------
    raw:
        Raw scores, shape ``(n,)``.
    probability:
        Calibrated probabilities, 0..1, shape ``(n,)``.
    threshold:
        Raw score that ``policy.score_budget`` of the population reaches.
    mean_root:
        Mean square root of the probability over the population; or over the lane of each parcel, shape ``(n,)``.
    """

    raw: Floats
    probability: Floats
    threshold: float
    mean_root: Floats | float


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What is known of `n` parcels when they are decided on.

    Attributes
    ----------
    draw:
        One number in [0, 1) per parcel, see `policy.chance.draws`; all versions of a parcel have the same one.
    scores:
        What the model says; None when no model serves.
    doubtful:
        Whose declaration is doubtful, see `LinePolicy.doubts`; None when nobody's is.
    lists, rules, watched:
        What mandatory lists, rules and watch lists ask for each parcel; None for a parcel, or for all, when nothing.
    trusted:
        Who is on a trusted list; None when nobody is.
    recalled:
        What a search of the past asks for each parcel; None for a parcel, or for all, when nothing.
    gate:
        What may be done with each parcel, see `policy.gate`; None for a parcel, or for all, when everything may.
    standing:
        The latest earlier decision on each parcel, whatever it said; None for a parcel, or for all, when there is none
        or when a person or a cancellation has ended it.
    """

    draw: Floats
    scores: Scores | None = None
    doubtful: Flags | None = None
    lists: Sequence[Ask | None] | None = None
    rules: Sequence[Ask | None] | None = None
    watched: Sequence[Ask | None] | None = None
    trusted: Flags | None = None
    recalled: Sequence[Ask | None] | None = None
    gate: Sequence[GateRow | None] | None = None
    standing: Sequence[Decision | None] | None = None

    def __post_init__(self) -> None:
        """Refuse columns of other parcels."""
        n = len(self.draw)
        columns = list(zip(_COLUMNS, _columns_of(self), strict=True))
        if self.scores is not None:
            columns += [("scores.raw", self.scores.raw), ("scores.probability", self.scores.probability)]
        for name, column in columns:
            if column is not None and len(column) != n:
                raise ValueError(f"{name} has {len(column)} entries for {n} draws; give one entry per parcel, in order")


_COLUMNS = ("doubtful", "lists", "rules", "watched", "trusted", "recalled", "gate", "standing")
_columns_of = attrgetter(*_COLUMNS)


def decide(inputs: Inputs, policy: LinePolicy) -> Decisions:
    """Decide on parcels.

    An earlier decision that asks for an inspection stays, with its cause: the new one can only add. A stronger referral
    brings its cause with it, except that a draw stays a draw, and that what is selected already is not drawn again. The
    propensity never falls: the draw of a parcel is the same each time, so that the highest probability so far is that
    with which the parcel would have been selected by now. The gate comes last, so that it binds all of them, earlier
    decisions as well; it changes neither cause nor propensity.
    """
    columns = _by_score_and_chance(inputs, policy)
    # What is added later is the cause.
    columns.name_raised(inputs.rules)
    columns.add(inputs.watched, Cause.LIST, but=inputs.trusted)
    columns.add(inputs.rules, Cause.RULE)
    columns.add(inputs.lists, Cause.LIST)
    columns.recall(inputs.recalled)
    columns.keep(inputs.standing)
    columns.pass_gate(inputs.gate)
    columns.query(inputs.doubtful)
    return Decisions(
        referral=columns.referral,
        cause=columns.cause,
        propensity=np.array(columns.propensity, dtype=np.float64),
        hits=columns.hits,
        limit=columns.limit,
        policy_id=policy.policy_id,
    )


_BASES = (
    (Referral.NOT_ASSESSED, Cause.NONE),
    (Referral.RELEASE, Cause.NONE),
    (SELECTED, Cause.RANDOM),
    (SELECTED, Cause.SCORE),
)
_POINT = log(2.0)
"""Raw score of one point: it doubles the odds."""


def _by_score_and_chance(inputs: Inputs, policy: LinePolicy) -> _Columns:
    draw, scores = inputs.draw, inputs.scores
    if scores is None:
        propensity = np.full(draw.shape, policy.capacity_share)
        base, raised = np.where(draw < propensity, 2, 0), np.zeros(draw.shape, np.bool_)
    else:
        by_itself = scores.raw >= scores.threshold
        by_score = by_itself | (scores.raw + _raise(inputs.rules, policy, draw.size) >= scores.threshold)
        if inputs.trusted is not None:
            by_score &= ~inputs.trusted
        raised = by_score & ~by_itself
        propensity = np.where(by_score, 1.0, chance(policy, scores.probability, scores.mean_root))
        is_assessed = ~(np.isnan(scores.raw) | np.isnan(scores.threshold) | np.isnan(propensity))
        # What the model could not score is drawn as if no model served.
        propensity = np.where(is_assessed, propensity, policy.capacity_share)
        base = np.where(by_score, 3, np.where(draw < propensity, 2, is_assessed))
    return _Columns([_BASES[one] for one in base.tolist()], propensity.tolist(), _rows_of(raised))


def _raise(rules: Sequence[Ask | None] | None, policy: LinePolicy, n: int) -> Floats:
    """What rules add to raw scores, shape ``(n,)``."""
    points = np.zeros(n)
    for row, ask in _given(rules if policy.most_points else None):
        points[row] = ask.points
    return raised(points, policy.most_points)


def raised(points: Floats, most_points: float) -> Floats:
    """What points of rules add to raw scores, shape ``(n,)``: at most what the policy allows."""
    return np.minimum(points, most_points) * _POINT


class _Columns:
    """Columns of decisions in the making."""

    def __init__(
        self, bases: list[tuple[Referral, Cause]], propensity: list[float], raised: Sequence[int] = ()
    ) -> None:
        """Begin with what score and chance say; `raised` are the rows whose score a rule had to raise."""
        self.referral = [referral for referral, _ in bases]
        self.cause = [cause for _, cause in bases]
        self.propensity = propensity
        self.hits: list[tuple[str, ...]] = [()] * len(bases)
        self.limit = [Limit.NONE] * len(bases)
        self._base, self._added = list(self.cause), dict[int, set[Cause]]()
        self._raised = raised

    def name_raised(self, rules: Sequence[Ask | None] | None) -> None:
        """Name the rules without which the score would not have selected."""
        for row in self._raised:
            ask = None if rules is None else rules[row]
            self.hits[row] = () if ask is None else ask.raised_by

    def add(self, asks: Sequence[Ask | None] | None, cause: Cause, *, but: Flags | None = None) -> None:
        """Add what lists or rules ask for, but not for the parcels of `but`."""
        for row, ask in _given(asks):
            if (but is not None and but[row]) or ask.referral.strength <= Referral.NOT_ASSESSED.strength:
                continue
            self.hits[row] = _joined(ask.hits, self.hits[row])
            if ask.referral.asks_inspection:
                self.cause[row], self.propensity[row] = cause, 1.0
                self._added.setdefault(row, set()).add(cause)
            elif not self.referral[row].asks_inspection:
                self.cause[row] = cause
            self.referral[row] = stronger(self.referral[row], ask.referral)

    def recall(self, asks: Sequence[Ask | None] | None) -> None:
        """Add what a search, or a report, asks for; the propensity is the policy's, which knew nothing of it."""
        for row, ask in _given(asks):
            if not self.referral[row].asks_inspection:
                self.cause[row] = ask.recalled_for
            self.hits[row] = _joined(ask.hits, self.hits[row])
            # What was learned since is a suspicion, as a rule is.
            self._added.setdefault(row, set()).add(Cause.RULE)
            self.referral[row] = stronger(self.referral[row], ask.referral)

    def keep(self, standing: Sequence[Decision | None] | None) -> None:
        """Keep what earlier decisions ask for."""
        for row, earlier in _given(standing):
            self.propensity[row] = max(self.propensity[row], earlier.propensity)
            if not earlier.referral.asks_inspection:
                continue
            self._added.setdefault(row, set()).add(earlier.cause)
            is_stronger = self.referral[row].strength > earlier.referral.strength
            if not is_stronger or Cause.RANDOM in (earlier.cause, self.cause[row]):
                self.cause[row] = earlier.cause
            self.referral[row] = stronger(self.referral[row], earlier.referral)
            self.hits[row] = _joined(earlier.hits, self.hits[row])

    def pass_gate(self, gate: Sequence[GateRow | None] | None) -> None:
        """Ask no more than is allowed."""
        for row, allowed in _given(gate):
            self.limit[row] = allowed.limit
            causes = {self._base[row]} | self._added.get(row, set())
            self.referral[row] = allowed.capped(self.referral[row], causes)

    def query(self, doubtful: Flags | None) -> None:
        """Ask the operator about doubtful declarations, where nothing else is asked."""
        for row in () if doubtful is None else _rows_of(doubtful):
            if self.referral[row].strength < Referral.ASK_OPERATOR.strength:
                self.referral[row], self.cause[row] = Referral.ASK_OPERATOR, Cause.RULE
                self.hits[row] = _joined(self.hits[row], (DOUBT_RULE,))


def _given(column: Sequence[Item | None] | None) -> list[tuple[int, Item]]:
    """Entries that are not None, with their rows."""
    return [] if column is None else [(row, item) for row, item in enumerate(column) if item is not None]


def _rows_of(flags: Flags) -> list[int]:
    """Rows that are set."""
    return [row for row, is_set in enumerate(flags.tolist()) if is_set]


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Names in order, each once."""
    return tuple(dict.fromkeys((*first, *second)))
