"""The parcels of a period, each once, made of the columns of their versions and of what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.bundle import Bundle
from features.declared.declare import Floats
from policy import Referral
from policy.capacity import Flags
from policy.vocabulary import BY_STRENGTH
from policy.whatif import Grouped, Period
from policy.whatif.period import Ints
from serving.office.whatif.filling import TYPES
from serving.office.whatif.series import Array, Series

_ASKS = np.array([*(referral.asks_inspection for referral in BY_STRENGTH), False])
"""By the number of a referral; the last is of -1, nothing decided."""


@dataclass(frozen=True)
class Versions:
    """Parcel events of a period, and which parcel each is a version of: rows of the columns, and positions."""

    rows: Ints
    life: Ints
    n: int

    def any(self, column: Array) -> Flags:
        """Whether a column of flags holds for any version of each parcel, shape ``(n,)``."""
        found = np.zeros(self.n, dtype=np.bool_)
        found[self.life[np.asarray(column[self.rows])]] = True
        return found

    def most(self, column: Array) -> Floats:
        """Largest value of each parcel's versions, shape ``(n,)``; NaN where none has any."""
        found = np.full(self.n, np.nan)
        np.fmax.at(found, self.life, np.asarray(column[self.rows], dtype=np.float64))
        return found

    def first(self, column: Array) -> Array:
        """Value of the first version of each parcel, shape ``(n,)``."""
        found = np.zeros(self.n, dtype=column.dtype)
        found[self.life[::-1]] = column[self.rows][::-1]
        return found


class Facts:
    """What the columns hold of everything until now, ready to cut a period out of it."""

    def __init__(self, series: Series) -> None:
        """Read the columns that every question reads."""
        self._series = series
        self._known = {
            name: series.read(name, dtype, series.n.get(kind, 0))
            for kind, names in TYPES.items()
            for name, dtype in names.items()
        }

    def versions(self, since_us: int, until_us: int) -> Versions:
        """Versions of the parcels that became known from `since_us` to before `until_us`.

        One that was cancelled before anybody examined it is left out.
        """
        seq, at, life = (self._known[name] for name in ("seq", "at", "life"))
        first, is_first = self._firsts(seq, life)
        is_in = (at >= since_us) & (at < until_us)
        is_in[~is_first] = is_in[first[~is_first]]
        parcel = (np.cumsum(is_first) - 1)[first]
        kept = np.zeros(int(is_first.sum()), dtype=np.bool_)
        is_current = np.ones(seq.size, dtype=np.bool_)
        is_current[self._rows_of(self._known["retracted"])] = False
        kept[parcel[is_current]] = True
        kept[parcel[self._rows_of(self._outcomes()[0])]] = True
        rows = np.flatnonzero(is_in & kept[parcel])
        # Positions without gaps, in the order of the first versions.
        number = np.zeros(kept.size, dtype=np.int64)
        number[parcel[rows]] = 1
        return Versions(rows, (np.cumsum(number) - 1)[parcel[rows]], int(number.sum()))

    def _firsts(self, seq: Ints, life: Ints) -> tuple[Ints, Flags]:
        """Row of the first version of each parcel event, and whether that is itself."""
        is_first = life == seq
        first = np.arange(seq.size)
        first[~is_first] = np.searchsorted(seq, life[~is_first])
        return first, is_first

    def _rows_of(self, subjects: Array) -> Ints:
        """Rows of those of the events that are of parcels."""
        seq = self._known["seq"]
        rows = np.minimum(np.searchsorted(seq, subjects), max(0, seq.size - 1))
        return np.asarray(rows[seq[rows] == subjects] if seq.size else rows[:0])

    def _outcomes(self) -> tuple[Ints, Array, Floats]:
        """Parcel event, result and propensity of the outcomes that were not retracted, in the order of the log."""
        counts = ~np.isin(self._known["outcome"], self._known["retracted"])
        of, result, propensity = (self._known[name][counts] for name in ("outcome_of", "result", "outcome_propensity"))
        return of, result, propensity

    def period(
        self, versions: Versions, model: Bundle | None, score: Array | None, minutes: Mapping[Referral, float]
    ) -> Period:
        """The parcels of a period, scored by a model.

        Parameters
        ----------
        score:
            Column of the raw scores by that model.
        minutes:
            Of one inspection by each method.
        """
        label, was_examined, outcome_propensity = self._labels(versions)
        asked = self._known["asked"]
        propensity = versions.most(self._known["propensity"])
        lanes = self._series.names.get("lane", [])
        lane = versions.first(self._known["lane"]).astype(np.int64)
        raw, probability = np.full((2, versions.n), np.nan)
        roots: Floats | float = 1.0
        if model is not None and score is not None:
            raw = versions.most(score)
            is_scored = np.isfinite(raw)  # what nobody declared is read by no model
            probability[is_scored] = model.probability(raw[is_scored])
            roots = model.meta.reference.mean_roots(lanes)
        return Period(
            at_us=versions.first(self._known["at"]),
            raw=raw,
            probability=probability,
            root=np.full(versions.n, roots) if isinstance(roots, float) else roots[lane],
            label=label,
            was_selected=versions.any(_ASKS[asked]) | was_examined,
            was_propensity=np.where(np.isnan(outcome_propensity), propensity, outcome_propensity),
            was_minutes=np.nan_to_num(versions.most(_minutes(minutes)[asked])),
            sender=versions.first(self._known["sender"]),
            lane=Grouped(lane, lanes),
            origin=Grouped(
                versions.first(self._known["origin"]).astype(np.int64), self._series.names.get("origin", [])
            ),
        )

    def _labels(self, versions: Versions) -> tuple[Ints, Flags, Floats]:
        """Label, whether there is an outcome at all, and its propensity: the first that says what is in the parcel."""
        of, result, propensity = self._outcomes()
        place = np.searchsorted(self._known["seq"][versions.rows], of)
        place = np.minimum(place, max(0, versions.rows.size - 1))
        is_here = self._known["seq"][versions.rows][place] == of if versions.rows.size else np.zeros(of.size, np.bool_)
        life, result, propensity = versions.life[place[is_here]], result[is_here], propensity[is_here]
        label = np.full(versions.n, -1, dtype=np.int64)
        known = np.full(versions.n, np.nan)
        # The first one that says what is in the parcel counts, else the first: written last, so that it stays.
        order = np.lexsort((-np.arange(life.size), result >= 0))
        label[life[order]], known[life[order]] = result[order], propensity[order]
        was_examined = np.zeros(versions.n, dtype=np.bool_)
        was_examined[life] = True
        return label, was_examined, known


def _minutes(minutes: Mapping[Referral, float]) -> Floats:
    """Minutes by the number of a referral; 0 for those that ask for nothing, and for -1."""
    longest = max(minutes.values())
    asked = [minutes.get(one, longest) if one.asks_inspection else 0.0 for one in BY_STRENGTH]
    return np.array([*asked, 0.0])
