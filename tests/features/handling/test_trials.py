"""What each step of the chain makes of test parcels."""

from __future__ import annotations

from features.handling.trials import Step, Trial, steps
from tests.features.handling.test_outcome import CAME, DOG_ALARM, NEVER_CAME, OPENED_FOUND, XRAY_CLEAN, look


def test_every_method_is_measured_on_what_it_looked_at_and_the_chain_on_what_came() -> None:
    trials = [
        Trial(was_selected=True, entries=[CAME, XRAY_CLEAN]),
        Trial(was_selected=True, entries=[CAME, DOG_ALARM, OPENED_FOUND]),
        Trial(was_selected=True, entries=[NEVER_CAME]),
        Trial(was_selected=False, entries=[look("xray", "unclear")]),
        Trial(was_selected=None, entries=[]),
    ]
    found = {one.name: (one.n, one.n_passed) for one in steps(trials)}
    assert found["selected"] == (4, 3)
    assert found["presented"] == (3, 2)
    assert found["xray"] == (2, 0)
    assert (found["dog"], found["opened"], found["laboratory"]) == ((1, 1), (1, 1), (0, 0))
    assert found["found"] == (3, 1)


def test_without_test_parcels_nothing_is_measured() -> None:
    assert all(one == Step(name=one.name, n=0, n_passed=0) for one in steps([]))
