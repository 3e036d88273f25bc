from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.identity import KEYS, PERSONAL
from features.log import (
    LOG_SCHEMA,
    OUTCOME,
    PARCEL,
    RETRACTION,
    SUBJECT_SCHEMA,
    assemble,
    empty_log,
    number,
    outcome_events,
    parcel_events,
)
from features.parcel.fields import OUTCOME_FIELDS
from tests.builders import MORNING, a_log, a_parcel, derived, outcome_table, retractions

NOTHING = pl.DataFrame(schema=SUBJECT_SCHEMA)


def lodged(parcel_id: str, hours: float = 0.0, **changes: Any) -> dict[str, Any]:
    return a_parcel(parcel_id=parcel_id, lodged_at=MORNING + timedelta(hours=hours), **changes)


def inspected(parcel_id: str, hours: float, result: str = "found", **changes: Any) -> dict[str, Any]:
    known_at = MORNING + timedelta(hours=hours)
    return {"parcel_id": parcel_id, "operator": "post-a", "result": result, "known_at": known_at} | changes


def order(log: pl.DataFrame) -> list[tuple[int, str, str]]:
    return [(seq, str(kind), parcel_id) for seq, kind, parcel_id in log.select("seq", "kind", "parcel_id").rows()]


def test_events_are_numbered_in_the_order_in_which_they_became_known():
    log = a_log([lodged("B", 5), lodged("A", 1)], [inspected("A", 3)])
    assert order(log) == [(1, PARCEL, "A"), (2, OUTCOME, "A"), (3, PARCEL, "B")]


def test_numbers_go_on_from_the_first_free_place():
    events, _ = assemble(derived(lodged("A"), lodged("B")), outcome_table([]), NOTHING, 41)
    assert events["seq"].to_list() == [41, 42]


def test_of_events_known_at_one_moment_parcels_come_first_and_keep_their_order():
    log = a_log([lodged("C", 2), lodged("A", 2), lodged("B", 0)], [inspected("B", 2)])
    assert order(log) == [(1, PARCEL, "B"), (2, PARCEL, "C"), (3, PARCEL, "A"), (4, OUTCOME, "B")]


def test_an_outcome_points_to_its_parcel_and_repeats_its_keys():
    log = a_log([lodged("B", 5), lodged("A", 1, sender_name="Li Wei")], [inspected("A", 30)])
    parcel = log.filter((pl.col("kind") == PARCEL) & (pl.col("parcel_id") == "A")).row(0, named=True)
    outcome = log.filter(pl.col("kind") == OUTCOME).row(0, named=True)
    assert outcome["subject_seq"] == parcel["seq"] == parcel["subject_seq"]
    assert [outcome[key] for key in KEYS] == [parcel[key] for key in KEYS]
    assert outcome["gross_weight_g"] is None


def test_an_outcome_of_an_unknown_parcel_is_an_orphan():
    events, orphans = assemble(derived(lodged("A")), outcome_table([inspected("Z", 5), inspected("A", 5)]), NOTHING, 1)
    assert orphans["parcel_id"].to_list() == ["Z"]
    assert events.filter(pl.col("kind") == OUTCOME)["parcel_id"].to_list() == ["A"]


def test_an_outcome_known_before_its_parcel_is_an_orphan():
    events, orphans = assemble(derived(lodged("A", 5)), outcome_table([inspected("A", 4)]), NOTHING, 1)
    assert orphans["parcel_id"].to_list() == ["A"]
    assert events["kind"].to_list() == [PARCEL]


def test_an_outcome_known_at_the_moment_of_lodging_comes_right_after_it():
    assert order(a_log([lodged("A", 5)], [inspected("A", 5)])) == [(1, PARCEL, "A"), (2, OUTCOME, "A")]


def test_of_several_lodgings_the_latest_one_known_has_the_outcome():
    log = a_log([lodged("A", 3, gross_weight_g=2), lodged("A", 1, gross_weight_g=1)], [inspected("A", 9)])
    subject = log.filter(pl.col("kind") == OUTCOME)["subject_seq"].item()
    assert log.filter(pl.col("seq") == subject)["gross_weight_g"].item() == 2


def test_a_parcel_lodged_again_after_its_outcome_does_not_take_the_outcome_away():
    log = a_log([lodged("A", 1), lodged("A", 20)], [inspected("A", 9)])
    assert order(log) == [(1, PARCEL, "A"), (2, OUTCOME, "A"), (3, PARCEL, "A")]
    assert log["subject_seq"].to_list() == [1, 1, 3]


def test_two_operators_may_use_one_identifier():
    log = a_log(
        [lodged("A", 1), lodged("A", 2, operator="post-b")], [inspected("A", 9), inspected("A", 9, operator="post-b")]
    )
    assert log["subject_seq"].to_list() == [1, 2, 1, 2]


def test_without_operator_the_identifier_alone_finds_the_parcel_and_its_operator():
    log = a_log([lodged("A", 1, operator="post-b")], [inspected("A", 9, operator=None)])
    assert log["operator"].to_list() == ["post-b", "post-b"]
    assert log["subject_seq"].to_list() == [1, 1]


