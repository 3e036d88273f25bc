"""The card: nothing that is missing or not known is shown as if the parcel were harmless."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from policy import Cause, Referral
from serving.office.hiding import is_hidden
from serving.pages.card import cause_words, chance_words
from serving.pages.hidden_score import as_shown
from serving.pages.stance import headline, stance

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


@dataclass(frozen=True)
class _Shown:
    """As much of a card as hiding its score changes."""

    chance: str = "Of 100 parcels like this about 57 held something."
    rank: str = "It is among the 7 highest of 10,000 parcels."
    reasons: tuple[str, ...] = ("new sender",)
    against: tuple[str, ...] = ("known goods",)
    no_reasons: str = ""
    about: tuple[str, ...] = ("The model.", "The lane.")
    headline: str = "Open this parcel"
    typologies: tuple[str, ...] = ("cover goods",)


def test_a_hidden_score_is_hidden_until_the_outcome_and_the_referral_never() -> None:
    answer = SimpleNamespace(operator="post-a", parcel_id="EE473124829TH", probability=0.57)
    found, whole = SimpleNamespace(answer=answer, result=None), _Shown()
    hidden = as_shown(whole, found, 1.0)  # type: ignore[arg-type]
    assert (hidden.headline, hidden.typologies) == (whole.headline, whole.typologies)
    assert "57" not in str(hidden)
    assert (hidden.rank, list(hidden.reasons), list(hidden.against), tuple(hidden.about)) == ("", [], [], ())
    assert as_shown(whole, found, 0.0) is whole  # type: ignore[arg-type,comparison-overlap]
    found.result = "nothing_found"
    assert as_shown(whole, found, 1.0) is whole  # type: ignore[arg-type,comparison-overlap]


def test_about_as_many_scores_are_hidden_as_are_to_be() -> None:
    numbers = [f"P-{number}" for number in range(4_000)]
    assert 300 < sum(is_hidden(0.1, "post-a", one) for one in numbers) < 500
    assert not any(is_hidden(0.0, "post-a", one) for one in numbers)
    assert not is_hidden(1.0, "post-a", None), "its number is erased"


def test_a_drawn_parcel_is_not_told_from_others_before_its_outcome() -> None:
    assert cause_words(Cause.RANDOM, is_decided=False) == cause_words(Cause.SCORE, is_decided=False)


@pytest.mark.parametrize(
    ("probability", "usual", "words"),
    [
        (0.572, 0.03, "Of 100 parcels like this about 57 held something; usual is 3."),
        (0.572, 0.004, "Of 1,000 parcels like this about 572 held something; usual is 4."),
        (0.0021, None, "Of 1,000 parcels like this about 2 held something."),
        (0.000_01, 0.0004, "Of 10,000 parcels like this fewer than 1 held something; usual is 4."),
        (None, 0.03, "It was not assessed."),
    ],
)
def test_a_probability_is_a_count_next_to_the_usual_one_of_as_many_parcels(
    probability: float | None, usual: float | None, words: str
) -> None:
    assert chance_words(probability, usual) == words


class _Found:
    """As much of a looked-up parcel as its stance needs."""

    def __init__(
        self, *, degraded: str | None = None, flags: tuple[str, ...] = (), others: tuple[str, ...] = ()
    ) -> None:
        self.result, self.others = None, list(others)
        self.answer = SimpleNamespace(
            status="scored", referral=Referral.RELEASE, degraded=degraded, quality_flags=list(flags)
        )


@pytest.mark.parametrize(
    ("found", "is_one_of_several"),
    [
        (_Found(degraded="reference model"), False),
        (_Found(flags=("number_reused",)), False),
        (_Found(others="courier-a"), False),
        (_Found(), True),
    ],
    ids=["degraded", "number used before", "declared twice", "one of several"],
)
def test_a_release_that_may_be_another_parcels_or_lacks_something_is_not_green(
    found: _Found, is_one_of_several: bool
) -> None:
    shown = stance(found, is_one_of_several=is_one_of_several)  # type: ignore[arg-type]
    assert shown.tone in ("ask", "unassessed")
    assert "No inspection" not in shown.headline


def test_a_whole_release_is_green() -> None:
    assert stance(_Found()).tone == "release"  # type: ignore[arg-type]
