from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from policy import DOUBT_FLAGS, LinePolicy
from policy import capacity as module

POLICY = LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2)


def test_the_budgets_share_the_capacity():
    assert POLICY.score_budget == pytest.approx(0.04)
    assert POLICY.random_budget == pytest.approx(0.01)
    assert replace(POLICY, random_share=0.0).random_budget == 0.0


@pytest.mark.parametrize("name", ["capacity_share", "random_share", "floor"])
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_share_outside_0_to_1_is_refused_by_name(name: str, value: float):
    with pytest.raises(ValueError, match=rf"{name} is {value}; it is a share and lies between 0 and 1"):
        LinePolicy(**{name: value})


@pytest.mark.parametrize("share", [0, 1])
def test_shares_of_nothing_and_of_everything_are_shares(share: int):
    assert LinePolicy(capacity_share=share, random_share=share, floor=share).score_budget == 0.0


CHANGES = {"capacity_share": 0.06, "random_share": 0.3, "floor": 0.1, "doubt_flags": DOUBT_FLAGS - {"weight_unit"}}
LATER = {
    "gate": "0123456789ab",
    "rules": "its digest",
    "lists": "another digest",
    "lines": "a third",
    "most_points": 3.0,
}


def test_every_setting_belongs_to_the_identity_of_a_policy(monkeypatch: pytest.MonkeyPatch):
    changes = CHANGES | LATER
    assert changes.keys() == {field.name for field in fields(LinePolicy)}
    ids = {replace(POLICY, **{name: value}).policy_id for name, value in changes.items()} | {POLICY.policy_id}
    assert len(ids) == len(changes) + 1
    monkeypatch.setattr(module, "DECISION_VERSION", module.DECISION_VERSION + 1)
    assert replace(POLICY).policy_id not in ids


def test_the_identity_of_a_policy_is_that_of_its_settings():
    assert replace(POLICY).policy_id == POLICY.policy_id
    assert len(POLICY.policy_id) == 12
    assert LinePolicy(capacity_share=1).policy_id == LinePolicy(capacity_share=1.0).policy_id


def test_another_process_gives_the_policy_the_same_identity():
    program = (
        "from policy import LinePolicy; print(LinePolicy(capacity_share=0.05, random_share=0.2, floor=0.2).policy_id)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == POLICY.policy_id


def test_a_declaration_is_doubtful_when_one_of_its_flags_is_asked_about():
    flags = [["weight_unit"], [], None, ["hs_missing"], ["hs_missing", "contents_missing"]]
    assert POLICY.doubts(flags).tolist() == [True, False, False, False, True]
    assert POLICY.doubts([[flag] for flag in sorted(DOUBT_FLAGS)]).all()
    assert replace(POLICY, doubt_flags=frozenset({"hs_missing"})).doubts(flags).tolist() == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_no_declarations_have_no_doubts():
    assert POLICY.doubts([]).shape == (0,)
    assert POLICY.doubts([]).dtype == np.bool_


def test_the_operator_is_asked_about_these_flags():
    expected = {"contents_missing", "description_missing", "recipient_incomplete", "weight_unit"}
    assert expected == DOUBT_FLAGS


def test_a_policy_comes_back_from_its_settings(monkeypatch: pytest.MonkeyPatch):
    policy = replace(POLICY, **LATER)
    assert LinePolicy.of(policy.settings) == policy
    assert LinePolicy.of(policy.settings.replace('"gate"', '"unheard_of"')) is None
    monkeypatch.setattr(module, "DECISION_VERSION", module.DECISION_VERSION + 1)
    assert LinePolicy.of(policy.settings) is None


def test_what_came_later_leaves_the_identity_of_policies_of_before():
    settings = LinePolicy().settings
    assert not any(name in settings for name in LATER)
    assert LinePolicy().policy_id == "acfa7826b7c9"
