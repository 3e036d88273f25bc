"""Trusted lists: neither score nor watch lists select what is trusted; chance, rules and mandatory lists do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import Cause, Inputs, LinePolicy, Referral, decide
from policy.chance import chance
from tests.policy.test_decide import ASKS, POLICIES, known, situations


@st.composite
def trusting(draw: st.DrawFn) -> Inputs:
    """Anything that can be known of some parcels, of which some are trusted and some watched for."""
    inputs = draw(situations())
    n = len(inputs.draw)
    trusted = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    return replace(inputs, watched=draw(st.lists(ASKS, min_size=n, max_size=n)), trusted=trusted)


FEW = settings(max_examples=40)


@FEW
@given(trusting(), POLICIES)
def test_what_is_trusted_is_left_to_mandatory_lists_rules_and_chance_and_trust_in_others_changes_nothing(
    inputs: Inputs, policy: LinePolicy
):
    made = decide(inputs, policy)
    scores = inputs.scores and replace(inputs.scores, threshold=np.inf)
    by_chance = decide(replace(inputs, watched=None, trusted=None, scores=scores), policy)
    without = decide(replace(inputs, trusted=None), policy)
    for row, is_trusted in enumerate(inputs.trusted.tolist()):
        assert made[row] == (by_chance if is_trusted else without)[row]


@FEW
@given(trusting(), POLICIES)
def test_mandatory_lists_and_rules_beat_trust_and_watch_lists_refer_all_others(inputs: Inputs, policy: LinePolicy):
    for row, decision in enumerate(decide(inputs, policy)):
        watched = None if inputs.trusted[row] else inputs.watched[row]
        for asked in (inputs.lists[row], inputs.rules[row], watched):
            if asked is not None and asked.referral.asks_inspection:
                assert decision.referral.strength >= asked.referral.strength
                assert decision.propensity == 1.0
                assert set(asked.hits) <= set(decision.hits)


@FEW
@given(trusting(), POLICIES)
def test_trust_lowers_nothing_below_the_random_share(inputs: Inputs, policy: LinePolicy):
    made, scores = decide(inputs, policy), inputs.scores
    if scores is None:
        least = np.full(len(made), policy.capacity_share)
    else:
        least = chance(policy, scores.probability, scores.mean_root)
    assert np.all(made.propensity >= least)
    assert np.all(made.asks_inspection[inputs.draw < least])


def test_the_propensity_of_trusted_parcels_is_the_frequency_with_which_they_are_drawn():
    policy, n = LinePolicy(capacity_share=0.4, random_share=0.5), 40_000
    inputs = Inputs(draw=np.random.default_rng(2).random(n), scores=known(n, 99.0), trusted=np.ones(n, dtype=np.bool_))
    made = decide(inputs, policy)
    share = made.asks_inspection.mean()
    assert abs(share - made.propensity.mean()) < 4 * np.sqrt(share * (1 - share) / n)
    assert set(made.cause) == {Cause.RANDOM, Cause.NONE}
    assert set(made.referral) == {Referral.OPEN, Referral.RELEASE}
