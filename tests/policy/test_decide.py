from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import DOUBT_RULE, Ask, Cause, Decision, Inputs, LinePolicy, Referral, Scores, decide, draws, unreadable

SECRET = b"a secret of the line, for its draws"
POLICY = LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2)
N = 40_000
NEVER_DRAWN = 1.0 - 2.0**-48
"""The highest number that a draw can be."""


def population(n: int = N, seed: int = 7) -> np.ndarray:
    """Raw scores of a population with few risky parcels."""
    return np.random.default_rng(seed).normal(-4.0, 1.0, n)


def scores_of(raw: np.ndarray, policy: LinePolicy = POLICY) -> Scores:
    probability = 1 / (1 + np.exp(-raw))
    threshold = float(np.quantile(raw, 1 - policy.score_budget))
    return Scores(raw=raw, probability=probability, threshold=threshold, mean_root=float(np.sqrt(probability).mean()))


def known(n: int, raw: float = 0.0) -> Scores:
    """Scores of a model that selects from 1 up."""
    return Scores(raw=np.full(n, raw), probability=np.full(n, 0.04), threshold=1.0, mean_root=0.2)


def ask(referral: Referral, *hits: str) -> Ask:
    return Ask(referral=referral, hits=hits or ("one",))


def one(
    *,
    draw: float = NEVER_DRAWN,
    scores: Scores | None = None,
    doubtful: bool = False,
    listed: Ask | None = None,
    ruled: Ask | None = None,
) -> Decision:
    """Decide on a single parcel."""
    inputs = Inputs(draw=np.array([draw]), scores=scores, doubtful=np.array([doubtful]), lists=[listed], rules=[ruled])
    return decide(inputs, POLICY)[0]


def share(causes: Sequence[Cause], cause: Cause) -> float:
    return sum(given is cause for given in causes) / len(causes)


def test_the_number_of_selected_parcels_meets_the_capacity_of_the_line():
    raw = population()
    made = decide(Inputs(draw=draws(SECRET, map(str, range(N))), scores=scores_of(raw)), POLICY)
    assert share(made.cause, Cause.SCORE) == pytest.approx(POLICY.score_budget, rel=0.01)
    assert share(made.cause, Cause.RANDOM) == pytest.approx(POLICY.random_budget, rel=0.15)
    assert made.propensity.mean() == pytest.approx(POLICY.capacity_share, rel=0.05)


@pytest.mark.parametrize("with_model", [True, False])
def test_the_propensity_is_the_frequency_with_which_a_parcel_is_selected(with_model: bool):
    n, rounds, policy = 200, 4_000, LinePolicy(capacity_share=0.4, random_share=0.5)
    scores = scores_of(population(n), policy) if with_model else None
    rules = [ask(Referral.XRAY) if row % 10 == 0 else None for row in range(n)]
    lists = [ask(Referral.ASK_OPERATOR) if row % 7 == 0 else None for row in range(n)]
    rng = np.random.default_rng(11)
    counts = np.zeros(n)
    for _ in range(rounds):
        made = decide(Inputs(draw=rng.random(n), scores=scores, rules=rules, lists=lists), policy)
        counts += made.asks_inspection
    propensity = made.propensity
    deviation = np.abs(counts / rounds - propensity) / np.sqrt(np.maximum(propensity * (1 - propensity), 1e-9) / rounds)
    assert deviation.max() < 5
    assert (counts[propensity == 1.0] == rounds).all()


def test_a_parcel_at_the_threshold_is_selected_for_its_score_with_certainty():
    scores = Scores(raw=np.array([2.0, 1.0, 0.9]), probability=np.array([0.9, 0.7, 0.6]), threshold=1.0, mean_root=0.5)
    made = decide(Inputs(draw=np.full(3, NEVER_DRAWN), scores=scores), POLICY)
    assert made.cause == [Cause.SCORE, Cause.SCORE, Cause.NONE]
    assert made.referral == [Referral.OPEN, Referral.OPEN, Referral.RELEASE]
    assert made.propensity[:2].tolist() == [1.0, 1.0]
    assert 0 < made.propensity[2] < 1


