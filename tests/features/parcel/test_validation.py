from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.parcel.field_checks import MAX_PIECES
from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.problems import Doubt, Rejection, Remark
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA
from features.parcel.validation import validate_outcomes, validate_parcels
from tests.builders import MORNING, a_parcel, a_piece, outcome_table, parcel_table

MARKER = "Zwergnase"


def rejections(*rows: dict[str, Any]) -> list[Rejection]:
    return list(validate_parcels(parcel_table(list(rows)), reference=shipped_reference()).rejections)


def remarks(*rows: dict[str, Any]) -> list[Remark]:
    """What is said of values that break a check: the rows are used unless they cannot be identified or dated."""
    accepted = validate_parcels(parcel_table(list(rows)), reference=shipped_reference())
    assert {one.field for one in accepted.rejections} <= {"parcel_id", "lodged_at"}
    return [*accepted.rejections, *accepted.doubts]


def doubts(*rows: dict[str, Any]) -> list[Doubt]:
    accepted = validate_parcels(parcel_table(list(rows)), reference=shipped_reference())
    assert accepted.rejections == ()
    return list(accepted.doubts)


def faults(field: Field) -> dict[str, Any]:
    """A broken value of `field` for every check that its declaration implies."""
    broken: dict[str, Any] = {}
    if field.required:
        broken["required"] = None
    if field.kind is Kind.TEXT:
        if not field.choices and not (field.pattern and field.max_length <= 3):  # codes are malformed instead
            broken["text_cut" if field.is_prose else "too_long"] = "A" * (field.max_length + 1)
        if field.choices:
            broken["unknown_choice"] = "cheese"[: field.max_length]
        if field.pattern:
            broken["malformed"] = "é"
    elif field.maximum is not None and field.minimum is not None:
        broken["range"] = field.minimum - 1
    return broken


def cases(fields: tuple[Field, ...]) -> list[Any]:
    return [
        pytest.param(field, code, value, id=f"{field.name}-{code}")
        for field in fields
        for code, value in faults(field).items()
    ]


def assert_told(told: list[Any], *, line: int, field: str, code: str) -> None:
    mine = [rejection for rejection in told if rejection.code == code]
    assert [(rejection.line, rejection.field) for rejection in mine] == [(line, field)]
    assert mine[0].reason.endswith(".")
    assert mine[0].remedy.endswith(".")


@pytest.mark.parametrize(("field", "code", "value"), cases(PARCEL_FIELDS))
def test_every_broken_field_of_a_parcel_is_named_with_line_reason_and_remedy(field: Field, code: str, value: Any):
    told = remarks(a_parcel(), a_parcel(**{field.name: value}), a_parcel())
    assert_told(told, line=2, field=field.name, code=code)


@pytest.mark.parametrize(("field", "code", "value"), cases(PIECE_FIELDS))
def test_every_broken_field_of_a_piece_is_named_with_the_number_of_the_piece(field: Field, code: str, value: Any):
    told = remarks(a_parcel(), a_parcel(pieces=[a_piece(), a_piece(**{field.name: value})]))
    assert_told(told, line=2, field=f"piece_2.{field.name}", code=code)


@pytest.mark.parametrize(("field", "code", "value"), cases(OUTCOME_FIELDS))
def test_every_broken_field_of_an_outcome_is_named(field: Field, code: str, value: Any):
    row = {"parcel_id": "P-1", "operator": "post-a", "result": "found"} | {field.name: value}
    told = list(validate_outcomes(outcome_table([row])).rejections)
    assert_told(told, line=1, field=field.name, code=code)


@pytest.mark.parametrize(
    "field", [field for field in PARCEL_FIELDS if field.minimum is not None], ids=lambda field: field.name
)
def test_both_ends_of_a_range_are_inside_it(field: Field):
    told = doubts(
        a_parcel(**{field.name: int(field.minimum or 0)}),
        a_parcel(**{field.name: int(field.maximum or 0)}),
        a_parcel(**{field.name: int(field.maximum or 0) + 1}),
    )
    assert [(doubt.line, doubt.code) for doubt in told] == [(3, "range")]


@pytest.mark.parametrize("blank", ["", "   ", None])
def test_an_identifier_of_blanks_is_a_missing_one(blank: str | None):
    assert "required" in [rejection.code for rejection in rejections(a_parcel(parcel_id=blank))]


def test_a_share_that_is_not_a_number_is_refused():
    row = {"parcel_id": "P-1", "result": "found", "propensity": float("nan")}
    assert [rejection.code for rejection in validate_outcomes(outcome_table([row])).rejections] == ["range"]


def test_one_bad_row_never_stops_the_others():
    accepted = validate_parcels(
        parcel_table([a_parcel(), a_parcel(parcel_id=None), a_parcel()]), reference=shipped_reference()
    )
    assert accepted.rows[LINE].to_list() == [1, 3]
    assert [rejection.line for rejection in accepted.rejections] == [2]


