"""The outcome that stages give: cases from the floor, and what must hold for any stages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.handling import Certainty, Entry, Result, has_open_alarm, outcome_of
from features.handling.outcome import CANNOT_CLEAR, STRENGTH, usual_certainty

METHODS = tuple(STRENGTH)
LOOKED = (Result.FOUND, Result.NOTHING_FOUND)


def look(method: str | None, result: str, certainty: str | None = None, **more: object) -> Entry:
    sure = Certainty(certainty) if certainty else usual_certainty(method, Result(result))
    return Entry(method=method, result=Result(result), certainty=sure, **more)  # type: ignore[arg-type]


def result_of(*entries: Entry) -> str | None:
    derived = outcome_of(entries)
    return derived.result.value if derived else None


XRAY_CLEAN, XRAY_ALARM = look("xray", "nothing_found"), look("xray", "found")
DOG_CLEAN, DOG_ALARM = look("dog", "nothing_found"), look("dog", "found")
OPENED_CLEAN, OPENED_FOUND = look("opened", "nothing_found"), look("opened", "found")
FIELD_TEST = look("opened", "found", "presumptive")
LAB_CLEAN, LAB_FOUND = look("laboratory", "nothing_found"), look("laboratory", "found")
CAME, NEVER_CAME = Entry(result=Result.PRESENTED), Entry(result=Result.NOT_PRESENTED)


@pytest.mark.parametrize(
    ("entries", "result"),
    [
        ([], None),
        ([CAME], None),
        ([NEVER_CAME], "not_presented"),
        ([NEVER_CAME, CAME], None),
        ([NEVER_CAME, CAME, XRAY_CLEAN], "nothing_found"),
        ([XRAY_CLEAN, NEVER_CAME], "nothing_found"),
        ([DOG_CLEAN], "nothing_found"),
        ([DOG_ALARM], None),
        ([DOG_ALARM, XRAY_CLEAN], None),
        ([DOG_ALARM, DOG_CLEAN], "nothing_found"),
        ([DOG_CLEAN, DOG_ALARM], None),
        ([DOG_ALARM, OPENED_CLEAN], "nothing_found"),
        ([OPENED_CLEAN, DOG_ALARM], "nothing_found"),
        ([XRAY_ALARM, OPENED_FOUND], "found"),
        ([look("xray", "found", "confirmed"), DOG_CLEAN], "found"),
        ([look("xray", "found", "confirmed"), look("opened", "nothing_found", "presumptive")], "found"),
        ([FIELD_TEST], None),
        ([FIELD_TEST, LAB_FOUND], "found"),
        ([FIELD_TEST, LAB_CLEAN], "nothing_found"),
        ([OPENED_FOUND, LAB_CLEAN], "nothing_found"),
        ([LAB_FOUND, OPENED_CLEAN], "found"),
        ([look("documents", "nothing_found")], None),
        ([look("documents", "found")], "found"),
        ([look("xray", "unclear")], None),
        ([XRAY_CLEAN, look("opened", "unclear")], "nothing_found"),
        ([look(None, "nothing_found")], "nothing_found"),
    ],
)
def test_cases_from_the_floor(entries: list[Entry], result: str | None) -> None:
    assert result_of(*entries) == result


def test_the_outcome_rests_on_the_strongest_stage_and_takes_class_and_mass_from_whoever_states_them() -> None:
    weighed = look("opened", "found", finding_class="other", finding_mass_g=18)
    named = look("laboratory", "found", finding_class="cocaine")
    derived = outcome_of([weighed, named])
    assert derived is not None
    assert (derived.by, derived.finding_class, derived.finding_mass_g) == (1, "cocaine", 18)


ENTRIES = st.lists(
    st.builds(
        Entry,
        method=st.sampled_from(METHODS),
        result=st.sampled_from([*LOOKED, Result.UNCLEAR]),
        certainty=st.sampled_from(Certainty),
    )
    | st.builds(Entry, result=st.sampled_from([Result.PRESENTED, Result.NOT_PRESENTED])),
    max_size=7,
)


@settings(max_examples=300)
@given(ENTRIES)
def test_an_outcome_is_what_some_stage_says(entries: list[Entry]) -> None:
    derived = outcome_of(entries)
    if derived is None:
        return
    rests_on = entries[derived.by]
    assert rests_on.result is derived.result
    if derived.result is Result.FOUND:
        assert rests_on.certainty is Certainty.CONFIRMED
    if derived.result is Result.NOTHING_FOUND:
        assert rests_on.method not in CANNOT_CLEAR
        assert not has_open_alarm(entries)
    if derived.result is Result.NOT_PRESENTED:
        assert not any(one.result is Result.FOUND or one.clears for one in entries)


@settings(max_examples=300)
@given(ENTRIES, st.integers(0, 7))
def test_a_look_without_a_clear_result_changes_nothing(entries: list[Entry], place: int) -> None:
    more = [*entries[:place], look("opened", "unclear"), *entries[place:]]
    assert result_of(*more) == result_of(*entries)


@settings(max_examples=300)
@given(ENTRIES)
def test_a_confirmed_report_of_the_laboratory_decides_whatever_was_there_but_another_one(entries: list[Entry]) -> None:
    others = [one for one in entries if one.method != "laboratory"]
    assert result_of(*others, LAB_FOUND) == "found"
    assert result_of(*others, LAB_CLEAN) == "nothing_found"


@settings(max_examples=300)
@given(ENTRIES)
def test_one_more_finding_never_makes_a_parcel_clean(entries: list[Entry]) -> None:
    for alarm in (XRAY_ALARM, DOG_ALARM, FIELD_TEST, OPENED_FOUND):
        if result_of(*entries) != "nothing_found":
            assert result_of(*entries, alarm) != "nothing_found"


@settings(max_examples=300)
@given(ENTRIES, st.randoms(use_true_random=False))
def test_between_different_methods_the_order_of_looks_changes_nothing(entries: list[Entry], random: object) -> None:
    looks = list({one.method: one for one in entries if one.result in LOOKED}.values())
    shuffled = list(looks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert result_of(*shuffled) == result_of(*looks)
