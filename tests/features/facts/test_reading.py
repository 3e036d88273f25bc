"""Facts are the same bits, whether they are read of a table or of plain rows, one by one or together."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from features.facts import FACTS, column_of, facts_of_log, facts_of_rows
from features.golden import golden_log
from features.identity import KEYS, PERSONAL
from features.log import PARCEL
from tests.builders import parcel_facts
from tests.features.rows import as_log, odd_rows

ROWS = odd_rows(600, seed=5)


def test_rows_and_a_table_have_the_same_facts_to_the_bit():
    assert facts_of_rows(ROWS).tobytes() == facts_of_log(as_log(ROWS)).tobytes()


def test_the_golden_log_has_the_same_facts_as_its_rows():
    log = golden_log()
    parcels = log.filter(log["kind"] == PARCEL)
    assert facts_of_rows(parcels.to_dicts()).tobytes() == facts_of_log(parcels).tobytes()


def test_a_row_alone_has_the_facts_that_it_has_among_others():
    together = facts_of_rows(ROWS)
    for index, row in enumerate(ROWS[:100]):
        assert facts_of_rows([row]).tobytes() == together[index].tobytes()
        assert facts_of_log(as_log([row])).tobytes() == together[index].tobytes()


def test_no_rows_have_no_facts():
    assert facts_of_rows([]).shape == facts_of_log(as_log(ROWS).clear()).shape == (0, len(FACTS))


def test_names_are_unique_and_find_their_column():
    assert len(set(FACTS)) == len(FACTS)
    assert [column_of(name) for name in FACTS] == list(range(len(FACTS)))
    assert column_of("sender_name") is None


def test_personal_values_and_keys_are_no_facts():
    assert set(FACTS) & {*PERSONAL, *KEYS} == set()


TIME = datetime(2026, 11, 2, 8, 15, 1, 999_999, tzinfo=UTC)
CASES = [
    ("gross_weight_g", {"gross_weight_g": 340}, 340.0),
    ("gross_weight_g", {}, None),
    ("sender_has_contact", {"sender_has_contact": True}, 1.0),
    ("sender_has_contact", {"sender_has_contact": False}, 0.0),
    ("sender_has_contact", {}, None),
    ("marketplace_is_given", {"marketplace": ""}, 1.0),
    ("marketplace_is_given", {}, 0.0),
    ("known_at_s", {"known_at": TIME}, TIME.timestamp() // 1),
    ("posted_at_us", {"posted_at": TIME}, 1_793_607_301_999_999.0),
    ("posted_at_us", {}, None),
    ("stream", {"stream": "ems"}, 2.0),
    ("stream", {"stream": "EMS"}, 4.0),
    ("packaging", {"packaging": "BOX"}, 2.0),
    ("n_quality_flags", {}, 0.0),
    ("flag_weight_missing", {"quality_flags": ["weight_missing"]}, 1.0),
    ("flag_weight_missing", {"quality_flags": []}, 0.0),
]


@pytest.mark.parametrize(("name", "given", "expected"), CASES)
def test_a_fact_has_the_value_worked_out_by_hand(name: str, given: dict[str, object], expected: float | None):
    value = facts_of_log(parcel_facts(**given))[0, column_of(name)]
    assert np.isnan(value) if expected is None else value == expected