def test_a_draw_below_the_propensity_is_drawn_and_one_that_equals_it_is_not():
    propensity = float(decide(Inputs(draw=np.zeros(1), scores=known(1)), POLICY).propensity[0])
    made = decide(Inputs(draw=np.array([np.nextafter(propensity, 0), propensity]), scores=known(2)), POLICY)
    assert made.cause == [Cause.RANDOM, Cause.NONE]
    assert made.referral == [Referral.OPEN, Referral.RELEASE]
    blind = decide(Inputs(draw=np.array([np.nextafter(0.05, 0), 0.05])), POLICY)
    assert blind.cause == [Cause.RANDOM, Cause.NONE]


def test_a_floor_above_zero_leaves_every_parcel_a_chance():
    scores = Scores(raw=np.zeros(5), probability=np.full(5, 1e-12), threshold=1.0, mean_root=0.2)
    assert decide(Inputs(draw=np.zeros(5), scores=scores), POLICY).propensity == pytest.approx(np.full(5, 0.002))


def test_without_a_model_the_whole_capacity_is_drawn_at_random():
    made = decide(Inputs(draw=draws(SECRET, map(str, range(N)))), POLICY)
    assert set(made.propensity.tolist()) == {POLICY.capacity_share}
    assert set(made.cause) == {Cause.RANDOM, Cause.NONE}
    assert share(made.cause, Cause.RANDOM) == pytest.approx(POLICY.capacity_share, rel=0.1)


def test_without_a_model_what_nothing_selects_is_not_assessed():
    assert one() == Decision(
        referral=Referral.NOT_ASSESSED, cause=Cause.NONE, propensity=0.05, policy_id=POLICY.policy_id
    )


@pytest.mark.parametrize("missing", ["raw", "probability", "threshold", "mean_root"])
def test_what_the_model_could_not_score_is_not_assessed_and_drawn_as_without_a_model(missing: str):
    values = {"raw": np.zeros(2), "probability": np.full(2, 0.04), "threshold": 1.0, "mean_root": 0.2}
    values[missing] = values[missing] * np.nan
    made = decide(Inputs(draw=np.array([0.049, 0.051]), scores=Scores(**values)), POLICY)
    assert made.referral == [Referral.OPEN, Referral.NOT_ASSESSED]
    assert made.cause == [Cause.RANDOM, Cause.NONE]
    assert made.propensity.tolist() == [0.05, 0.05]


def test_one_parcel_without_a_score_leaves_the_others_assessed():
    scores = Scores(raw=np.array([np.nan, 0.0]), probability=np.array([np.nan, 0.04]), threshold=1.0, mean_root=0.2)
    made = decide(Inputs(draw=np.full(2, NEVER_DRAWN), scores=scores), POLICY)
    assert made.referral == [Referral.NOT_ASSESSED, Referral.RELEASE]


@pytest.mark.parametrize("scores", [None, known(1)], ids=["without a model", "with one"])
def test_the_operator_is_asked_about_a_doubtful_declaration_where_nothing_else_is_asked(scores: Scores | None):
    asked = one(doubtful=True, scores=scores)
    assert (asked.referral, asked.cause) == (Referral.ASK_OPERATOR, Cause.RULE)
    assert asked.hits == (DOUBT_RULE,)
    assert asked.propensity == one(scores=scores).propensity
    drawn = one(doubtful=True, scores=scores, draw=0.0)
    assert (drawn.referral, drawn.cause, drawn.hits) == (Referral.OPEN, Cause.RANDOM, ())


def test_a_doubt_does_not_replace_a_question_that_is_asked_already():
    assert one(doubtful=True, listed=ask(Referral.ASK_OPERATOR, "a list")) == one(
        listed=ask(Referral.ASK_OPERATOR, "a list")
    )


def test_the_first_in_order_that_selects_is_the_cause():
    spot = ask(Referral.SPOT_CHECK)
    chosen = known(1, raw=2.0)
    assert one(listed=spot, ruled=spot, scores=chosen, draw=0.0).cause is Cause.LIST
    assert one(ruled=spot, scores=chosen, draw=0.0).cause is Cause.RULE
    assert one(scores=chosen, draw=0.0).cause is Cause.SCORE
    assert one(scores=known(1), draw=0.0).cause is Cause.RANDOM
    assert one(scores=known(1)).cause is Cause.NONE


