"""The funnel: every targeted parcel is at exactly one step, with one reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.handling import Entry
from features.handling.funnel import STEPS, Case, Reason, Step, funnel, placed
from features.handling.states import Signal
from tests.features.handling.test_outcome import CAME, ENTRIES, NEVER_CAME, OPENED_CLEAN, XRAY_ALARM
from tests.features.handling.test_states import MORNING, SIGNALS, claim, fact


def place(*given: Signal | Entry, is_cancelled: bool = False, is_ended: bool = False) -> tuple[str, str]:
    signals = [one for one in given if isinstance(one, Signal)]
    entries = [one for one in given if isinstance(one, Entry)]
    case = Case(targeted_at=MORNING, is_cancelled=is_cancelled, signals=signals, entries=entries, is_ended=is_ended)
    one = placed(case)
    return one.step.value, one.reason.value


@pytest.mark.parametrize(
    ("given", "step", "reason"),
    [
        ([], "targeted", "pending"),
        ([claim("EMC", 1)], "targeted", "pending"),
        ([claim("EMD", 1)], "arrived", "pending"),
        ([claim("EMD", 1), claim("EMI", 2)], "arrived", "no_read"),
        ([claim("EMD", -3), claim("EMI", -2)], "arrived", "no_data_in_time"),
        ([claim("EMD", 1), NEVER_CAME, claim("EMI", 2)], "arrived", "not_presented"),
        ([NEVER_CAME], "targeted", "not_presented"),
        ([fact("in_hall", 1)], "seen", "pending"),
        ([fact("in_hall", 1), claim("EMF", 2)], "seen", "wrong_chute"),
        ([fact("in_hall", 1), fact("released", 2)], "seen", "wrong_chute"),
        ([fact("presented", 1)], "diverted", "pending"),
        ([CAME, claim("EMI", 2)], "diverted", "no_capacity"),
        ([XRAY_ALARM], "on_the_table", "pending"),
        ([XRAY_ALARM, fact("released", 3)], "on_the_table", "no_capacity"),
        ([OPENED_CLEAN], "examined", "pending"),
        ([OPENED_CLEAN, fact("released", 3)], "decided", "done"),
    ],
)
def test_places_from_the_floor(given: list[Signal | Entry], step: str, reason: str) -> None:
    assert place(*given) == (step, reason)


def test_a_cancelled_parcel_is_lost_as_such_unless_it_came_all_the_same() -> None:
    assert place(is_cancelled=True) == ("targeted", "cancelled")
    assert place(claim("EMD", 1), is_cancelled=True) == ("arrived", "pending")


@pytest.mark.parametrize(
    ("given", "step", "reason"),
    [
        ([], "targeted", "ended"),
        ([claim("EMD", 1)], "arrived", "ended"),
        ([XRAY_ALARM], "on_the_table", "ended"),
        ([claim("EMD", 1), claim("EMI", 2)], "arrived", "no_read"),
        ([OPENED_CLEAN], "examined", "pending"),
    ],
)
def test_what_a_person_ended_is_pending_no_longer_and_what_was_lost_keeps_its_reason(
    given: list[Signal | Entry], step: str, reason: str
) -> None:
    assert place(*given, is_ended=True) == (step, reason)


CASES = st.builds(
    Case,
    targeted_at=st.just(MORNING),
    is_cancelled=st.booleans(),
    signals=SIGNALS,
    entries=ENTRIES,
    is_ended=st.booleans(),
)


@settings(max_examples=200)
@given(st.lists(CASES, max_size=12))
def test_a_funnel_adds_up_to_the_parcel(cases: list[Case]) -> None:
    found = funnel("all", map(placed, cases))
    assert found.n == len(cases) == sum(found.stopped.values())
    counts = [found.reached[step] for step in STEPS]
    assert counts == sorted(counts, reverse=True)
    for step, following in zip(STEPS, [*STEPS[1:], None], strict=True):
        stopped = sum(n for (at, _), n in found.stopped.items() if at is step)
        assert stopped == found.reached[step] - (found.reached[following] if following else 0)
    assert all((reason is Reason.DONE) == (step is Step.DECIDED) for step, reason in found.stopped)
