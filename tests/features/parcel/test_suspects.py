"""Whoever breaks a check or a rule is among its suspects: in a file nobody else is asked."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.parcel.field_checks import field_checks
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.phones import may_be_impossible, phone_is_impossible
from features.parcel.placeholders import placeholders_of
from features.parcel.reference import shipped_reference
from features.parcel.rule import ValidationRule
from features.parcel.rules import AHEAD, NOW, rules
from features.parcel.s10 import check_digit_is_wrong, has_wrong_check_digit
from features.parcel.schema import PARCEL_SCHEMA, PIECE_SCHEMA, TIME
from features.parcel.scripts import may_mix_alphabets, may_stack_marks, mixes_alphabets, stacks_marks
from features.parcel.suspects import both, rows_that_hold, suspects_of_fields, untidy
from tests.builders import MORNING

N_ROWS = 3_000
TEXTS = ("A", "Ж", "Жa", "e\u0301\u0301\u0301\u0301\u0301", "\x07", "a\nb", "é", "x" * 5_000, "--", "0", "\ufffe")
FITTING: dict[str, tuple[Any, ...]] = {
    "parcel_id": ("RB473124829US", "RB473124828US", "RB473124829ZZ", "XX473124829US", "JD-0146"),
    "country": ("DE", "ZZ", "de", "XK"),
    "currency": ("EUR", "JPY", "TWD", "XYZ"),
    "hs_code": ("850760", "770000", "8507", "85.07"),
    "phone": ("+49 171 1234567", "12", "+999 12345678", "0171 1234567", "+49", "+44 CALL NOW", "8 (916) 1234567"),
    "postcode": ("10115", "SW1A 1AA", "1011"),
    "stream": ("letter", "parcel"),
}
NUMBERS = (0, 1, 2, 49, 50, 100, 1_250, 12_000, 35_001, 1_200_000, 10**9, -1)
TIMES = (
    *(MORNING + timedelta(days=days, seconds=seconds) for days in (0, 1, 2, 400, 900) for seconds in (0, 1, -1)),
    datetime(1989, 12, 31, tzinfo=UTC),
    datetime(2101, 1, 1, tzinfo=UTC),
    MORNING + AHEAD,
)


def values_of(field: Field) -> list[Any]:
    if field.kind is Kind.INTEGER:
        return [*NUMBERS, field.minimum, field.maximum, None if field.maximum is None else field.maximum + 1]
    if field.kind is Kind.SHARE:
        return [0.0, 1.0, 1.5, float("nan")]
    if field.kind is Kind.TIME:
        return [*TIMES]
    fitting = next((texts for end, texts in FITTING.items() if field.name.endswith(end)), ())
    texts = (*fitting, *TEXTS, *field.choices, *sorted(placeholders_of(field))[::7], "y" * (field.max_length + 1))
    return [*texts]


def table_of(fields: tuple[Field, ...], dtypes: dict[str, Any], seed: int) -> pl.DataFrame:
    chance = random.Random(seed)
    pools = {field.name: values_of(field) for field in fields}
    return pl.DataFrame(
        {
            name: pl.Series([chance.choice((None, chance.choice(pool))) for _ in range(N_ROWS)], dtype=dtypes[name])
            for name, pool in pools.items()
        }
    )


@pytest.fixture(scope="module")
def pieces() -> pl.DataFrame:
    return table_of(PIECE_FIELDS, dict(PIECE_SCHEMA.to_schema()), seed=1)


@pytest.fixture(scope="module")
def parcels(pieces: pl.DataFrame) -> pl.DataFrame:
    table = table_of(PARCEL_FIELDS, dict(PARCEL_SCHEMA), seed=2).with_columns(pl.lit(MORNING, dtype=TIME).alias(NOW))
    chance = random.Random(3)
    whole = pieces.to_dicts()
    lists = [chance.choice([None, [], chance.sample(whole, k=1), chance.sample(whole, k=3)]) for _ in range(N_ROWS)]
    return table.with_columns(pl.Series("pieces", lists, dtype=PARCEL_SCHEMA["pieces"]))


@pytest.mark.parametrize(
    "rule", [one for one in rules(shipped_reference()) if one.suspects is not None], ids=lambda rule: rule.name
)
def test_who_breaks_a_rule_is_suspected(rule: ValidationRule, parcels: pl.DataFrame, pieces: pl.DataFrame) -> None:
    table = (pieces if rule.in_pieces else parcels).select(rule.reads)
    if "net_weight_g" in rule.reads:  # rules are asked about what is left by the checks of fields
        table = table.with_columns(pl.col("net_weight_g").clip(1))
    assert rule.suspects is not None
    suspects = set(rows_that_hold(table, {rule.name: rule.suspects}).get(rule.name, ()))
    broken = {row for row, record in enumerate(table.iter_rows(named=True)) if rule.broken(record)}
    assert broken
    assert broken <= suspects
    assert len(suspects) < N_ROWS


@pytest.mark.parametrize("rule", [one for one in rules(shipped_reference()) if one.needs], ids=lambda rule: rule.name)
def test_what_a_rule_need_not_be_asked_breaks_nothing(
    rule: ValidationRule, parcels: pl.DataFrame, pieces: pl.DataFrame
) -> None:
    assert rule.needs in rule.reads
    for record in (pieces if rule.in_pieces else parcels).head(300).select(rule.reads).iter_rows(named=True):
        assert not rule.broken({**record, rule.needs: None})
        if rule.among is not None:
            value = record[rule.needs]
            assert rule.broken(record) is (value is not None and value not in rule.among)


@pytest.mark.parametrize("in_pieces", [False, True])
def test_who_breaks_a_check_is_suspected(parcels: pl.DataFrame, pieces: pl.DataFrame, *, in_pieces: bool) -> None:
    table, fields = (pieces, PIECE_FIELDS) if in_pieces else (parcels, PARCEL_FIELDS)
    texts = [field.name for field in fields if field.kind is Kind.TEXT]
    suspects = both(
        rows_that_hold(table, suspects_of_fields(in_pieces=in_pieces)), rows_that_hold(table, untidy(texts))
    )
    for field in fields:
        for check in field_checks(field):
            asked = enumerate(table[field.name].to_list())
            broken = {row for row, value in asked if (value is not None or field.required) and check.broken(value)}
            assert broken <= set(suspects.get(field.name, ())), (field.name, check.code)


@given(st.text("aжα\u0300é ", max_size=9))
def test_doubtful_writing_is_suspected(text: str) -> None:
    column = pl.Series("text", [text])
    told = column.to_frame().select(may_mix_alphabets(pl.col("text")), stacks=may_stack_marks(pl.col("text"))).row(0)
    assert told >= (mixes_alphabets(text), stacks_marks(text))
    assert not mixes_alphabets(text) or told[0]
    assert not stacks_marks(text) or told[1]


@given(st.text("+0149 ()-abCD", max_size=20))
def test_impossible_phones_are_suspected(phone: str) -> None:
    told = pl.Series("phone", [phone]).to_frame().select(may_be_impossible(pl.col("phone"))).item()
    assert told or not phone_is_impossible(phone, "DE")


@given(st.from_regex("[A-Z]{2}[0-9]{9}[A-Z]{2}|[A-Z0-9]{0,14}", fullmatch=True))
def test_check_digits_are_worked_out_alike(number: str) -> None:
    told = pl.Series("number", [number]).to_frame().select(has_wrong_check_digit(pl.col("number"))).item()
    assert bool(told) is check_digit_is_wrong(number)
