"""How a feature is declared: what the model reads, what the officer reads, and where both come from.

A feature is a small pure function of numbers. Its name is the column, its parameters name what it reads:

- a *feature* reads facts of the parcel, by the names in `features.facts.FACTS`, as in ``gross_weight_g``;
- a *history part* exists for every entity and reads what was known of it, by the names in ``kernel.READ``, as in
  ``n_7d``; facts of the parcel; and ``parent_`` with the name of a part: its value for the parent. Declared by
  `windowed` it exists for each window, of which ``n``, ``value``, ... are then read. Of an entity that
  is a hub all are missing but ``parties``; ``hub_`` before a name gives what is known of a hub, as in ``hub_n_7d``;
- an *across part* reads what was known of several entities, as in ``sender_n_28d``: entity, ``_``, name in
  ``kernel.READ``; and facts of the parcel.

Missing is NaN, yes and no are 1 and 0. `features.compiled` compiles all functions together with the functions and
numbers that they use (`features.declared.scalar` holds those that modules share).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from features.history import kernel
from features.text import Text, text

Floats = npt.NDArray[np.float64]
PARCEL = "parcel"
Function = Callable[..., float]
"""A pure function of numbers; its parameters name what it reads."""


def _source(function: Callable[..., object]) -> str:
    """What the module of a declaration says of its source."""
    return str(function.__globals__.get("SOURCE", ""))


_PLURAL_OF_ONE = re.compile(r"(?<![\d.,])1 ((?:HS |different |transit )?)([a-z]+?)(ies|s)\b")


def _singular(match: re.Match[str]) -> str:
    """Name one parcel, not one parcels."""
    return f"1 {match[1]}{match[2]}{'y' if match[3] == 'ies' else ''}"


_VERB_OF_ONE = re.compile(r"^(1 [^0-9]*?) were\b")


NOUN_MISSING = "the {noun} is not given"


class Kind(StrEnum):
    """How the model treats the column."""

    NUMBER = "number"
    YES_NO = "yes/no"
    CATEGORY = "category"


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column of the feature row.

    Attributes
    ----------
    name:
        Column name.
    unit:
        Unit of the value; "yes/no" and "code" where there is none.
    entity:
        What the value is a property of: ``parcel`` or an entity of `features.history.entities`.
    says:
        Sentence for the officer; ``{value}`` is replaced by the value.
    says_not, says_missing:
        Sentences for 0 and for a missing value.
    description:
        What it is and when it is missing.
    family:
        Reasons are grouped by it.
    kind:
        How the model treats it.
    direction:
        +1 or -1 where domain knowledge fixes the direction of risk, else 0.
    labels:
        Word for each code of a category.
    source:
        Where it comes from: part of the manifest, the log, or what is derived at intake.
    function:
        How it is computed from facts of the parcel; None for history features.
    part:
        Declaration whose sentences, with the words of an entity in them, are those of a history feature.
    """

    name: str
    unit: str
    entity: str
    says: str
    description: str
    family: str
    says_not: str = ""
    says_missing: str = ""
    kind: Kind = Kind.NUMBER
    direction: int = 0
    labels: tuple[str, ...] = ()
    source: str = ""
    function: Function | None = None
    part: HistoryPart | None = None

    def message_of(self, value: float) -> str:
        """Message of the sentence for `value` as it is declared, with names in braces; empty where there is none."""
        declared = self if self.part is None else self.part
        if math.isnan(value):
            return declared.says_missing
        return declared.says_not if self.kind is Kind.YES_NO and value == 0 else declared.says

    def sentence(self, value: float) -> str:
        """What the officer reads for `value`."""
        if math.isnan(value):
            return self.says_missing or f"{self.name.replace('_', ' ')} is not known"
        if self.kind is Kind.CATEGORY:
            return self.says.format(value=self.labels[int(value)])
        if self.kind is Kind.YES_NO and value == 0:
            return self.says_not or f"not so: {self.says}"
        return _VERB_OF_ONE.sub(r"\1 was", _PLURAL_OF_ONE.sub(_singular, self.says.format(value=value)))

    def shown(self, value: float) -> str:
        """The bare value: the label of a category, yes or no, a number; "" where it is missing."""
        if math.isnan(value):
            return ""
        if self.kind is Kind.CATEGORY:
            return self.labels[int(value)]
        if self.kind is Kind.YES_NO:
            return "yes" if value else "no"
        return f"{value:.0f}" if self.unit == "code" else f"{value:.4g}"