def test_a_row_with_several_faults_is_told_all_of_them():
    told = doubts(a_parcel(stream="boat", gross_weight_g=0, pieces=[a_piece(hs_code="61"), a_piece(quantity=0)]))
    assert {(doubt.field, doubt.code) for doubt in told} == {
        ("stream", "unknown_choice"),
        ("gross_weight_g", "range"),
        ("piece_1.hs_code", "malformed"),
        ("piece_2.quantity", "range"),
    }


def test_a_rejection_names_the_line_of_the_file_and_not_the_place_in_the_table():
    rows = parcel_table([a_parcel(), a_parcel(parcel_id="é")]).with_columns(pl.Series(LINE, [40, 57]))
    assert [rejection.line for rejection in validate_parcels(rows, reference=shipped_reference()).rejections] == [57]


def test_more_pieces_than_a_consignment_may_have_are_counted_and_the_first_ones_used():
    told = doubts(a_parcel(pieces=[a_piece()] * MAX_PIECES), a_parcel(pieces=[a_piece()] * (MAX_PIECES + 1)))
    assert [(doubt.line, doubt.field, doubt.code) for doubt in told] == [(2, "pieces", "repeated")]
    assert "1,000 pieces" in told[0].reason


def test_accepted_rows_have_the_schema_of_the_record_between_line_and_flags():
    rows = validate_parcels(parcel_table([a_parcel()]), reference=shipped_reference()).rows
    assert rows.columns == [LINE, *PARCEL_SCHEMA.names(), QUALITY_FLAGS]
    assert rows.select(PARCEL_SCHEMA.names()).schema == PARCEL_SCHEMA
    assert validate_outcomes(outcome_table([{"parcel_id": "P", "result": "found"}])).rows.columns == [
        LINE,
        *OUTCOME_SCHEMA.names(),
    ]


def test_an_empty_table_is_accepted_as_empty():
    accepted = validate_parcels(parcel_table([a_parcel()]).clear(), reference=shipped_reference())
    assert accepted.rows.height == 0
    assert accepted.rejections == ()
    assert QUALITY_FLAGS in accepted.rows.columns


def test_a_parcel_with_nothing_but_its_identifier_is_usable():
    accepted = validate_parcels(pl.DataFrame({"parcel_id": ["P-1"]}), reference=shipped_reference())
    assert accepted.rejections == ()
    assert accepted.rows["gross_weight_g"].to_list() == [None]


def test_fields_that_the_door_has_checked_are_not_checked_again_but_flags_are_raised():
    accepted = validate_parcels(
        parcel_table([a_parcel(stream="boat", gross_weight_g=None)]), fields_checked=True, reference=shipped_reference()
    )
    assert accepted.rejections == ()
    assert accepted.rows[QUALITY_FLAGS].to_list() == [["weight_missing"]]


def test_a_printed_identifier_is_tidied_before_it_is_checked():
    accepted = validate_parcels(parcel_table([a_parcel(parcel_id=" rb 473124829 us ")]), reference=shipped_reference())
    assert accepted.rows["parcel_id"].to_list() == ["RB473124829US"]


def _spoiled(field: Field) -> st.SearchStrategy[str]:
    """Faulty texts for a personal field, every one with the marker in it."""
    return st.sampled_from(
        [f"{MARKER}\x00", f"\x1b{MARKER}", MARKER * (1 + field.max_length // len(MARKER)), f"{MARKER}\x7f" * 300]
    )


PERSONAL_OF_PARCELS = [field for field in PARCEL_FIELDS if field.personal]
PERSONAL_OF_OUTCOMES = [field for field in OUTCOME_FIELDS if field.personal]


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={field.name: _spoiled(field) for field in PERSONAL_OF_PARCELS}))
def test_a_doubt_never_gives_away_a_personal_text(spoiled: dict[str, str]):
    told = doubts(a_parcel(**spoiled))
    assert {doubt.field for doubt in told} == set(spoiled)
    assert MARKER not in "".join(str(doubt.as_dict()) for doubt in told)


@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({field.name: _spoiled(field) for field in PERSONAL_OF_OUTCOMES}))
def test_a_rejected_outcome_never_gives_away_a_personal_text(spoiled: dict[str, str]):
    told = validate_outcomes(outcome_table([{"parcel_id": "P", "result": "found", "known_at": MORNING} | spoiled]))
    assert {rejection.field for rejection in told.rejections} == set(spoiled)
    assert MARKER not in "".join(map(str, told.rejections))


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(
        [(field, code, value) for field in PARCEL_FIELDS if not field.personal for code, value in faults(field).items()]
    )
)
def test_a_fault_elsewhere_in_the_row_never_gives_away_a_personal_text(fault: tuple[Field, str, Any]):
    field, code, value = fault
    names = {other.name: MARKER[: other.max_length] for other in PERSONAL_OF_PARCELS if other is not field}
    told = remarks(a_parcel(**names, **{field.name: value}))
    assert code in {remark.code for remark in told}
    assert MARKER not in "".join(map(str, told))
