"""What a question reads of every parcel, and how each column of it is made from a part of the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl

from features.bundle import Bundle
from features.declared.declare import Floats
from features.parcel.undeclared import UNDECLARED
from policy.capacity import Flags
from policy.lists import Listed, ListIndex, Parcels
from policy.lists.matching import NAME_COLUMNS
from policy.rules import Lists, Predicate, Program, columns_of, of_cached, vocabulary, word_lists
from policy.rules.tree import lists_of
from policy.rules.vocabulary import DESCRIPTION


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parcel events of a part of the log.

    Attributes
    ----------
    parcels:
        Their table, with descriptions as far as these are left.
    features:
        Columns of their feature rows that are known, by name, shape ``(n,)``.
    values:
        Whole feature rows, shape ``(n, k)``, without what a model fills; None where history was not replayed.
    """

    parcels: pl.DataFrame
    features: Mapping[str, Floats] = field(default_factory=dict)
    values: Floats | None = None


class Column(Protocol):
    """A column that is made once for each parcel and kept.

    Attributes
    ----------
    name:
        Under which it is kept: the same for whatever gives the same values.
    dtype:
        Type of its entries.
    features:
        Columns of the feature row that it reads; `of` finds them in `Part.features`.
    reads_rows:
        Whether it reads whole feature rows.
    """

    name: str
    dtype: type
    features: tuple[str, ...]
    reads_rows: bool

    def of(self, part: Part) -> np.ndarray:
        """Its entries for a part of the log, shape ``(n,)``."""
        ...


class FeatureColumn:
    """A feature."""

    dtype: type = np.float64
    features: tuple[str, ...] = ()
    reads_rows = True

    def __init__(self, feature: str, position: int) -> None:
        """Of the column at `position` of feature rows."""
        self.name, self._position = self.named(feature), position

    @staticmethod
    def named(feature: str) -> str:
        """Name of the column of a feature."""
        return f"feature-{feature}"

    def of(self, part: Part) -> Floats:
        """Its values."""
        return np.ascontiguousarray(_rows(part)[:, self._position])


class RuleColumn:
    """What a rule hits."""

    dtype: type = np.bool_
    reads_rows = False

    def __init__(self, tree: Predicate, identity: str, lists: Lists | None = None) -> None:
        """Of a rule with this canonical tree, whatever it is called and asks for; `lists` are those that it may name.

        Its hits change with the words of lists of the office, so that these are a part of its name.
        """
        known = word_lists() if lists is None else lists
        own = {name: sorted(known[name]) for name in lists_of(tree) if known[name] != word_lists().get(name)}
        words = f"-{hashlib.sha256(json.dumps(own).encode()).hexdigest()[:8]}" if own else ""
        self.name = f"rule-{identity}{words}"
        self.features = tuple(name for name in columns_of(tree) if vocabulary()[name].is_feature)
        self._program = Program([tree], lists=known)

    def of(self, part: Part) -> Flags:
        """Whether it hits each parcel."""
        (hits,) = self._program.hits(of_cached(part.parcels, part.features))
        return np.asarray(hits, dtype=np.bool_)


class ListColumn:
    """What the entries of a list hit, as if they had been on it all the time; names of persons are not compared."""

    dtype: type = np.bool_
    features: tuple[str, ...] = ()
    reads_rows = False

    def __init__(self, one: Listed) -> None:
        """Of a list that can be read."""
        self.name = f"list-{hashlib.sha256(one.digest.encode()).hexdigest()[:16]}"
        self._index = ListIndex([without_names(one)])

    def of(self, part: Part) -> Flags:
        """Whether it hits each parcel."""
        n = part.parcels.height
        keys = {column: part.parcels[column] for column in self._index.columns}
        parcels = Parcels(n=n, keys=keys, names={}, descriptions=part.parcels[DESCRIPTION].to_list())
        found = np.zeros(n, dtype=np.bool_)
        found[self._index.match(parcels, 0).rows] = True
        return found


class ScoreColumn:
    """Raw score by a model; NaN for what nobody has declared."""

    dtype: type = np.float64
    features: tuple[str, ...] = ()
    reads_rows = True

    def __init__(self, model: Bundle) -> None:
        """Of a bundle."""
        self.name, self._model = f"score-{model.digest[:16]}", model

    def of(self, part: Part) -> Floats:
        """The score of each parcel."""
        whole = self._model.completed(_rows(part), part.parcels[DESCRIPTION].to_list())
        raw = self._model.raw(whole)
        return np.where((part.parcels["operator"] == UNDECLARED).fill_null(value=False), np.nan, raw)


def without_names(one: Listed) -> Listed:
    """The same list without its entries of names, which the log does not hold."""
    if one.content is None:
        return one
    marks = one.content.marks
    is_name = marks["column"].is_in(NAME_COLUMNS)
    if not is_name.any():
        return one
    is_text = marks["key"].is_null()
    kept = (~is_name).filter(is_text).to_list()
    forms = tuple(form for form, is_kept in zip(one.content.forms, kept, strict=False) if is_kept)
    content = type(one.content)(marks=marks.filter(~is_name), forms=forms, given=one.content.given)
    return Listed(number=one.number, terms=one.terms, content=content, digest=one.digest)


def _rows(part: Part) -> Floats:
    if part.values is None:
        raise ValueError("the column reads feature rows; give a part of the log that was replayed")
    return part.values