def feature(
    *,
    unit: str,
    says: str,
    entity: str = PARCEL,
    says_not: str = "",
    says_missing: str = "",
    kind: Kind = Kind.NUMBER,
    direction: int = 0,
    labels: tuple[str, ...] = (),
) -> Callable[[Function], Feature]:
    """Declare a feature of the parcel; the function's name is the column, its docstring the description."""

    def declare(function: Function) -> Feature:
        return Feature(
            name=function.__name__,
            unit=unit,
            entity=entity,
            says=says,
            says_not=says_not,
            says_missing=says_missing,
            description=" ".join((function.__doc__ or "").split()),
            family=function.__module__.rsplit(".", 1)[-1],
            kind=kind,
            direction=direction,
            labels=labels,
            source=_source(function),
            function=function,
        )

    return declare


def yes_no(says: str, says_not: str, says_missing: str = "", *, direction: int = 0) -> Callable[[Function], Feature]:
    """Declare a feature that is true, false or missing; see `feature`."""
    return feature(
        unit="yes/no", kind=Kind.YES_NO, says=says, says_not=says_not, says_missing=says_missing, direction=direction
    )


@dataclass(frozen=True, kw_only=True)
class AcrossPart:
    """A feature that reads the history of several entities at once."""

    feature: Feature
    function: Function


def across(
    *, unit: str, entity: str, says: str, says_not: str = "", says_missing: str = "", kind: Kind = Kind.NUMBER
) -> Callable[[Function], AcrossPart]:
    """Declare a feature over the histories of several entities; `entity` is the one that it speaks of."""

    def declare(function: Function) -> AcrossPart:
        described = Feature(
            name=function.__name__,
            unit=unit,
            entity=entity,
            says=says,
            says_not=says_not,
            says_missing=says_missing,
            description=" ".join((function.__doc__ or "").split()),
            family=f"{entity} history",
            kind=kind,
            source=_source(function),
        )
        return AcrossPart(feature=described, function=function)

    return declare


@dataclass(frozen=True, kw_only=True)
class HistoryPart:
    """A feature that exists once for every entity; its name is put behind the entity's, as in ``sender_n_7d``.

    `window_days` is the window over which it reads the measures of the history; 0 for all time.
    """

    name: str
    unit: str
    says: str
    says_not: str
    says_missing: str
    description: str
    kind: Kind
    direction: int
    source: str
    function: Function
    window_days: int = 0

    @property
    def window(self) -> Text:
        """The window in words, for ``{window}``."""
        if not self.window_days:
            return text("so far")
        return text("in the last day") if self.window_days == 1 else text("in {days} days", days=self.window_days)

    def reads(self, parameter: str) -> str:
        """Name of what a parameter of the function reads: of a part over 7 days ``n`` reads ``n_7d``."""
        return f"{parameter}_{self.window_days}d" if self.window_days and parameter in kernel.MEASURES else parameter


def history_part(
    *, unit: str, says: str, says_not: str = "", says_missing: str = "", kind: Kind = Kind.NUMBER
) -> Callable[[Function], HistoryPart]:
    """Declare a history feature; ``{noun}`` and ``{others}`` in its texts become the words of the entity."""

    def declare(function: Function) -> HistoryPart:
        return HistoryPart(
            name=function.__name__,
            unit=unit,
            says=says,
            says_not=says_not,
            says_missing=says_missing or NOUN_MISSING,
            description=" ".join((function.__doc__ or "").split()),
            kind=kind,
            direction=0,
            source=_source(function),
            function=function,
        )

    return declare


class Windowed(dict[int, HistoryPart]):
    """The history features of one declaration by the days of their window; 0 is all time."""


def windowed(*, unit: str, says: str, all_time: bool = True, direction: int = 0) -> Callable[[Function], Windowed]:
    """Declare a history feature over each window of ``kernel.WINDOWS``, and over all time: ``found_7d`` and ``found``.

    ``{window}`` in its sentence and ``{exactly}`` in its docstring become the window. `direction` binds the windows
    only: what is counted over all time can never be forgotten.
    """

    def declare(function: Function) -> Windowed:
        whole = history_part(unit=unit, says=says)(function)
        windows = (0, *kernel.WINDOWS) if all_time else kernel.WINDOWS
        return Windowed({days: _over(whole, days, direction if days else 0) for days in windows})

    return declare


def _over(whole: HistoryPart, days: int, direction: int) -> HistoryPart:
    unit = "hour and the 24 whole hours" if days == 1 else f"day and the {days} whole days"
    exactly = f"the current part {unit} before it" if days else "all time"
    return replace(
        whole,
        name=f"{whole.name}_{days}d" if days else whole.name,
        description=whole.description.replace("{exactly}", exactly),
        direction=direction,
        window_days=days,
    )