def test_without_operator_an_identifier_that_two_operators_used_finds_nobodys_parcel():
    rows = [lodged("A", 1), lodged("A", 2, operator="post-b")]
    with pytest.raises(ValueError, match="without a parcel"):
        a_log(rows, [inspected("A", 9, operator=None)])


def test_the_outcome_of_a_parcel_already_in_the_log_keeps_its_place_there():
    earlier = a_log([lodged("A", 1), lodged("B", 2)], [])
    events, orphans = assemble(
        derived(lodged("C", 30)), outcome_table([inspected("B", 31)]), earlier.select(SUBJECT_SCHEMA.names()), 3
    )
    assert orphans.height == 0
    assert events["seq"].to_list() == [3, 4]
    assert events["subject_seq"].to_list() == [3, 2]


def test_two_outcomes_of_one_parcel_are_two_events():
    log = a_log([lodged("A", 1)], [inspected("A", 5, "nothing_found"), inspected("A", 9, "found")])
    assert log["result"].to_list() == [None, "nothing_found", "found"]


def test_outcomes_can_be_recorded_as_known_now():
    subjects = a_log([lodged("A", 1)], []).select(SUBJECT_SCHEMA.names())
    events, _ = outcome_events(
        outcome_table([inspected("A", 2, known_at=None)]), subjects, pl.lit(MORNING + timedelta(days=1))
    )
    assert number(events, 2).select("seq", "subject_seq", "known_at").rows() == [(2, 1, MORNING + timedelta(days=1))]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.one_of(st.none(), st.integers(0, 12))), min_size=1, max_size=8))
def test_any_file_of_the_past_becomes_a_log_without_gaps_that_never_looks_ahead(file: list[tuple[int, int | None]]):
    parcels = [lodged(f"P-{place}", hours) for place, (hours, _) in enumerate(file)]
    results = [inspected(f"P-{place}", hours) for place, (_, hours) in enumerate(file) if hours is not None]
    log, orphans = assemble(derived(*parcels), outcome_table(results), NOTHING, 1)
    assert log["seq"].to_list() == list(range(1, log.height + 1))
    assert log["known_at"].is_sorted()
    assert log.height == len(parcels) + len(results) - orphans.height
    assert (log["subject_seq"] <= log["seq"]).all()
    subjects = log.filter(pl.col("kind") == OUTCOME).join(log, left_on="subject_seq", right_on="seq")
    assert (subjects["parcel_id"] == subjects["parcel_id_right"]).all()
    assert {row["parcel_id"] for row in orphans.to_dicts()} == {
        f"P-{place}" for place, (hours, known) in enumerate(file) if known is not None and known < hours
    }


def test_the_log_has_no_place_for_personal_data():
    personal = {*PERSONAL, *(field.name for field in OUTCOME_FIELDS if field.personal)}
    assert not personal & set(LOG_SCHEMA)


def test_the_officer_of_an_outcome_does_not_reach_the_log():
    log = a_log([lodged("A", 1)], [inspected("A", 9, officer="Zwergnase")])
    assert "Zwergnase" not in log.write_ndjson()


@pytest.mark.parametrize("make", [empty_log, lambda: a_log([lodged("A")], [inspected("A", 1)])])
def test_every_log_has_the_schema(make: Any):
    assert make().schema == LOG_SCHEMA


def test_a_log_written_as_lines_of_json_comes_back_the_same():
    log = a_log([lodged("A"), lodged("B", 1, pieces=None, recipient_name=None)], [inspected("A", 9, propensity=0.1)])
    assert pl.read_ndjson(log.write_ndjson().encode(), schema=LOG_SCHEMA).equals(log)


def test_a_parcel_is_scored_at_the_time_that_it_is_given():
    events = parcel_events(derived(lodged("A"), lodged("B")), pl.lit(MORNING + timedelta(days=9)))
    assert events["known_at"].to_list() == [MORNING + timedelta(days=9)] * 2
    assert (events["seq"] < 0).all()
    assert events["seq"].equals(events["subject_seq"].alias("seq"))


def test_an_amendment_takes_the_version_in_force_back_before_the_new_one_enters():
    log = a_log([lodged("A", 1)], [])
    later = pl.lit(MORNING + timedelta(hours=9))
    again = derived(lodged("A", 9, gross_weight_g=77)).with_columns(counted_at=log["known_at"])
    events = number(pl.concat([parcel_events(again, later), retractions(log, MORNING + timedelta(hours=9))]), 2)
    assert events["kind"].cast(pl.String).to_list() == [RETRACTION, PARCEL]
    assert events["subject_seq"].to_list() == [1, 3]
    assert events["counted_at"].to_list() == 2 * log["known_at"].to_list()
    assert events["gross_weight_g"].to_list() == [log["gross_weight_g"].item(), 77]


def test_a_retraction_of_an_amended_parcel_counts_where_the_parcel_was_counted():
    first = pl.lit(MORNING)
    amended = a_log([lodged("A", 9)], []).with_columns(counted_at=first.cast(LOG_SCHEMA["counted_at"]))
    assert retractions(amended, MORNING + timedelta(hours=20))["counted_at"].item() == MORNING
