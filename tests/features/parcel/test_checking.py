from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.identity import derive, derived_row
from features.parcel.checking import checked_row
from features.parcel.field_checks import MAX_PIECES
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.parcel.scripts import mixes_alphabets, stacks_marks
from features.parcel.validation import validate_parcels
from tests.builders import KEY, MORNING, a_parcel, a_piece, parcel_table
from tests.features.strange import parcels

WRONG: dict[str, Any] = {
    "stream": "boat",
    "gross_weight_g": -5,
    "lodged_at": datetime(1, 1, 1, tzinfo=UTC),
    "due_at": datetime(9999, 12, 31, tzinfo=UTC),
    "sender_name": "A\x07",
    "sender_country": "ZZ",
    "recipient_country": "deutsch",
    "recipient_name": "x" * 71,
    "parcel_id": "  ",
    "pieces": [a_piece(), a_piece(origin_country="ZZ", hs_code="61"), a_piece(origin_country="ZZ", currency="€")],
}
spoiled = st.builds(
    lambda row, wrong: row | {name: WRONG[name] for name in wrong}, parcels, st.sets(st.sampled_from(sorted(WRONG)))
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(parcels, spoiled), min_size=1, max_size=4), st.booleans())
@example([a_parcel(**WRONG), a_parcel()], False)
@example([a_parcel(parcel_id=" rb 473124829 us ", sender_name="Anna\n Muster\u2003", pieces=[a_piece()] * 2)], True)
def test_one_parcel_is_checked_as_among_others(rows: list[dict[str, Any]], fields_checked: bool):
    table = parcel_table(rows)
    reference = shipped_reference()
    together = validate_parcels(table, reference=reference, at=MORNING, fields_checked=fields_checked)
    single = [
        checked_row(row, reference=reference, at=MORNING, fields_checked=fields_checked) for row in table.to_dicts()
    ]
    assert [one.row for one in single if one.row is not None] == together.rows.to_dicts()
    for line, one in enumerate(single, start=1):
        assert list(one.rejections) == [rejection for rejection in together.rejections if rejection.line == line]
        assert (one.row is None) == bool(one.rejections)
        assert list(one.doubts) == [doubt for doubt in together.doubts if doubt.line == line]


@settings(max_examples=40, deadline=None)
@given(parcels)
def test_a_checked_parcel_is_derived_as_a_checked_table(row: dict[str, Any]):
    reference = shipped_reference()
    one = checked_row(row, reference=reference, at=MORNING, fields_checked=True).row
    table = validate_parcels(parcel_table([row]), reference=reference, at=MORNING, fields_checked=True).rows
    single = [] if one is None else [{LINE: 1, **derived_row(one, KEY, reference)}]
    assert single == derive(table, KEY, reference=reference).to_dicts()


def test_a_checked_parcel_has_every_field_and_its_flags_and_a_line_if_it_came_with_one():
    row = checked_row({"parcel_id": "P-1"}, reference=shipped_reference()).row
    assert row is not None
    assert list(row) == [*PARCEL_SCHEMA, QUALITY_FLAGS]
    numbered = checked_row({LINE: 57, "parcel_id": "P-1"}, reference=shipped_reference()).row
    assert numbered == {LINE: 57, **row}


def test_a_rejection_names_the_line_that_was_given():
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    (rejection,) = checked_row(a_parcel(line=57, lodged_at=long_ago), reference=shipped_reference()).rejections
    assert (rejection.line, rejection.field, rejection.code) == (57, "lodged_at", "range")
    (doubt,) = checked_row(a_parcel(line=57, stream="boat"), reference=shipped_reference()).doubts
    assert (doubt.line, doubt.field, doubt.code) == (57, "stream", "unknown_choice")


def test_a_field_that_the_record_does_not_have_is_refused_by_name():
    with pytest.raises(ValueError, match="colour"):
        checked_row(a_parcel(colour="red"), reference=shipped_reference())


def test_times_are_kept_in_utc():
    there = MORNING.astimezone(timezone(timedelta(hours=8)))
    row = checked_row(a_parcel(lodged_at=there), reference=shipped_reference()).row
    assert row is not None
    assert (row["lodged_at"], row["lodged_at"].utcoffset()) == (MORNING, timedelta(0))


@pytest.mark.parametrize(("n", "codes"), [(MAX_PIECES, []), (MAX_PIECES + 1, ["repeated"])])
def test_the_number_of_pieces_is_limited_and_the_first_ones_are_used(n: int, codes: list[str]):
    checked = checked_row(a_parcel(pieces=[a_piece(net_weight_g=None)] * n), reference=shipped_reference(), at=MORNING)
    assert [one.code for one in checked.doubts] == codes
    assert checked.row is not None
    assert len(checked.row["pieces"]) == MAX_PIECES


@pytest.mark.parametrize("rule", rules(shipped_reference()), ids=lambda rule: f"{rule.code}-{rule.field}")
def test_a_rule_looks_at_nothing_but_what_it_says_that_it_reads(rule: Any):
    read: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            read.add(name)
            return super().__getitem__(name)

    for row in (a_parcel(stream=None, measured_weight_g=9), {name: None for name in PARCEL_SCHEMA}):
        whole = {name: None for name in PARCEL_SCHEMA} | row | {NOW: MORNING}
        rule.broken(Watched(a_piece() if rule.in_pieces else whole))
    assert read
    assert read <= set(rule.reads)


def test_times_that_no_calendar_of_python_holds_are_dropped():
    far = pl.Series([2**61], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    table = parcel_table([a_parcel()]).with_columns(far.alias("posted_at"))
    accepted = validate_parcels(table, reference=shipped_reference(), at=MORNING)
    assert [(one.field, one.code) for one in accepted.doubts] == [("posted_at", "range")]
    assert accepted.rows["posted_at"].to_list() == [None]


def test_alphabets_are_those_of_unicode():
    letters = [chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) not in {"Cs", "Cn"}]
    pairs = pl.Series([before + letter for letter in letters for before in "aЖ"])
    pattern = r"\p{Latin}[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}]\p{Latin}"
    assert [mixes_alphabets(pair) for pair in pairs.to_list()] == pairs.str.contains(pattern).to_list()


@given(st.text("aé한\u0300\u0301\u20dd\u0488 ", max_size=14))
def test_marks_are_counted_as_a_pattern_of_unicode_counts_them(text: str):
    assert stacks_marks(text) is bool(pl.Series([text]).str.contains(r"\p{M}{5,}").item())


def test_a_value_that_a_check_dropped_is_flagged_as_missing():
    """It was there when suspects were looked for, so that only the change makes the rule ask."""
    (row,) = validate_parcels(
        parcel_table([a_parcel(gross_weight_g=-5)]), reference=shipped_reference()
    ).rows.to_dicts()
    assert row["gross_weight_g"] is None
    assert "weight_missing" in row[QUALITY_FLAGS]
