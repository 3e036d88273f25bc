"""What became of each live rule on one parcel, in words: hits condition by condition, and rules it barely missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import aligned, catalogue
from features.declared.declare import Floats
from features.event_rows import Row
from features.messages.language import ENGLISH, language_of
from policy.rules import Trace, Traced, of_events, vocabulary
from policy.rules.tree import Column, Comparison, Number
from serving.office.ruling import Held
from serving.store import Scored

_SUFFIXES = ("_eur_cents", "_cents", "_eur", "_g", "_mm")
MOST_NEAR = 5
"""Near misses that are shown, those of the longest rules first: they are the nearest."""
_MARKS = {True: "met", False: "not met", None: "not known"}


@dataclass(frozen=True, kw_only=True)
class ConditionShown:
    """One condition of a rule on one parcel: as it is written, `met`, `not met` or `not known`, and what was read."""

    condition: str
    state: str
    values: str


@dataclass(frozen=True, kw_only=True)
class RuleTrace:
    """What became of a rule on a parcel.

    Attributes
    ----------
    rule:
        Name and version.
    says:
        What the rule looks for, in the words of its author.
    near_miss:
        The only condition that the parcel misses, in words; empty where it was hit.
    """

    rule: str
    says: str
    near_miss: str
    conditions: tuple[ConditionShown, ...]


def rule_traces(held: Held, event: Row, features: Floats | None, hits: Sequence[int]) -> tuple[RuleTrace, ...]:
    """Hits first, then near misses; of rules that are live and whole.

    Parameters
    ----------
    event:
        The parcel event.
    features:
        Its feature row, shape ``(1, k)``; None where it is not kept, so that nobody can say what the parcel missed.
    hits:
        Numbers of the rules that hit the parcel when it was decided on.
    """
    row = np.full((1, len(catalogue().names)), np.nan) if features is None else features
    traced = held.tracer.traces(of_events([event], row)) if held.whole else []
    pairs = list(zip(held.whole, traced, strict=True))
    hit = [_shown(one.stored.title, one.stored.rule.says, trace) for one, trace in pairs if one.stored.rule_id in hits]
    missed = [
        _shown(one.stored.title, one.stored.rule.says, trace, trace.near_miss)
        for one, trace in pairs
        if features is not None and one.stored.rule_id not in hits and trace.near_miss is not None
    ]
    missed.sort(key=lambda one: -len(one.conditions))
    return (*hit, *missed[:MOST_NEAR])


def row_of(scored: Scored, names: tuple[str, ...] | None) -> Floats | None:
    """Feature row of a stored answer, shape ``(1, k)``; None where it is not kept, or its columns are not known."""
    is_known = names is not None or scored.fingerprint == catalogue().fingerprint
    if scored.features is None or not is_known:
        return None
    row = np.array(scored.features, dtype=np.float64).reshape(1, -1)
    return row if names is None else aligned(row, names)


def _shown(rule: str, says: str, trace: Trace, missed: Traced | None = None) -> RuleTrace:
    near = "" if missed is None else language_of(ENGLISH).frames["near_miss"].format(missed=in_words(missed))
    flat = (one for condition in trace.conditions for one in condition.counted or (condition,))
    return RuleTrace(rule=rule, says=says, near_miss=near, conditions=tuple(map(condition_shown, flat)))


def condition_shown(one: Traced) -> ConditionShown:
    """A condition as it is shown."""
    return ConditionShown(condition=one.condition, state=_MARKS[one.holds], values=_values(one))


def in_words(one: Traced) -> str:
    """What a parcel has instead of what a condition asks for."""
    frames = language_of(ENGLISH).frames
    match one.part:
        case Comparison(operator, _, Number(bound)) if one.count is not None:
            wanted = frames[operator].format(bound=f"{bound:.2f}")
            return frames["instead"].format(what="match", value=f"{one.count:.2f}", wanted=wanted)
        case Comparison(operator, Column(name), Number(bound)):
            wanted = frames[operator].format(bound=_quantity(name, bound))
            return frames["instead"].format(what=_label(name), value=_quantity(name, one.values[name]), wanted=wanted)
        case _:
            return frames["unmet"].format(condition=one.condition, values=_values(one))


def _values(one: Traced) -> str:
    return ", ".join(f"{_label(name)}: {_quantity(name, value)}" for name, value in one.values.items())


def _label(name: str) -> str:
    """A column without its unit."""
    suffix = next((end for end in _SUFFIXES if name.endswith(end)), "")
    return name.removesuffix(suffix).replace("_", " ")


def _quantity(name: str, value: float | str | None) -> str:
    """A value with its unit, in a scale that people use."""
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    word = vocabulary().get(name)
    unit = word.unit if word is not None else ""
    if unit == "hundredths of EUR":
        return f"{value / 100:,.2f} EUR"
    if unit == "share":
        return f"{value:.3g}"
    figure = f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"
    return f"{figure} {unit}".strip()
