"""The card: nothing that is missing or not known is shown as if the parcel were harmless."""

from __future__ import annotations

import pytest

from policy import Cause, Referral
from serving.pages.card import cause_words, headline

HARMLESS = {Referral.RELEASE}
ACTS = {Referral.OPEN, Referral.XRAY, Referral.SPOT_CHECK, Referral.HOLD, Referral.MANUAL_CHECK}


@pytest.mark.parametrize("referral", list(Referral), ids=str)
def test_only_a_release_looks_like_one_and_every_inspection_like_one(referral: Referral) -> None:
    tone, mark, title = headline(referral)
    assert (tone == "release") is (referral in HARMLESS)
    assert ("No inspection" in title) is (referral in HARMLESS)
    assert (tone == "act") is (referral in ACTS)
    assert mark in ("!", "?", "\N{EN DASH}")


def test_headlines_and_causes_are_told_apart_in_words_alone() -> None:
    assert len({headline(one)[2] for one in Referral}) == len(Referral)
    assert len({cause_words(one, is_decided=True) for one in Cause}) == len(Cause)


def test_a_drawn_parcel_is_not_told_from_others_before_its_outcome() -> None:
    assert cause_words(Cause.RANDOM, is_decided=False) == cause_words(Cause.SCORE, is_decided=False)
