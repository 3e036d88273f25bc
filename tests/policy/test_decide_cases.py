"""The decision: lists, rules, score, chance and what stood before, in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from policy import (
    DOUBT_RULE,
    Ask,
    Cause,
    Decision,
    Inputs,
    LinePolicy,
    Referral,
    Scores,
    decide,
    draw_text,
    stronger,
    unreadable,
)

POLICY = LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2)


def decided(raw: float | None = -5.0, draw: float = 0.999, **given: Any) -> Decision:
    """Decision on one parcel; without `raw` no model serves."""
    scores = None
    if raw is not None:
        scores = Scores(raw=np.array([raw]), probability=np.array([0.01]), threshold=1.0, mean_root=0.1)
    columns = {name: np.array([one]) if name == "doubtful" else [one] for name, one in given.items()}
    return decide(Inputs(draw=np.array([draw]), scores=scores, **columns), POLICY)[0]


def ask(referral: Referral, *hits: str) -> Ask:
    return Ask(referral=referral, hits=hits or ("one",))


def stood(referral: Referral, cause: Cause, propensity: float = 0.5) -> Decision:
    return Decision(referral=referral, cause=cause, propensity=propensity)


def test_without_a_model_what_nothing_selects_is_not_assessed_and_may_be_drawn() -> None:
    assert decided(None) == Decision(
        referral=Referral.NOT_ASSESSED, cause=Cause.NONE, propensity=0.05, policy_id=POLICY.policy_id
    )
    assert (decided(None, draw=0.0).referral, decided(None, draw=0.0).cause) == (Referral.OPEN, Cause.RANDOM)


def test_a_parcel_that_the_model_could_not_score_is_not_assessed() -> None:
    found = decided(float("nan"))
    assert (found.referral, found.propensity) == (Referral.NOT_ASSESSED, POLICY.capacity_share)


def test_a_list_goes_before_a_rule_and_both_are_named() -> None:
    found = decided(lists=ask(Referral.OPEN, "list"), rules=ask(Referral.XRAY, "rule"))
    assert (found.referral, found.cause, found.hits) == (Referral.OPEN, Cause.LIST, ("list", "rule"))
    assert found.propensity == 1.0


def test_a_list_that_cannot_be_read_asks_for_a_manual_check() -> None:
    found = decided(lists=unreadable("sanctions"))
    assert (found.referral, found.cause) == (Referral.MANUAL_CHECK, Cause.LIST)


def test_a_rule_cannot_release_what_the_score_selects() -> None:
    found = decided(2.0, rules=ask(Referral.RELEASE))
    assert (found.referral, found.cause, found.hits) == (Referral.OPEN, Cause.SCORE, ())


def test_a_referral_once_given_stays_with_its_cause() -> None:
    found = decided(standing=stood(Referral.OPEN, Cause.SCORE, 1.0))
    assert (found.referral, found.cause, found.propensity) == (Referral.OPEN, Cause.SCORE, 1.0)


def test_a_stronger_referral_brings_its_cause_but_a_draw_stays_a_draw() -> None:
    hold = ask(Referral.HOLD)
    assert decided(lists=hold, standing=stood(Referral.OPEN, Cause.SCORE)).cause is Cause.LIST
    drawn = decided(lists=hold, standing=stood(Referral.OPEN, Cause.RANDOM))
    assert (drawn.referral, drawn.cause) == (Referral.HOLD, Cause.RANDOM)


def test_the_propensity_of_an_earlier_decision_is_never_lost() -> None:
    assert decided(standing=stood(Referral.RELEASE, Cause.NONE, 0.7)).propensity == 0.7


def test_a_doubtful_declaration_is_a_question_only_where_nothing_else_is_asked() -> None:
    asked = decided(doubtful=True)
    assert (asked.referral, asked.cause, asked.hits) == (Referral.ASK_OPERATOR, Cause.RULE, (DOUBT_RULE,))
    assert decided(2.0, doubtful=True).referral is Referral.OPEN
    assert decided(doubtful=False).referral is Referral.RELEASE


@pytest.mark.parametrize("flag", ["contents_missing", "description_missing", "recipient_incomplete", "weight_unit"])
def test_a_declaration_is_doubtful_by_what_leaves_it_too_thin(flag: str) -> None:
    assert POLICY.doubts([[flag], ["hs_missing"], [], None]).tolist() == [True, False, False, False]


def test_words_that_nobody_knows_are_a_manual_check_and_no_cause() -> None:
    assert [Referral.parse(text) for text in ("seize", "", None)] == [Referral.MANUAL_CHECK] * 3
    assert (Referral.parse("release"), Cause.parse("seize")) == (Referral.RELEASE, Cause.UNKNOWN)


def test_of_two_referrals_the_stronger_holds() -> None:
    assert stronger(Referral.OPEN, Referral.XRAY) is stronger(Referral.XRAY, Referral.OPEN) is Referral.OPEN


def test_a_draw_belongs_to_operator_number_and_first_lodging() -> None:
    texts = [draw_text("a", "1", 5), draw_text("a", "1", 6), draw_text("b", "1", 5), draw_text("a|1", "", 5)]
    assert len(set(texts)) == 4


def test_the_policy_is_named_by_everything_that_decides() -> None:
    others = [
        LinePolicy(**{**vars_of(POLICY), name: value})
        for name, value in {
            "capacity_share": 0.06,
            "random_share": 0.3,
            "floor": 0.3,
            "doubt_flags": frozenset({"hs_missing"}),
        }.items()
    ]
    assert len({one.policy_id for one in (POLICY, *others)}) == 5


def vars_of(policy: LinePolicy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in ("capacity_share", "random_share", "floor", "doubt_flags")}
