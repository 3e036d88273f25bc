"""How a feature is declared: what the model reads, what the officer reads, and where both come from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
PARCEL = "parcel"


def _source(function: Callable[..., object]) -> str:
    """What the module of a declaration says of its source."""
    return str(function.__globals__.get("SOURCE", ""))


_PLURAL_OF_ONE = re.compile(r"(?<![\d.,])1 ((?:HS |different |transit )?)([a-z]+?)(ies|s)\b")


def _singular(match: re.Match[str]) -> str:
    """Name one parcel, not one parcels."""
    return f"1 {match[1]}{match[2]}{'y' if match[3] == 'ies' else ''}"


_VERB_OF_ONE = re.compile(r"^(1 [^0-9]*?) were\b")


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
    expression:
        How it is computed from the parcel table; None for history features.
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
    expression: Callable[[], pl.Expr] | None = None

    def sentence(self, value: float) -> str:
        """What the officer reads for `value`."""
        if math.isnan(value):
            return self.says_missing or f"not known: {self.name.replace('_', ' ')}"
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
) -> Callable[[Callable[[], pl.Expr]], Feature]:
    """Declare a feature over the parcel table; the function's name is the column, its docstring the description."""

    def declare(function: Callable[[], pl.Expr]) -> Feature:
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
            expression=function,
        )

    return declare


def yes_no(
    says: str, says_not: str, says_missing: str = "", *, direction: int = 0
) -> Callable[[Callable[[], pl.Expr]], Feature]:
    """Declare a feature that is true, false or missing; see `feature`."""
    return feature(
        unit="yes/no", kind=Kind.YES_NO, says=says, says_not=says_not, says_missing=says_missing, direction=direction
    )


class History:
    """What was read of one entity for a batch of parcels, with a few facts of the parcels themselves.

    Attributes
    ----------
    at_s, value_eur_cents, weight_g:
        Facts of the parcel being scored, one per row; NaN where not declared.
    parent:
        History of the entity's parent for the same parcels; None for an entity without one.
    """

    def __init__(
        self,
        columns: Mapping[str, Floats],
        *,
        at_s: Floats,
        value_eur_cents: Floats,
        weight_g: Floats,
        parent: History | None = None,
    ) -> None:
        """Wrap the columns of ``kernel.READ`` as floats, NaN in rows without the entity."""
        self._columns = columns
        self.parent = parent
        self.at_s = at_s
        self.value_eur_cents = value_eur_cents
        self.weight_g = weight_g

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]


def ratio(over: Floats, under: Floats) -> Floats:
    """Divide where the divisor is positive; NaN elsewhere."""
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)


@dataclass(frozen=True, kw_only=True)
class AcrossPart:
    """A feature that reads the history of several entities at once."""

    feature: Feature
    compute: Callable[[Mapping[str, History]], Floats]


def across(
    *, unit: str, entity: str, says: str, says_not: str = "", says_missing: str = "", kind: Kind = Kind.NUMBER
) -> Callable[[Callable[[Mapping[str, History]], Floats]], AcrossPart]:
    """Declare a feature over the histories of several entities; `entity` is the one that it speaks of."""

    def declare(function: Callable[[Mapping[str, History]], Floats]) -> AcrossPart:
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
        return AcrossPart(feature=described, compute=function)

    return declare


@dataclass(frozen=True, kw_only=True)
class HistoryPart:
    """A feature that exists once for every entity; its name is put behind the entity's, as in ``sender_n_7d``."""

    name: str
    unit: str
    says: str
    says_not: str
    says_missing: str
    description: str
    kind: Kind
    direction: int
    source: str
    compute: Callable[[History], Floats]


def history_part(
    *, unit: str, says: str, says_not: str = "", says_missing: str = "", kind: Kind = Kind.NUMBER, direction: int = 0
) -> Callable[[Callable[[History], Floats]], HistoryPart]:
    """Declare a history feature; ``{noun}`` and ``{others}`` in its texts become the words of the entity."""

    def declare(function: Callable[[History], Floats]) -> HistoryPart:
        return HistoryPart(
            name=function.__name__,
            unit=unit,
            says=says,
            says_not=says_not,
            says_missing=says_missing,
            description=" ".join((function.__doc__ or "").split()),
            kind=kind,
            direction=direction,
            source=_source(function),
            compute=function,
        )

    return declare
