from __future__ import annotations

from collections import Counter

import pytest

from tests.features.identity.pairs import Pair, pairs, precision_and_recall

PAIRS = pairs()


def test_there_are_sixty_pairs_on_each_side_and_some_of_every_kind():
    counted = Counter((pair.kind, pair.is_same) for pair in PAIRS)
    assert all(sum(n for (_, is_same), n in counted.items() if is_same is side) >= 60 for side in (True, False))
    assert min(counted.values()) >= 20


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.kind}: {pair.what}".replace("ü", "ue"))
def test_a_pair_is_the_same_by_the_strict_or_the_loose_key_where_a_careful_reader_says_so(pair: Pair):
    assert bool(pair.by()) is pair.is_same


def test_precision_and_recall_are_counted_by_pairs():
    assert precision_and_recall([(True, True), (True, False), (False, True), (False, False)]) == (0.5, 0.5)
