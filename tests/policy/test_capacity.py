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


CHANGES = {
    "capacity_share": 0.06,
    "random_share": 0.3,
    "floor": 0.1,
    "doubt_flags": DOUBT_FLAGS - {"weight_unit"},
    "rules": "0a1b2c3d4e5f",
    "lists": "0a1b2c3d4e5f",
}


def test_every_setting_belongs_to_the_identity_of_a_policy(monkeypatch: pytest.MonkeyPatch):
    assert CHANGES.keys() == {field.name for field in fields(LinePolicy)}
    ids = {replace(POLICY, **{name: value}).policy_id for name, value in CHANGES.items()} | {POLICY.policy_id}
    assert len(ids) == len(CHANGES) + 1
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