def test_the_strongest_of_what_is_asked_holds():
    spot, hold = ask(Referral.SPOT_CHECK, "a"), ask(Referral.HOLD, "b")
    for listed, ruled in ((spot, hold), (hold, spot)):
        made = one(listed=listed, ruled=ruled)
        assert (made.referral, made.cause) == (Referral.HOLD, Cause.LIST)
        assert made.hits == (*listed.hits, *ruled.hits)
    assert one(listed=spot, draw=0.0).referral is Referral.OPEN


def test_a_list_or_rule_that_asks_for_an_inspection_selects_with_certainty():
    for made in (one(listed=ask(Referral.SPOT_CHECK)), one(ruled=ask(Referral.XRAY), scores=known(1))):
        assert made.propensity == 1.0


def test_a_rule_that_only_asks_the_operator_leaves_the_parcel_its_chance_and_its_score():
    question = ask(Referral.ASK_OPERATOR, "thin")
    assert one(ruled=question, scores=known(1)).propensity == one(scores=known(1)).propensity < 1.0
    assert one(ruled=question).cause is Cause.RULE
    scored = one(ruled=question, scores=known(1, raw=2.0))
    assert (scored.referral, scored.cause, scored.hits) == (Referral.OPEN, Cause.SCORE, ("thin",))


@pytest.mark.parametrize("referral", [Referral.RELEASE, Referral.NOT_ASSESSED])
def test_lists_and_rules_cannot_release(referral: Referral):
    for scores, draw in ((None, NEVER_DRAWN), (known(1), NEVER_DRAWN), (known(1, raw=2.0), 0.0), (None, 0.0)):
        without = one(scores=scores, draw=draw)
        assert one(scores=scores, draw=draw, listed=ask(referral), ruled=ask(referral)) == without


def test_a_list_that_cannot_be_read_makes_every_parcel_a_manual_check():
    made = one(listed=unreadable("sanctions"), scores=known(1, raw=2.0), ruled=ask(Referral.OPEN, "r"))
    assert (made.referral, made.cause, made.propensity) == (Referral.MANUAL_CHECK, Cause.LIST, 1.0)
    assert made.hits == ("sanctions", "r")


def test_a_name_that_asks_twice_is_named_once():
    assert one(listed=ask(Referral.OPEN, "a", "b"), ruled=ask(Referral.OPEN, "b")).hits == ("a", "b")


def test_a_line_without_parcels_decides_nothing():
    for scores in (None, known(0)):
        made = decide(Inputs(draw=np.zeros(0), scores=scores), POLICY)
        assert (len(made), list(made), made.propensity.shape) == (0, [], (0,))


@pytest.mark.parametrize("name", ["doubtful", "lists", "rules", "standing"])
@pytest.mark.parametrize("n", [1, 3])
def test_columns_of_other_parcels_are_refused_by_name(name: str, n: int):
    with pytest.raises(ValueError, match=f"{name} has {n} entries for 2 draws"):
        Inputs(draw=np.zeros(2), **{name: [None] * n})


def test_scores_of_other_parcels_are_refused():
    with pytest.raises(ValueError, match=r"scores\.raw has 1 entries for 2 draws"):
        Inputs(draw=np.zeros(2), scores=known(1))


ASKS = st.none() | st.builds(ask, st.sampled_from(Referral), st.sampled_from(["a", "b"]))
EARLIER = st.none() | st.builds(
    Decision, referral=st.sampled_from(Referral), cause=st.sampled_from(Cause), propensity=st.floats(0, 1)
)
POLICIES = st.builds(LinePolicy, capacity_share=st.floats(0, 1), random_share=st.floats(0, 1), floor=st.floats(0, 1))


