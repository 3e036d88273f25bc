"""The table of faults is whole: every number is there, and what it names exists."""

from __future__ import annotations

from tests.docs.faults import faults
from tests.docs.law import test_id as id_of

N_FAULTS = 79


def test_every_number_is_in_the_table_once() -> None:
    assert [one["number"] for one in faults()] == list(range(1, N_FAULTS + 1))


def test_every_fault_is_shown_by_tests_that_exist_or_says_what_is_missing() -> None:
    for one in faults():
        assert one["fault"]
        assert one["happens"]
        assert one["tests"] or one["waits_for"], f"fault {one['number']} has neither a test nor a reason"
        assert all(id_of(name) for name in one["tests"])
