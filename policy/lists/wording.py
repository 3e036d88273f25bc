"""Words of descriptions: an entry holds where all of its words are in a description, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from features.identity import normalise
from policy.lists.exact import Ints


class WordIndex:
    """Entries of words, each found by the one of its words that the fewest entries share.

    Parameters
    ----------
    entries:
        Normalised words of each entry, separated by blanks.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        """Index each entry by its rarest word."""
        words = [frozenset(entry.split()) for entry in entries]
        shared = Counter(word for one in words for word in one)
        self._by_word: dict[str, list[tuple[frozenset[str], int]]] = {}
        for number, one in enumerate(words):
            rarest = min(one, key=lambda word: (shared[word], word))
            self._by_word.setdefault(rarest, []).append((one, number))

    def find(self, descriptions: Sequence[str | None]) -> tuple[Ints, Ints]:
        """Rows of `descriptions` that hold all words of an entry, and the entries."""
        known = {text: self._entries_in(text) for text in set(descriptions)}
        pairs = [(row, entry) for row, text in enumerate(descriptions) if known[text] for entry in known[text]]
        rows, entries = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return rows, entries

    def _entries_in(self, text: str | None) -> list[int]:
        words = frozenset(normalise(text).split())
        return sorted(number for word in words for needed, number in self._by_word.get(word, ()) if needed <= words)
