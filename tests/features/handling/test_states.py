"""The state machine of a parcel: claims and facts, from the floor and in general."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.handling.states import FAMILIES, SCANNED, WITH_CUSTOMS, Position, Signal, State, position_of, states
from serving.messages.codes import REPLIES
from tests.docs.states import USUAL

MORNING = datetime(2026, 11, 2, 8, tzinfo=UTC)


def claim(code: str, hour: int) -> Signal:
    state = states().of_event(code)
    assert state is not None
    return Signal(state=state, happened_at=MORNING + timedelta(hours=hour), is_fact=False, code=code)


def fact(state: str, hour: int) -> Signal:
    return Signal(state=State(state), happened_at=MORNING + timedelta(hours=hour), is_fact=True)


def at(*signals: Signal) -> Position:
    return position_of(MORNING, signals)


@pytest.mark.parametrize(
    ("signals", "state", "is_fact", "n_contradictions"),
    [
        ([], "declared", False, 0),
        ([claim("EMD", 1), claim("EDB", 2), claim("EDC", 3), claim("EMF", 4)], "handed_over", False, 0),
        ([claim("EMF", 4), claim("EMD", 1)], "handed_over", False, 0),
        ([claim("EDB", 2), fact("presented", 3)], "presented", True, 0),
        ([fact("presented", 3), claim("EMI", 4)], "presented", True, 1),
        ([fact("presented", 3), claim("EDC", 4), fact("held", 5)], "held", True, 1),
        ([fact("held", 3), fact("released", 4), claim("EMI", 5)], "delivered", False, 0),
        ([claim("EMI", 3), claim("EMD", 4)], "delivered", False, 1),
        ([claim("EMI", 3), fact("in_hall", 4)], "in_hall", True, 0),
        ([fact("destroyed", 3), fact("held", 4)], "destroyed", True, 1),
        ([fact("seized", 3), fact("destroyed", 4)], "destroyed", True, 0),
        ([claim("EXX", 1), claim("EMD", 2)], "arrived", False, 0),
        ([fact("lost_sight_of", 3), claim("EMG", 4)], "handed_over", False, 0),
        ([claim("EDB", 2), fact("presented", 2)], "presented", True, 0),
    ],
)
def test_lives_from_the_floor(signals: list[Signal], state: str, is_fact: bool, n_contradictions: int) -> None:
    position = at(*signals)
    assert (position.state, position.is_fact, len(position.contradictions)) == (state, is_fact, n_contradictions)


def test_only_customs_own_scans_say_that_a_parcel_was_presented() -> None:
    assert not at(claim("EDB", 2), claim("EDC", 3)).was_presented
    assert at(fact("presented", 2), fact("released", 3), claim("EMI", 4)).was_presented


@pytest.mark.parametrize(
    ("signal", "can"),
    [(claim("EDF", 1), True), (claim("EDH", 1), True), (claim("EDG", 1), False), (claim("EMI", 1), False)],
)
def test_a_parcel_at_a_depot_or_a_pick_up_point_can_be_recalled_and_one_on_a_van_cannot(
    signal: Signal, can: bool
) -> None:
    assert at(signal).can_be_recalled is can


SIGNALS = st.lists(
    st.builds(
        Signal,
        state=st.sampled_from(State),
        happened_at=st.integers(0, 9).map(lambda hours: MORNING + timedelta(hours=hours)),
        is_fact=st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=300)
@given(SIGNALS)
def test_nothing_is_lost_and_no_claim_ends_custody(signals: list[Signal]) -> None:
    position = position_of(MORNING, [])
    n = 0
    for signal in sorted(signals, key=lambda one: (one.happened_at, one.is_fact)):
        before, position = position, position.moved(signal)
        if before.is_fact and before.state in WITH_CUSTOMS and not signal.is_fact:
            assert position.state is before.state
        if position.state is not before.state:
            assert position.state is signal.state
            assert signal.is_fact or signal.state in states().next[before.state]
        elif signal.state is not before.state:
            n += 1
    assert len(position.contradictions) == n
    assert position == position_of(MORNING, signals)


@settings(max_examples=200)
@given(SIGNALS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(signals: list[Signal], random: object) -> None:
    distinct = list({(one.happened_at, one.is_fact): one for one in signals}.values())
    shuffled = list(distinct)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert position_of(MORNING, shuffled) == position_of(MORNING, distinct)


def test_the_table_is_whole_and_every_state_can_be_reached() -> None:
    table = states()
    assert set(table.next) == set(table.recall) == set(State)
    assert set(table.codes) == set(FAMILIES)
    reached = {State.DECLARED}.union(*table.next.values())
    assert reached == set(State)
    assert set(SCANNED) <= set(State)
    assert set(table.recall_by_code) <= set(table.codes["emsevt"])


def test_every_code_that_the_office_itself_sends_is_in_the_table() -> None:
    codes = states().codes
    for reply in REPLIES:
        assert reply.event in ("", *codes["emsevt"])
        assert reply.processing in (None, *codes["edifact_7365"])
        assert reply.cusrsp in ("NOD", *codes["cusrsp"])


def test_what_is_drawn_is_what_may_follow() -> None:
    assert all(after in states().next[before] for before, after in USUAL)
    assert {one for arrow in USUAL for one in arrow} == set(State)
