"""One optional value of a parcel is damaged: in every format the parcel is used and one doubt names the field."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.identity import derived_row
from features.parcel.checking import checked_row
from features.parcel.damage import DAMAGE
from features.parcel.field_checks import IDENTIFYING
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS, Field, Kind
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources import Adapter, Content
from features.sources.reading import read_parcels
from features.sources.registry import adapters
from tests.builders import KEY, MORNING, a_parcel, a_piece, parcel_table
from tests.manifests import written

PARCELS = [adapter for adapter in adapters().values() if adapter.content is Content.PARCELS]
FIELDS = {field.name: field for field in PARCEL_FIELDS if field.name not in IDENTIFYING}
IN_PIECES = {field.name: field for field in PIECE_FIELDS}
_FAR = datetime(2099, 1, 1, tzinfo=UTC)


def damages(field: Field) -> list[Any]:
    """Values of the type of a field that cannot be used as they are."""
    if field.kind is Kind.INTEGER:
        return [int(field.maximum or 0) + 1, *([0] if (field.minimum or 0) > 0 else [])]
    if field.kind is Kind.TIME:
        return [_FAR]
    form = ["?!"] if field.pattern or field.choices else []
    return ["N/A", *form, *(["y" * (field.max_length + 1)] if field.max_length > 3 and not field.choices else [])]


def damaged(adapter: Adapter) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name of each field that a format carries, a parcel with a damaged value of it, and one without that value."""
    cases = []
    for name in sorted(adapter.carries & FIELDS.keys() - {"operator"}):
        for value in damages(FIELDS[name]):
            cases.append((name, {name: value}, {name: None}))
    for name in sorted(adapter.carries_in_pieces):
        for value in damages(IN_PIECES[name]):
            pieces = [[a_piece(**{name: one}), a_piece(net_weight_g=1)] for one in (value, None)]
            cases.append((f"piece_1.{name}", {"pieces": pieces[0]}, {"pieces": pieces[1]}))
    return cases


def table_of(changes: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [a_parcel(parcel_id=f"P-{number}", **change) for number, change in enumerate(changes, start=100)]
    return parcel_table(rows).drop(LINE)


def is_carried(adapter: Adapter, value: dict[str, Any], without: dict[str, Any]) -> bool:
    """Whether the format has a way to write the damaged value at all."""
    return written(adapter, table_of([value])) != written(adapter, table_of([without]))


@pytest.mark.parametrize("adapter", PARCELS, ids=lambda adapter: adapter.name)
def test_a_damaged_value_never_costs_the_parcel_and_is_named_once(adapter: Adapter) -> None:
    cases = [case for case in damaged(adapter) if is_carried(adapter, *case[1:])]
    assert len(cases) > 40
    files = (written(adapter, table_of([case[part] for case in cases])) for part in (1, 2))  # type: ignore[misc]
    hurt, whole = (list(read_parcels(adapter, io.BytesIO(data), reference=shipped_reference())) for data in files)
    assert [one for reading in hurt for one in reading.rejections] == []
    rows, others = (pl.concat([reading.parcels for reading in part]).to_dicts() for part in (hurt, whole))
    assert len(rows) == len(others) == len(cases)
    doubts = [one for reading in hurt for one in reading.doubts]
    for (name, *_), row, other in zip(cases, rows, others, strict=True):
        mine = [one for one in doubts if one.line == row[LINE]]
        assert [one.field for one in mine] == [name]
        assert set(row[QUALITY_FLAGS]) & DAMAGE.keys()
        assert _but(row, name) == _but(other, name)


def _but(row: dict[str, Any], name: str) -> dict[str, Any]:
    """A row without a field, its line and its flags: features that do not read these are those of the other row."""
    piece, _, bare = name.rpartition(".")
    rest = {key: value for key, value in row.items() if key not in (LINE, QUALITY_FLAGS, bare if not piece else "")}
    if piece:
        rest["pieces"] = [{key: value for key, value in one.items() if key != bare} for one in row["pieces"]]
    return rest


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(FIELDS)),
    st.one_of(st.text(max_size=600), st.integers(-(2**62), 2**62), st.datetimes(timezones=st.just(UTC))),
)
def test_no_value_whatever_costs_the_parcel(name: str, value: Any) -> None:
    kinds: dict[Kind, type] = {Kind.TEXT: str, Kind.INTEGER: int, Kind.TIME: datetime}
    if not isinstance(value, kinds[FIELDS[name].kind]):
        value = {Kind.TEXT: "?", Kind.INTEGER: -1, Kind.TIME: _FAR}[FIELDS[name].kind]
    checked = checked_row(a_parcel(**{name: value}), reference=shipped_reference(), at=MORNING)
    assert checked.row is not None
    assert {one.field for one in checked.doubts} <= {name}
    assert len(checked.doubts) <= 1
    assert derived_row(checked.row, KEY, shipped_reference()).keys() > PARCEL_SCHEMA.keys() - FIELDS.keys()
