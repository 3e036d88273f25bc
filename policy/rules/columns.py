"""Columns of parcels as rules read them: numbers with NaN where a value is not known, texts as codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from features.catalogue import catalogue
from policy.chance import Floats
from policy.rules.vocabulary import DESCRIPTION, Kind, Vocabulary, Word, vocabulary

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Texts:
    """Texts of parcels: the distinct ones, and one code for each parcel; the code -1 where the text is not known."""

    distinct: Sequence[str]
    codes: Codes

    @cached_property
    def code_of(self) -> dict[str, int]:
        """Code of each distinct text."""
        return {text: code for code, text in enumerate(self.distinct)}

    @classmethod
    def of(cls, values: Sequence[str | None]) -> Texts:
        """Texts in the order of the parcels, None where one is not known."""
        code_of: dict[str | None, int] = {None: -1}
        codes = [code_of.setdefault(value, len(code_of) - 1) for value in values]
        return cls(list(code_of)[1:], np.array(codes, dtype=np.int64))  # type: ignore[arg-type]


class Columns:
    """Columns of `n` parcels, made when they are read first.

    Parameters
    ----------
    numbers:
        Gives a column of numbers, or of yes and no as 1 and 0: shape ``(n,)``, NaN where a value is not known.
    texts:
        Gives a column of texts.
    """

    def __init__(self, n: int, numbers: Callable[[str], Floats], texts: Callable[[str], Texts]) -> None:
        """Read nothing yet."""
        self.n = n
        self._read_numbers, self._read_texts = numbers, texts
        self._numbers: dict[str, Floats] = {}
        self._texts: dict[str, Texts] = {}

    def numbers(self, name: str) -> Floats:
        """Column of numbers; of yes and no as 1 and 0."""
        if name not in self._numbers:
            self._numbers[name] = self._read_numbers(name)
        return self._numbers[name]

    def texts(self, name: str) -> Texts:
        """Column of texts."""
        if name not in self._texts:
            self._texts[name] = self._read_texts(name)
        return self._texts[name]


def of_facts(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Columns of rows that say by name what is known, as test parcels do; what a row lacks is not known."""

    def numbers(name: str) -> Floats:
        return np.array([_number(row.get(name)) for row in rows], dtype=np.float64)

    return Columns(len(rows), numbers, lambda name: Texts.of([row.get(name) for row in rows]))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def of_events(rows: Sequence[Mapping[str, Any]], features: Floats) -> Columns:
    """Columns of parcel events that are plain rows, and of their feature rows, shape ``(n, k)``."""
    plain = of_facts(rows)
    return _with_features(plain, len(rows), features)


def of_log(log: pl.DataFrame, features: Floats) -> Columns:
    """Columns of a table of parcel events, and of their feature rows, shape ``(n, k)``."""
    return _with_features(of_table(log), log.height, features)


def of_cached(log: pl.DataFrame, features: Mapping[str, Floats]) -> Columns:
    """Columns of a table of parcel events, and of those features that are read, by name, shape ``(n,)`` each."""
    plain, known = of_table(log), vocabulary()

    def numbers(name: str) -> Floats:
        return features[name] if name in features else plain.numbers(name)

    def texts(name: str) -> Texts:
        return _labels(known[name], features[name]) if name in features else plain.texts(name)

    return Columns(log.height, numbers, texts)


def of_table(table: pl.DataFrame) -> Columns:
    """Columns of a table as they are, see `words_of_table`."""

    def numbers(name: str) -> Floats:
        return table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()

    def texts(name: str) -> Texts:
        encoded = table[name].cast(pl.String).rechunk().to_arrow().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return Texts(encoded.dictionary.to_pylist(), codes.astype(np.int64))

    return Columns(table.height, numbers, texts)


def words_of_table(table: pl.DataFrame) -> Vocabulary:
    """Vocabulary of all columns of a table that hold numbers, texts, or yes and no."""
    kinds = {name: _kind(name, dtype) for name, dtype in table.schema.items()}
    return {name: Word(name=name, kind=kind) for name, kind in kinds.items() if kind is not None}


def _kind(name: str, dtype: pl.DataType) -> Kind | None:
    if name == DESCRIPTION:
        return Kind.WORDS
    if dtype.is_numeric():
        return Kind.NUMBER
    return Kind.YES_NO if dtype == pl.Boolean else Kind.TEXT if dtype in (pl.String, pl.Categorical, pl.Enum) else None


def _with_features(plain: Columns, n: int, features: Floats) -> Columns:
    known, of = vocabulary(), catalogue()

    def values(name: str) -> Floats:
        return np.ascontiguousarray(features[:, of.column(name)])

    def numbers(name: str) -> Floats:
        return values(name) if _is_feature(known, name) else plain.numbers(name)

    def texts(name: str) -> Texts:
        return _labels(known[name], values(name)) if _is_feature(known, name) else plain.texts(name)

    return Columns(n, numbers, texts)


def _is_feature(known: Vocabulary, name: str) -> bool:
    return name in known and known[name].is_feature


def _labels(word: Word, values: Floats) -> Texts:
    """Texts of a category; a code behind the last label is a text that no rule names."""
    distinct = (*word.choices, "")
    codes = np.where(np.isnan(values), -1, np.minimum(values, len(word.choices)))
    return Texts(distinct, codes.astype(np.int64))
