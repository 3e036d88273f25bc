"""What became of each live rule on one parcel, in words: hits condition by condition, and rules it barely missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import aligned, catalogue
from features.declared.declare import Floats
from features.event_rows import Row
from features.text import Declared, Verbatim, figure, joined, text
from policy.rules import Trace, Traced, of_events, vocabulary
from policy.rules.tree import Column, Comparison, Number
from serving.office.ruling import Held
from serving.store import Scored

_SUFFIXES = ("_eur_cents", "_cents", "_eur", "_g", "_mm")
MOST_NEAR = 5
"""Near misses that are shown, those of the longest rules first: they are the nearest."""
_MARKS = {True: text("met"), False: text("not met"), None: text("not known")}


@dataclass(frozen=True, kw_only=True)
class ConditionShown:
    """One condition of a rule on one parcel: as it is written, `met`, `not met` or `not known`, and what was read."""

    condition: str
    state: str
    values: str
    is_met: bool = False


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
    near = "" if missed is None else text("One condition short: {missed}", missed=in_words(missed))
    flat = (one for condition in trace.conditions for one in condition.counted or (condition,))
    return RuleTrace(rule=rule, says=says, near_miss=near, conditions=tuple(map(condition_shown, flat)))


def condition_shown(one: Traced) -> ConditionShown:
    """A condition as it is shown."""
    return ConditionShown(
        condition=one.condition, state=_MARKS[one.holds], values=_values(one), is_met=one.holds is True
    )


def in_words(one: Traced) -> str:
    """What a parcel has instead of what a condition asks for."""
    match one.part:
        case Comparison(operator, _, Number(bound)) if one.count is not None:
            wanted = _bound(operator, figure(bound, ".2f"))
            return text("match {value:.2f} instead of {wanted}", value=one.count, wanted=wanted)
        case Comparison(operator, Column(name), Number(bound)):
            wanted = _bound(operator, _quantity(name, bound))
            what, value = Verbatim(_label(name)), _quantity(name, one.values[name])
            return text("{what} {value} instead of {wanted}", what=what, value=value, wanted=wanted)
        case _:
            condition = Verbatim(one.condition)
            return text("{condition} does not hold ({values})", condition=condition, values=_values(one))


def _bound(operator: str, bound: str) -> str:
    match operator:
        case "<":
            return text("under {bound}", bound=bound)
        case "<=":
            return text("at most {bound}", bound=bound)
        case ">":
            return text("above {bound}", bound=bound)
        case ">=":
            return text("at least {bound}", bound=bound)
        case "<>":
            return text("any other than {bound}", bound=bound)
        case _:
            return bound


def _values(one: Traced) -> str:
    pairs = one.values.items()
    return joined(", ", (joined(": ", (Verbatim(_label(name)), _quantity(name, value))) for name, value in pairs))


def _label(name: str) -> str:
    """A column without its unit."""
    suffix = next((end for end in _SUFFIXES if name.endswith(end)), "")
    return name.removesuffix(suffix).replace("_", " ")


def _quantity(name: str, value: float | str | None) -> str:
    """A value with its unit, in a scale that people use."""
    if value is None:
        return text("not known")
    if isinstance(value, str):
        return Declared(value)
    word = vocabulary().get(name)
    unit = word.unit if word is not None else ""
    if unit == "hundredths of EUR":
        return text("{value:,.2f} EUR", value=value / 100)
    if unit == "share":
        return figure(value, ".3g")
    number = figure(value, ",.0f" if value == round(value) else ",.4g")
    return joined(" ", (number, Verbatim(unit))) if unit else number
