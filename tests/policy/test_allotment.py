"""Places of optional sources: where they are expected to find less than the score would, they are on trial."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policy.allotment import PRIOR_INSPECTIONS, TRIAL_SHARE, Record, allotted

PARTS = {"lists": 0.2, "rules": 0.1}


def test_a_source_keeps_its_part_while_a_place_of_it_finds_as_much_as_one_of_the_score() -> None:
    records = {"lists": Record(n_examined=300, n_found=12), "rules": Record(n_examined=900, n_found=2)}
    made = allotted(PARTS, records, usual=0.01, by_score=0.015)
    assert made == {"lists": 0.2, "rules": TRIAL_SHARE * 0.1}


def test_without_a_record_a_source_is_as_good_as_the_whole_line() -> None:
    assert allotted(PARTS, {}, usual=0.02, by_score=0.02) == PARTS
    assert set(allotted(PARTS, {}, usual=0.01, by_score=0.02).values()) == {TRIAL_SHARE * 0.2, TRIAL_SHARE * 0.1}


def test_what_is_expected_lies_between_the_own_record_and_the_line() -> None:
    assert Record(n_examined=int(PRIOR_INSPECTIONS), n_found=10).expected(0.0) == 0.05


@given(st.integers(0, 5_000), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_source_gets_more_than_was_planned_or_less_than_its_trial(
    n: int, share: float, usual: float, by_score: float
) -> None:
    record = Record(n_examined=n, n_found=round(n * share))
    made = allotted(PARTS, {"lists": record, "rules": record}, usual=usual, by_score=by_score)
    assert all(TRIAL_SHARE * PARTS[name] <= part <= PARTS[name] for name, part in made.items())
