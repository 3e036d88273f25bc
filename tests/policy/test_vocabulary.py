from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.fields import CAUSES
from policy import Cause, Referral, stronger

WEAKEST_FIRST = ["release", "not_assessed", "ask_operator", "spot_check", "xray", "open", "manual_check", "hold"]
INSPECTIONS = {"spot_check", "xray", "open", "manual_check", "hold"}


def test_referrals_are_these_and_get_stronger_in_this_order():
    assert [referral.value for referral in sorted(Referral, key=lambda one: one.strength)] == WEAKEST_FIRST
    assert len({referral.strength for referral in Referral}) == len(Referral)


@pytest.mark.parametrize("referral", Referral)
def test_a_referral_says_whether_somebody_has_to_do_something_with_the_parcel(referral: Referral):
    assert referral.asks_inspection is (referral.value in INSPECTIONS)


def test_whatever_asks_for_an_inspection_is_stronger_than_whatever_does_not():
    inspections = [one.strength for one in Referral if one.asks_inspection]
    assert min(inspections) > max(one.strength for one in Referral if not one.asks_inspection)


@pytest.mark.parametrize("referral", Referral)
def test_a_referral_is_read_from_its_own_word(referral: Referral):
    assert Referral.parse(referral.value) is referral


@pytest.mark.parametrize("text", ["", None, "RELEASE", " release", "release ", "cleared", "do_not_load", "none"])
def test_an_unknown_referral_is_a_manual_check(text: str | None):
    assert Referral.parse(text) is Referral.MANUAL_CHECK


@given(st.text())
def test_no_text_but_release_is_read_as_a_release(text: str):
    assert (Referral.parse(text) is Referral.RELEASE) is (text == "release")


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_is_read_from_its_own_word(cause: Cause):
    assert Cause.parse(cause.value) is cause


@pytest.mark.parametrize("text", ["", None, "LIST", "tip", "open"])
def test_another_cause_is_unknown(text: str | None):
    assert Cause.parse(text) is Cause.UNKNOWN


def test_causes_of_outcome_files_are_causes_of_decisions_and_only_none_selects_nothing():
    assert {cause.value for cause in Cause} == {*CAUSES, "none"}


@pytest.mark.parametrize("one", Referral)
@pytest.mark.parametrize("other", Referral)
def test_of_two_referrals_the_stronger_holds_in_either_order(one: Referral, other: Referral):
    assert stronger(one, other) is stronger(other, one)
    assert stronger(one, other).strength == max(one.strength, other.strength)
