"""Fuzzy names: the blocks lose nothing that a comparison of every pair finds."""

from __future__ import annotations

import random

import pytest
from rapidfuzz.distance import Indel

from policy.lists import NameIndex, name_form

PARTS = ["ivan", "petrov", "anna", "li", "wei", "xiaoping", "deng", "maria", "garcia", "3", "trading", "ali", "oo"]


def names(rng: random.Random, n: int) -> list[str]:
    """Names, some of which differ in few letters."""
    plain = [" ".join(sorted(rng.sample(PARTS, rng.randint(1, 4)))) for _ in range(n)]
    return [_misspelled(name, rng) if rng.random() < 0.5 else name for name in plain]


def _misspelled(name: str, rng: random.Random) -> str:
    letters = list(name)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters) + 1)
        letters[at : at + rng.randint(0, 1)] = rng.choice(["", "a", "z", "zz"])
    return "".join(letters)


@pytest.mark.parametrize("threshold", [0.75, 0.88, 1.0])
def test_what_is_found_is_what_comparing_every_pair_finds(threshold: float) -> None:
    rng = random.Random(4)
    known, asked = names(rng, 200), [*names(rng, 150), "", "é"]
    expected = {
        (row, entry): Indel.normalized_similarity(one, other)
        for row, one in enumerate(asked)
        for entry, other in enumerate(known)
        if one and other and Indel.normalized_similarity(one, other) >= threshold
    }
    rows, entries, similarity = NameIndex(known, threshold).find(asked)
    assert len(expected) >= 40
    assert dict(zip(zip(rows.tolist(), entries.tolist(), strict=True), similarity.tolist(), strict=True)) == expected
    assert rows.tolist() == sorted(rows.tolist())


def test_without_names_nothing_is_found() -> None:
    assert NameIndex([], 0.9).find(["anna"])[0].size == 0
    assert NameIndex(["anna"], 0.9).find([])[0].size == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mr. Iván PETROV", "petrov, ivan"),
        ("Example Trading Ltd", "Trading Example GmbH"),
        ("Петров Иван", "Ivan Petrov"),
    ],
)
def test_order_script_titles_and_legal_forms_make_no_difference(one: str, other: str) -> None:
    index = NameIndex([name_form(one, None)], 0.88)
    assert index.find([name_form(other, None)])[0].size == 1
