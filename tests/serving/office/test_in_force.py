"""What decided in March, and who had approved it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from policy.shifts import Capacity, Shift
from serving.office import capacity
from serving.office.in_force import decisions_on, policy_at
from serving.settings import Settings
from serving.store import Store
from serving.store.database import note
from serving.store.scores import all_scores
from serving.store.tables import scores
from serving.store.times import microseconds
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_rules import BY_RULE, asks, live, posted

DAY_AND_NIGHT = Capacity(shifts=(Shift(line="hall 1", weekdays=frozenset(range(7)), begins=360, ends=840, hands=3.0),))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings.database) as store:
        yield store


def test_a_rule_edit_changes_no_past_decision_and_each_says_what_decided(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock, store: Store
) -> None:
    begun = clock()
    with store.begin_read() as connection:
        nothing = policy_at(connection, microseconds(begun))
    assert (nothing.decided, nothing.rules, nothing.capacity) == (None, (), None)
    live(store, clock)
    assert asks(posted(api, keys, clock, "RB000000011US")) == BY_RULE
    with store.begin_read() as connection:
        then = {seq: vars_of(one) for seq, one in all_scores(connection).items()}
    clock.pass_by(days=10)
    live(store, clock, when="stream = 'letter' AND gross_weight_g > 330", refer="open")
    with store.begin() as connection:
        number = capacity.propose(connection, DAY_AND_NIGHT, "supervisor-1", clock())
        capacity.approve(connection, number, "supervisor-2", clock())
        note(connection, at_us=microseconds(clock()), client_id="command", action="model approved", seqs=[], detail="m")
    clock.pass_by(minutes=5)
    assert posted(api, keys, clock, "RB000000025US")["referral"] == "open"
    with store.begin_read() as connection:
        now = {seq: vars_of(one) for seq, one in all_scores(connection).items()}
        assert {seq: now[seq] for seq in then} == then, "an edit has changed what was decided"
        (first,) = decisions_on(connection, "post-a", "RB000000011US")
        (second,) = decisions_on(connection, "post-a", "RB000000025US")
        early = policy_at(connection, microseconds(begun + timedelta(days=1)))
    assert [rule.title for rule, _ in first.rules] == ["heavy-letters 1"]
    assert (first.is_proven, second.is_proven) == (True, True)
    assert [(one.title, one.approved_by) for one in first.in_force.rules] == [("heavy-letters 1", "supervisor-1")]
    assert [one.title for one in second.in_force.rules] == ["heavy-letters 2"]
    assert [one.title for one in early.rules] == ["heavy-letters 1"]
    assert (early.capacity, early.released) == (None, None)
    assert second.in_force.released is not None
    assert second.in_force.capacity is not None
    assert second.in_force.capacity.approver == "supervisor-2"
    assert first.in_force.seed is not None

    answer = api.get("/v1/policy", params={"at": (begun + timedelta(days=1)).isoformat()}, headers=bearer(keys.auditor))
    assert [(one["name"], one["version"], one["approved_by"]) for one in answer.json()["rules"]] == [
        ("heavy-letters", 1, "supervisor-1")
    ]
    of_parcel = {"operator": "post-a", "parcel_id": "RB000000025US"}
    (decision,) = api.get("/v1/policy/decisions", params=of_parcel, headers=bearer(keys.auditor)).json()
    assert (decision["rules"], decision["is_proven"]) == (["heavy-letters 2"], True)
    assert decision["in_force"]["policy_id"] == second.scored.policy_id
    missing = api.get("/v1/policy/decisions", params=of_parcel | {"operator": "x"}, headers=bearer(keys.auditor))
    assert missing.status_code == 404


def test_rules_that_were_changed_in_the_store_are_not_proven(
    api: TestClient, keys: Keys, clock: Clock, store: Store
) -> None:
    live(store, clock)
    posted(api, keys, clock, "RB000000011US")
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE rules SET identity = 'another'")
        (one,) = decisions_on(connection, "post-a", "RB000000011US")
    assert not one.is_proven


def vars_of(scored: object) -> dict[str, object]:
    """Everything of an answer but its row, which is an array."""
    return {name: getattr(scored, name) for name in (*scores.c.keys(), "policy_id") if hasattr(scored, name)}
