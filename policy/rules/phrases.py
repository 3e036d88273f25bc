"""Which descriptions contain which phrases: one pass over the words of each distinct text, for all rules of a set."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from features.identity import normalise
from policy.capacity import Flags
from policy.rules.columns import Texts

_REMEMBERED = 2**15


class Phrases:
    """Sets of phrases, each known by its position.

    Parameters
    ----------
    sets:
        Normalised phrases: whole words separated by one blank.
    """

    def __init__(self, sets: Iterable[Iterable[str]]) -> None:
        """Index the phrases by their words, and how many may follow by the first one."""
        self._n = 0
        self._sets_of: dict[tuple[str, ...], list[int]] = {}
        self._lengths: dict[str, list[int]] = {}
        for position, phrases in enumerate(sets):
            self._n = position + 1
            for phrase in phrases:
                words = tuple(phrase.split())
                self._sets_of.setdefault(words, []).append(position)
                lengths = self._lengths.setdefault(words[0], [])
                if len(words) not in lengths:
                    lengths.append(len(words))
        self._sets_in = lru_cache(_REMEMBERED)(self._find)

    def hits(self, texts: Texts) -> list[Flags]:
        """For each set, which parcels have a text that contains one of its phrases, shape ``(n,)``."""
        known = np.zeros((self._n, len(texts.distinct) + 1), dtype=np.bool_)  # the last one is of no text: code -1
        for code, text in enumerate(texts.distinct):
            for position in self._sets_in(text):
                known[position, code] = True
        return [one[texts.codes] for one in known]

    def _find(self, text: str) -> tuple[int, ...]:
        words = normalise(text).split()
        found: set[int] = set()
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                found.update(self._sets_of.get(tuple(words[start : start + length]), ()))
        return tuple(found)
