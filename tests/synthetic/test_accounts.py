from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from data.synthetic import World, generate, load_scenario
from data.synthetic.accounts import Postings, postings
from data.synthetic.calendar import Calendar
from data.synthetic.event_log import event_log
from data.synthetic.world import END_ON, POLICY_SCHEMA, TRUTH_SCHEMA
from features.log import OUTCOME
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA
from tests.builders import KEY

SCENARIO = load_scenario("known-accounts")
N_DAYS = 60


@pytest.fixture(scope="module")
def world() -> World:
    return generate(SCENARIO, n_parcels=3_000, n_days=40, seed=1)


@pytest.fixture(scope="module")
def posted() -> Postings:
    assert SCENARIO.accounts is not None
    calendar = Calendar.of(SCENARIO.season, N_DAYS, END_ON)
    return postings(SCENARIO.accounts, calendar, np.random.default_rng(1), 200_000)


def test_tables_have_the_columns_of_every_world(world: World):
    assert world.parcels.schema == PARCEL_SCHEMA
    assert world.outcomes.schema == OUTCOME_SCHEMA
    assert (world.truth.schema, world.policy.schema) == (TRUTH_SCHEMA, POLICY_SCHEMA)


def test_every_result_is_known_after_seven_days_unless_the_world_ends_before(world: World):
    both = world.outcomes.join(world.parcels, on=["parcel_id", "operator"])
    assert set(both["known_at"] - both["lodged_at"]) == {timedelta(days=7)}
    age_days = END_ON - world.parcels["lodged_at"].dt.date()
    assert both.height == (age_days >= timedelta(days=7)).sum() == world.outcomes.height


def test_results_agree_with_the_truth(world: World):
    both = world.outcomes.join(world.truth, on=["parcel_id", "operator"])
    assert ((both["result"] == "found") == both["contains"].is_not_null()).all()


def test_the_log_holds_every_parcel_and_result_and_one_key_for_each_account(world: World):
    log = event_log(world, KEY)
    assert (log["kind"] == OUTCOME).sum() == world.outcomes.height
    assert log["sender_key"].n_unique() <= SCENARIO.accounts.n_senders  # type: ignore[union-attr]


def test_a_bad_recipient_is_bad_for_28_days_in_everything_that_it_receives(posted: Postings):
    day = (posted.lodged_s - posted.lodged_s.min()) // 86_400
    recipients = np.unique(posted.recipient[posted.cause == 1])
    assert recipients.size > 100
    days_of = {one: day[(posted.cause == 1) & (posted.recipient == one)] for one in recipients.tolist()}
    once = {one: days for one, days in days_of.items() if np.ptp(days) < 28}
    assert max(np.ptp(days) for days in once.values()) > 20
    for one, days in list(once.items())[:20]:
        between = (posted.recipient == one) & (day >= days.min()) & (day <= days.max())
        assert posted.holds[between].all()


def test_parcels_of_a_sender_taken_over_are_declared_at_a_multiple(posted: Postings):
    honest, raised = (posted.value_cents[posted.cause == cause].mean() for cause in (0, 2))
    assert 4 < raised / honest < 6


def test_the_same_seed_gives_the_same_world(world: World):
    again = generate(SCENARIO, n_parcels=3_000, n_days=40, seed=1)
    assert again.parcels.equals(world.parcels)
    assert again.outcomes.equals(world.outcomes)
