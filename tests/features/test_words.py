from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.identity import IdentityKey
from features.parcel.problems import BundleError
from features.words import MIN_INSPECTIONS, PRIOR_INSPECTIONS, Words, words_of

KEY, OTHER_KEY = IdentityKey(b"k" * 32), IdentityKey(b"o" * 32)
TEXTS = pl.Series(["Green TEA", "tea, tea", "Čaj tea 12", "cotton shirt", "shirt", "shirt X1", None, "rare"])
FOUND = pl.Series([True, True, False, False, False, False, True, True])


def learned() -> Words:
    return Words.learned(TEXTS, FOUND)


def test_a_share_is_drawn_towards_that_of_all_words() -> None:
    mean = 4 / 10  # green tea, tea and rare stand on findings; ten words in all
    assert learned().share["tea"] == pytest.approx((2 + PRIOR_INSPECTIONS * mean) / (3 + PRIOR_INSPECTIONS))
    assert learned().share["shirt"] == pytest.approx((0 + PRIOR_INSPECTIONS * mean) / (3 + PRIOR_INSPECTIONS))


def test_words_that_few_inspected_parcels_had_are_not_known() -> None:
    assert MIN_INSPECTIONS == 3
    assert set(learned().share) == {"tea", "shirt"}


def test_a_word_of_the_parcels_of_one_recipient_is_not_learned() -> None:
    texts, found = pl.Series(["tea for quxworthy"] * 4 + ["tea"]), pl.Series([True] * 5)
    one = pl.Series(["k1"] * 4 + ["k2"])
    assert Words.learned(texts, found, one).share == {}, "tea went to two"
    several = pl.Series(["k1", "k1", "k1", None, "k2"])
    assert set(Words.learned(texts, found, several).share) == {"tea"}, "one without a key is somebody else"


def test_the_riskiest_word_counts_and_is_named() -> None:
    words = learned()
    assert words.values(pl.Series(["a shirt for TEA"]))[0] == words.share["tea"]
    assert words.riskiest("a shirt for TEA") == "tea"
    assert words.riskiest("nothing known") is None


def test_what_no_inspection_taught_is_missing() -> None:
    values = learned().values(pl.Series([None, "", "unheard of", "12"]))
    assert np.isnan(values).all()
    assert np.isnan(Words().values(pl.Series(["tea"]))).all()


def test_nothing_can_be_learned_from_nothing() -> None:
    assert Words.learned(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.Boolean)).share == {}


def test_a_description_is_taken_apart_into_distinct_words_in_any_script() -> None:
    assert words_of("Tea, 3x TEA-cups; čaj 12 X1 ab t3a") == ["tea", "cups", "caj", "t3a"]
    assert words_of("чай") == ["chay"]
    assert words_of("") == []


def test_of_equally_risky_words_the_first_in_the_alphabet_is_named() -> None:
    assert Words({"tea": 0.4, "cup": 0.4, "pot": 0.1}).riskiest("pot tea cup") == "cup"


def test_words_under_a_key_are_found_by_it_and_are_not_in_the_table() -> None:
    clear, keyed = learned(), learned().under(KEY)
    texts = ["a shirt for TEA", "tea", None, "nothing known"]
    assert np.array_equal(keyed.values(texts), clear.values(texts), equal_nan=True)
    assert keyed.riskiest("a shirt for TEA") == "tea", "which is read in the description itself"
    assert len(keyed.share) == len(clear.share)
    assert not {"tea", "shirt"} & set(keyed.share)
    assert list(keyed.share) == sorted(keyed.share)
    assert set(keyed.share) != set(learned().under(OTHER_KEY).share)


def test_words_under_a_key_that_is_not_at_hand_score_nothing_in_silence() -> None:
    written = replace(learned().under(KEY), identity=None)
    assert written.opened(KEY).values(["tea"])[0] == learned().share["tea"]
    with pytest.raises(BundleError, match="not at hand"):
        written.values(["tea"])
    with pytest.raises(BundleError, match=f"under the identity key {KEY.key_id}"):
        written.opened(OTHER_KEY)
