"""Which parcels are on which lists, and what follows: all lists at once, a column at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from policy.asking import Ask, unreadable
from policy.capacity import Flags
from policy.lists.content import MARKS, Content
from policy.lists.exact import Ints, KeyIndex
from policy.lists.names import Floats, NameIndex
from policy.lists.terms import ListKind, Terms, until_us
from policy.lists.wording import WordIndex
from policy.vocabulary import stronger

NAME_COLUMNS = ("sender_name", "recipient_name")
_FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list that is live.

    Attributes
    ----------
    number:
        By which hits refer to it.
    content:
        None where it cannot be read.
    digest:
        Of terms and content.
    """

    number: int
    terms: Terms
    content: Content | None
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Parcels:
    """What `n` parcels are recognised by.

    Attributes
    ----------
    keys:
        Columns of entity keys, null where a parcel has none.
    names:
        Names in the form of `policy.lists.name_form` by column; empty where there is none.
    descriptions:
        None where there is none.
    """

    n: int
    keys: Mapping[str, pl.Series]
    names: Mapping[str, Sequence[str]]
    descriptions: Sequence[str | None]


class Matches(NamedTuple):
    """Hits: rows of parcels, numbers of lists and of entries, and how similar names are (NaN where it is the same)."""

    rows: Ints
    lists: Ints
    entries: Ints
    similarity: Floats


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What lists ask of `n` parcels, as `policy.Inputs` takes it."""

    lists: list[Ask | None] | None = None
    watched: list[Ask | None] | None = None
    trusted: Flags | None = None


class ListIndex:
    """Live lists, indexed together.

    Parameters
    ----------
    lists:
        Those whose content is None cannot be read: a mandatory one asks for a manual check of every parcel.
    """

    def __init__(self, lists: Sequence[Listed] = ()) -> None:
        """Index keys by column, names and words by list."""
        self.lists = tuple(lists)
        self._terms = {one.number: one.terms for one in lists}
        self.unreadable = tuple(one.terms for one in lists if one.content is None)
        met = [one for one in lists if one.terms.kind is not ListKind.REFERENCE]
        whole = [(one, one.content) for one in met if one.content is not None]
        marks = pl.concat([_NO_MARKS, *(_marks(one, content) for one, content in whole)]).with_row_index("mark")
        marks = marks.with_columns(pl.col("mark").cast(pl.Int64))
        self._lists, self._entries = marks["list"].to_numpy(), marks["entry"].to_numpy()
        self._until = marks["until_us"].to_numpy()
        keyed = marks.filter(pl.col("key").is_not_null())
        self._by_key = {
            str(column): KeyIndex(part["key"].to_numpy(), part["mark"].to_numpy())
            for (column,), part in keyed.partition_by("column", as_dict=True).items()
        }
        self._by_name = list(_name_indexes(marks, self._terms))
        words = marks.filter(pl.col("column") == "description")
        self._words = WordIndex(words["form"].to_list()), words["mark"].to_numpy()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of keys that parcels are looked up by."""
        return tuple(self._by_key)

    @property
    def reads_names(self) -> bool:
        """Whether names are compared."""
        return bool(self._by_name)

    def match(self, parcels: Parcels, at_us: int) -> Matches:
        """Hits of parcels at a time, by row; an entry that has expired hits nothing, and each hits a parcel once."""
        found = [*self._keys(parcels), *self._names(parcels), self._described(parcels)]
        rows, marks, similarity = (np.concatenate(column) for column in zip(*found, strict=True))
        holds = self._until[marks] >= at_us
        rows, marks, similarity = rows[holds], marks[holds], similarity[holds]
        lists, entries = self._lists[marks], self._entries[marks]
        order = np.lexsort((entries, lists, rows))
        rows, lists, entries, similarity = rows[order], lists[order], entries[order], similarity[order]
        is_new = np.ones(rows.size, dtype=np.bool_)
        is_new[1:] = (np.diff(rows) != 0) | (np.diff(lists) != 0) | (np.diff(entries) != 0)
        return Matches(rows[is_new], lists[is_new], entries[is_new], similarity[is_new])

    def _keys(self, parcels: Parcels) -> Iterator[tuple[Ints, Ints, Floats]]:
        for column, index in self._by_key.items():
            rows, marks = index.find(parcels.keys[column])
            yield rows, marks, np.full(rows.size, np.nan)

    def _names(self, parcels: Parcels) -> Iterator[tuple[Ints, Ints, Floats]]:
        for column, index, marks in self._by_name:
            rows, which, similarity = index.find(parcels.names[column])
            yield rows, marks[which], similarity

    def _described(self, parcels: Parcels) -> tuple[Ints, Ints, Floats]:
        index, marks = self._words
        rows, which = index.find(parcels.descriptions) if marks.size else (marks[:0], marks[:0])
        return rows, marks[which], np.full(rows.size, np.nan)

    def asked(self, matches: Matches, n: int, *, lost: Sequence[str] = ()) -> Asked:
        """What the hits ask for `n` parcels; unreadable mandatory lists, and those that are `lost`, ask as well."""
        mandatory = (one.hit for one in self.unreadable if one.kind is ListKind.MANDATORY)
        by_hand = None
        for name in dict.fromkeys((*mandatory, *lost)):
            by_hand = _both(by_hand, unreadable(name))
        lists: list[Ask | None] = [by_hand] * n
        watched: list[Ask | None] = [None] * n
        trusted = np.zeros(n, dtype=np.bool_)
        for row, number in dict.fromkeys(zip(matches.rows.tolist(), matches.lists.tolist(), strict=True)):
            terms = self._terms[number]
            if terms.kind is ListKind.TRUSTED:
                trusted[row] = True
            elif terms.asks is not None:
                column = lists if terms.kind is ListKind.MANDATORY else watched
                column[row] = _both(column[row], Ask(referral=terms.asks, hits=(terms.hit,)))
        return Asked(lists=lists, watched=watched, trusted=trusted)


_NO_MARKS = pl.DataFrame(schema={**MARKS, "form": pl.String(), "list": pl.Int64()})


def _marks(one: Listed, content: Content) -> pl.DataFrame:
    """Marks of a list with their texts, and until when each holds."""
    ends = _FOREVER if one.terms.expires_on is None else until_us(one.terms.expires_on)
    is_text = content.marks["key"].is_null()
    forms = pl.Series("form", [None] * is_text.len(), dtype=pl.String)
    if content.forms:
        forms = forms.scatter(is_text.arg_true(), list(content.forms))
    until = pl.min_horizontal(pl.col("until_us"), pl.lit(ends, dtype=pl.Int64))
    return content.marks.with_columns(until.alias("until_us"), forms, pl.lit(one.number, pl.Int64).alias("list"))


def _name_indexes(marks: pl.DataFrame, terms: Mapping[int, Terms]) -> Iterator[tuple[str, NameIndex, Ints]]:
    """Names of each list and column, and the marks that they are."""
    named = marks.filter(pl.col("column").is_in(NAME_COLUMNS))
    for (number, column), part in named.partition_by("list", "column", as_dict=True, maintain_order=True).items():
        yield str(column), NameIndex(part["form"].to_list(), terms[number].threshold), part["mark"].to_numpy()


def _both(one: Ask | None, other: Ask) -> Ask:
    if one is None:
        return other
    return Ask(referral=stronger(one.referral, other.referral), hits=(*one.hits, *other.hits))