@st.composite
def situations(draw: st.DrawFn, *, with_model: bool | None = None) -> Inputs:
    """Anything that can be known of some parcels."""
    n = draw(st.integers(1, 6))

    def column(element: st.SearchStrategy) -> list:
        return draw(st.lists(element, min_size=n, max_size=n))

    has_model = draw(st.booleans()) if with_model is None else with_model
    scores = Scores(
        raw=np.array(column(st.floats(-9, 9))),
        probability=np.array(column(st.floats(0, 1))),
        threshold=draw(st.floats(-9, 9)),
        mean_root=draw(st.floats(0, 1)),
    )
    return Inputs(
        draw=np.array(column(st.floats(0, 1, exclude_max=True))),
        scores=scores if has_model else None,
        doubtful=np.array(column(st.booleans())),
        lists=column(ASKS),
        rules=column(ASKS),
        standing=column(EARLIER),
    )


def row_of(inputs: Inputs, row: int) -> Inputs:
    assert inputs.doubtful is not None
    scores = inputs.scores
    return Inputs(
        draw=inputs.draw[[row]],
        scores=scores
        and Scores(
            raw=scores.raw[[row]],
            probability=scores.probability[[row]],
            threshold=scores.threshold,
            mean_root=scores.mean_root,
        ),
        doubtful=inputs.doubtful[[row]],
        lists=inputs.lists[row : row + 1],
        rules=inputs.rules[row : row + 1],
        standing=inputs.standing[row : row + 1],
    )


@given(situations(with_model=False), POLICIES)
def test_without_a_model_nothing_is_ever_released(inputs: Inputs, policy: LinePolicy):
    assert Referral.RELEASE not in decide(inputs, policy).referral


@given(situations(), POLICIES)
def test_one_parcel_alone_is_decided_on_as_among_others(inputs: Inputs, policy: LinePolicy):
    made = decide(inputs, policy)
    assert [decide(row_of(inputs, row), policy)[0] for row in range(len(made))] == list(made)


@given(situations(), POLICIES)
def test_every_parcel_gets_cause_propensity_and_policy_that_fit_each_other(inputs: Inputs, policy: LinePolicy):
    for row, decision in enumerate(decide(inputs, policy)):
        earlier = inputs.standing[row]
        assert 0.0 <= decision.propensity <= 1.0
        assert decision.policy_id == policy.policy_id
        if earlier is None or not earlier.referral.asks_inspection:
            assert (decision.cause is Cause.NONE) is (decision.referral in {Referral.RELEASE, Referral.NOT_ASSESSED})
            assert decision.cause is not Cause.UNKNOWN
        if decision.referral.asks_inspection:
            assert decision.propensity > 0.0 or earlier is not None


@given(situations(), POLICIES)
def test_the_inputs_stay_as_they_were(inputs: Inputs, policy: LinePolicy):
    before = [inputs.draw.copy(), list(inputs.lists), list(inputs.standing), inputs.doubtful.copy()]
    first = list(decide(inputs, policy))
    after = [inputs.draw, list(inputs.lists), list(inputs.standing), inputs.doubtful]
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))
    assert list(decide(inputs, policy)) == first


def test_rules_raise_a_score_by_no_more_than_the_policy_allows_and_are_named_where_it_took_them():
    raise_it = Ask(referral=Referral.RELEASE, hits=(), points=2.0, raised_by=("rule:a",))
    scores = Scores(raw=np.array([1.2, 0.0, -1.0]), probability=np.full(3, 0.04), threshold=1.0, mean_root=0.2)
    inputs = Inputs(draw=np.full(3, NEVER_DRAWN), scores=scores, rules=[raise_it, raise_it, raise_it])
    allowed = [decide(inputs, replace(POLICY, most_points=points)) for points in (0.0, 1.0, 2.0, 3.0)]
    assert [made.cause.count(Cause.SCORE) for made in allowed] == [1, 1, 2, 2]
    assert allowed[-1].hits == [(), ("rule:a",), ()], "who would have been selected anyway is not explained by the rule"
    assert allowed[-1].propensity[:2].tolist() == [1.0, 1.0]
    assert allowed[-1].propensity[2] == allowed[0].propensity[2], "draws are those of the model's probability"
    trusted = decide(replace(inputs, trusted=np.array([True] * 3)), replace(POLICY, most_points=3.0))
    assert Cause.SCORE not in trusted.cause
    assert len({one.policy_id for one in allowed}) == 4
