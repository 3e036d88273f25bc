"""Earlier decisions on the same parcel: an amendment can only add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from policy import DOUBT_RULE, Ask, Cause, Decision, Inputs, LinePolicy, Referral, decide
from tests.policy.test_decide import NEVER_DRAWN, POLICIES, POLICY, ask, known, scores_of, situations

INSPECTIONS = [referral for referral in Referral if referral.asks_inspection]


def amended(
    earlier: Decision | None,
    *,
    draw: float = NEVER_DRAWN,
    raw: float | None = 0.0,
    listed: Ask | None = None,
    doubtful: bool = False,
) -> Decision:
    inputs = Inputs(
        draw=np.array([draw]),
        scores=None if raw is None else known(1, raw),
        lists=[listed],
        doubtful=np.array([doubtful]),
        standing=[earlier],
    )
    return decide(inputs, POLICY)[0]


def earlier(referral: Referral, cause: Cause, propensity: float = 0.3, *hits: str) -> Decision:
    return Decision(referral=referral, cause=cause, propensity=propensity, policy_id="earlier", hits=hits)


@pytest.mark.parametrize("raw", [0.0, None], ids=["with a model", "without"])
@pytest.mark.parametrize("referral", INSPECTIONS)
@pytest.mark.parametrize("cause", Cause)
def test_what_was_asked_once_stays_with_its_cause_propensity_and_hits(
    referral: Referral, cause: Cause, raw: float | None
):
    standing = earlier(referral, cause, 0.3, "a list")
    assert amended(standing, raw=raw, doubtful=True) == replace(standing, policy_id=POLICY.policy_id)


@pytest.mark.parametrize("referral", [Referral.RELEASE, Referral.NOT_ASSESSED, Referral.ASK_OPERATOR])
def test_what_asked_for_no_inspection_does_not_stay(referral: Referral):
    made = amended(earlier(referral, Cause.RULE, 0.0, DOUBT_RULE))
    assert made == amended(None)
    assert made.referral is Referral.RELEASE


def test_a_stronger_referral_brings_its_cause_with_it():
    made = amended(earlier(Referral.OPEN, Cause.SCORE, 0.9, "a"), listed=ask(Referral.HOLD, "b"))
    assert (made.referral, made.cause, made.propensity, made.hits) == (Referral.HOLD, Cause.LIST, 1.0, ("a", "b"))


def test_an_equal_referral_leaves_the_cause():
    assert amended(earlier(Referral.OPEN, Cause.SCORE), listed=ask(Referral.OPEN)).cause is Cause.SCORE


def test_a_weaker_referral_adds_its_name_only():
    made = amended(earlier(Referral.HOLD, Cause.LIST, 1.0, "a"), listed=ask(Referral.SPOT_CHECK, "b"))
    assert (made.referral, made.cause, made.hits) == (Referral.HOLD, Cause.LIST, ("a", "b"))


def test_a_draw_stays_a_draw_whatever_is_added():
    made = amended(earlier(Referral.OPEN, Cause.RANDOM), listed=ask(Referral.HOLD, "b"))
    assert (made.referral, made.cause, made.hits) == (Referral.HOLD, Cause.RANDOM, ("b",))


def test_what_is_selected_already_is_not_drawn_again():
    made = amended(earlier(Referral.SPOT_CHECK, Cause.RULE, 1.0), draw=0.0)
    assert (made.referral, made.cause) == (Referral.OPEN, Cause.RULE)


@pytest.mark.parametrize("raw", [0.0, None], ids=["with a model", "without"])
@pytest.mark.parametrize("referral", Referral)
def test_the_propensity_never_falls_and_rises_to_the_new_one(referral: Referral, raw: float | None):
    own = amended(None, raw=raw).propensity
    assert amended(earlier(referral, Cause.NONE, 0.9), raw=raw).propensity == 0.9
    assert amended(earlier(referral, Cause.NONE, own / 2), raw=raw).propensity == own
    assert amended(earlier(referral, Cause.NONE, float("nan")), raw=raw).propensity == own


def test_without_an_earlier_decision_a_parcel_is_decided_on_afresh():
    assert amended(None) == decide(Inputs(draw=np.array([NEVER_DRAWN]), scores=known(1)), POLICY)[0]


@given(situations(), POLICIES)
def test_no_amendment_weakens_what_stands(inputs: Inputs, policy: LinePolicy):
    fresh = decide(replace(inputs, standing=None), policy)
    for stands, alone, decision in zip(inputs.standing, fresh, decide(inputs, policy), strict=True):
        assert decision.referral.strength >= alone.referral.strength
        assert decision.propensity >= alone.propensity
        if stands is not None:
            assert decision.propensity >= stands.propensity
        if stands is not None and stands.referral.asks_inspection:
            assert decision.referral.strength >= stands.referral.strength
            assert decision.referral in {stands.referral, alone.referral}
            assert stands.cause is not Cause.RANDOM or decision.cause is Cause.RANDOM
            assert set(stands.hits) <= set(decision.hits)


@given(situations(), POLICIES)
def test_the_same_version_again_changes_nothing(inputs: Inputs, policy: LinePolicy):
    once = decide(inputs, policy)
    assert list(decide(replace(inputs, standing=list(once)), policy)) == list(once)


def test_the_propensity_of_amended_parcels_is_the_frequency_with_which_any_version_is_selected():
    n, rounds, policy = 120, 4_000, LinePolicy(capacity_share=0.4, random_share=0.7)
    rng = np.random.default_rng(5)
    versions = [scores_of(rng.normal(-2.0, 1.0, n), policy), None, scores_of(rng.normal(-2.0, 1.0, n), policy)]
    counts, weighed = np.zeros(n), np.zeros(n)
    for _ in range(rounds):
        draw, made = rng.random(n), None
        for scores in versions:
            made = decide(Inputs(draw=draw, scores=scores, standing=made and list(made)), policy)
        assert made is not None
        counts += made.asks_inspection
        weighed += made.asks_inspection / made.propensity
    propensity = made.propensity
    deviation = np.abs(counts / rounds - propensity) / np.sqrt(np.maximum(propensity * (1 - propensity), 1e-9) / rounds)
    assert deviation.max() < 5
    assert weighed.sum() / (n * rounds) == pytest.approx(1.0, abs=0.01)
