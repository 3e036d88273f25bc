"""Names that are nearly the same: the few that have nearly the same letters, compared by rapidfuzz.

Two names are compared by their words without titles and legal forms, in Latin letters and in alphabetical order. Their
*similarity* is that of Indel: one minus the letters that must be taken out and put in, as a share of the letters of
both. A name has a *signature*, one bit for each letter that it has, one for each that it has twice. A letter taken out
or put in changes at most one bit, so that names whose signatures differ in more bits than they may differ in letters
are never compared. Names are blocked by length, and within that by signature; nothing similar is lost by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from features.identity import name_of
from policy.lists.exact import Ints, runs

Floats = npt.NDArray[np.float64]
Signatures = npt.NDArray[np.uint64]
_LETTERS, _DIGITS = b"abcdefghijklmnopqrstuvwxyz ", b"0123456789"
_TWICE = _LETTERS
"""Letters that have a bit for a second one: 27 and 37 bits are 64."""
_MANY_PAIRS = 500_000
"""Pairs of names that are compared at once: their texts take some tens of megabytes."""


def name_form(name: str | None, country: str | None) -> str:
    """Form in which names are compared; empty where there is no word."""
    return name_of(name, country).words.removeprefix("& ")  # which says that there is a legal form


class NameIndex:
    """Names to look for.

    Parameters
    ----------
    names:
        In the form of `name_form`.
    threshold:
        Lowest similarity of a hit, above 0 and up to 1.
    """

    def __init__(self, names: Sequence[str], threshold: float) -> None:
        """Sort the names by length."""
        self._threshold = threshold
        lengths = _lengths(names)
        self._order = np.argsort(lengths, kind="stable")
        self._names = [names[at] for at in self._order.tolist()]
        self._lengths = lengths[self._order]
        self._signatures = _signatures(self._names)

    def find(self, asked: Sequence[str]) -> tuple[Ints, Ints, Floats]:
        """Rows of `asked`, names of the index that are similar, and how similar; empty names are like none.

        Rows come in order.
        """
        distinct = list(dict.fromkeys(asked))
        hits = [*self._hits(distinct), (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        which, entries, similarity = (np.concatenate(column) for column in zip(*hits, strict=True))
        entries = self._order[entries]
        order = np.lexsort((entries, which))
        return _by_row(asked, distinct, which[order], entries[order], similarity[order])

    def _hits(self, distinct: list[str]) -> Iterator[tuple[Ints, Ints, Floats]]:
        cutoff = self._threshold
        for which, entries in _portions(self._candidates(distinct)):
            left = [distinct[at] for at in which.tolist()]
            right = [self._names[at] for at in entries.tolist()]
            similarity = cpdist(left, right, scorer=Indel.normalized_similarity, score_cutoff=cutoff, dtype=np.float64)
            is_hit = similarity >= cutoff
            yield which[is_hit], entries[is_hit], similarity[is_hit]

    def _candidates(self, distinct: list[str]) -> Iterator[tuple[Ints, Ints]]:
        """Names of the index that each name is to be compared with, name by name."""
        lengths, signatures = _lengths(distinct), _signatures(distinct)
        for length in np.unique(lengths[lengths > 0]).tolist():
            block, most = self._block(length)
            kept = self._signatures[block]
            apart = np.empty_like(kept)
            for at in np.flatnonzero(lengths == length).tolist():
                np.bitwise_xor(kept, signatures[at], out=apart)
                near = np.flatnonzero(np.bitwise_count(apart) <= most)
                yield np.full(near.size, at), near + block.start

    def _block(self, length: int) -> tuple[slice, npt.NDArray[np.uint8]]:
        """Names whose length fits, and in how many letters each of them may differ from a name of `length` letters.

        Of n and m letters at most ``(1 - t) (n + m)`` may differ, and the difference of n and m surely does.
        """
        most = ((1.0 - self._threshold) * (length + self._lengths) + 1e-9).astype(np.int64)
        fits = np.flatnonzero(np.abs(self._lengths - length) <= most)
        block = slice(int(fits[0]), int(fits[-1]) + 1) if fits.size else slice(0, 0)
        return block, np.minimum(most[block], 255).astype(np.uint8)


def _portions(pairs: Iterable[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints]]:
    """Pairs in portions of a bounded size."""
    waiting: list[tuple[Ints, Ints]] = []
    n_waiting = 0
    for pair in pairs:
        waiting.append(pair)
        n_waiting += pair[0].size
        if n_waiting >= _MANY_PAIRS:
            yield _joined(waiting)
            waiting, n_waiting = [], 0
    if n_waiting:
        yield _joined(waiting)


def _joined(pairs: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    first, second = zip(*pairs, strict=True)
    return np.concatenate(first), np.concatenate(second)


def _by_row(
    asked: Sequence[str], distinct: list[str], which: Ints, entries: Ints, similarity: Floats
) -> tuple[Ints, Ints, Floats]:
    """Hits of distinct names as hits of all rows that bear one of them, in the order of rows."""
    if len(distinct) == len(asked):
        return which, entries, similarity
    number = {name: at for at, name in enumerate(distinct)}
    of_row = np.fromiter((number[name] for name in asked), dtype=np.int64, count=len(asked))
    starts = np.searchsorted(which, of_row)
    counts = np.searchsorted(which, of_row, side="right") - starts
    at = runs(starts, counts)
    return np.repeat(np.arange(len(asked)), counts), entries[at], similarity[at]


def _lengths(names: Sequence[str]) -> Ints:
    return np.fromiter(map(len, names), dtype=np.int64, count=len(names))


def _signatures(names: Sequence[str]) -> Signatures:
    """Bits of each name: letters that it has, letters that it has more than once, digits that it has."""
    signatures = np.zeros(len(names), dtype=np.uint64)
    text = np.frombuffer("".join(names).encode("ascii", "replace"), dtype=np.uint8)
    owners = np.repeat(np.arange(len(names)), _lengths(names))
    for bit, letter in enumerate(_LETTERS + _DIGITS):
        counts = np.bincount(owners[text == letter], minlength=len(names))
        signatures |= (counts > 0).astype(np.uint64) << np.uint64(bit)
        if letter in _TWICE:
            signatures |= (counts > 1).astype(np.uint64) << np.uint64(len(_LETTERS + _DIGITS) + _TWICE.index(letter))
    return signatures
