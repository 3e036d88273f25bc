from __future__ import annotations

import re
from datetime import datetime

import polars as pl
import pytest

from features.parcel.field_checks import field_checks
from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind, Quantity
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA, PIECE_SCHEMA, TIME

RECORDS = {"parcel": PARCEL_FIELDS, "piece": PIECE_FIELDS, "outcome": OUTCOME_FIELDS}
SCHEMAS = {"parcel": PARCEL_SCHEMA, "piece": PIECE_SCHEMA.to_schema(), "outcome": OUTCOME_SCHEMA}
DTYPES = {Kind.TEXT: pl.String(), Kind.INTEGER: pl.Int64(), Kind.TIME: TIME, Kind.SHARE: pl.Float64()}
UNIT_ENDINGS = {
    Quantity.MASS: "_g",
    Quantity.LENGTH: "_mm",
    Quantity.MONEY: "_cents",
    Quantity.COUNT: "",
    Quantity.RATE: "_bp",
}

every_field = pytest.mark.parametrize(
    ("record", "field"),
    [
        pytest.param(record, field, id=f"{record}.{field.name}")
        for record, fields in RECORDS.items()
        for field in fields
    ],
)


@every_field
def test_every_field_is_explained_in_one_sentence(record: str, field: Field):
    assert re.fullmatch(r"[A-Z].{5,}\.", field.says), f"{record}.{field.name} says {field.says!r}"
    assert "{" not in field.says


@every_field
def test_every_example_passes_the_checks_of_its_own_field(record: str, field: Field):
    if field.example is None:
        return
    value = datetime.fromisoformat(str(field.example)) if field.kind is Kind.TIME else field.example
    assert pl.Series([value], dtype=DTYPES[field.kind], strict=True).to_list() == [value]
    assert [check.code for check in field_checks(field) if check.broken(value)] == []


@every_field
def test_every_column_of_the_schema_has_the_type_of_its_field(record: str, field: Field):
    assert SCHEMAS[record][field.name] == DTYPES[field.kind]


@every_field
def test_every_integer_says_what_it_measures_and_has_a_range(record: str, field: Field):
    if field.kind is not Kind.INTEGER:
        assert field.quantity is None
        return
    assert field.quantity is not None
    assert field.name.endswith(UNIT_ENDINGS[field.quantity])
    assert field.minimum is not None
    assert field.maximum is not None
    assert 0 <= field.minimum < field.maximum


@every_field
def test_every_choice_fits_the_length_of_its_field(record: str, field: Field):
    assert all(0 < len(choice) <= field.max_length for choice in field.choices)


@pytest.mark.parametrize("record", RECORDS)
def test_names_of_a_record_mean_one_field_each(record: str):
    names = [field.name for field in RECORDS[record]]
    assert len(names) == len(set(names))


def test_the_schema_holds_the_fields_in_their_order_and_nothing_else():
    assert PARCEL_SCHEMA.names() == [*(field.name for field in PARCEL_FIELDS), "pieces"]
    assert PARCEL_SCHEMA["pieces"] == pl.List(PIECE_SCHEMA)
    assert OUTCOME_SCHEMA.names() == [field.name for field in OUTCOME_FIELDS]


@pytest.mark.parametrize("role", ["sender", "recipient"])
def test_all_that_names_a_party_is_personal_and_its_country_is_not(role: str):
    personal = {field.name: field.personal for field in PARCEL_FIELDS if field.name.startswith(f"{role}_")}
    assert personal.pop(f"{role}_country") is False
    assert len(personal) == 12
    assert all(personal.values())


def test_the_officer_and_the_order_reference_are_personal():
    fields = {field.name: field for field in (*PARCEL_FIELDS, *OUTCOME_FIELDS)}
    assert fields["officer"].personal
    assert fields["order_reference"].personal
    assert fields["declarant_id"].personal


@pytest.mark.parametrize(
    ("name", "unit"), [("gross_weight_g", "g"), ("length_mm", "mm"), ("lodged_at", "UTC"), ("sender_name", "")]
)
def test_the_unit_is_the_one_that_the_docs_show(name: str, unit: str):
    assert next(field for field in PARCEL_FIELDS if field.name == name).unit == unit


def test_only_the_identifier_is_required_of_a_parcel():
    assert [field.name for field in PARCEL_FIELDS if field.required] == ["parcel_id"]
    assert [field.name for field in OUTCOME_FIELDS if field.required] == ["parcel_id", "result"]
