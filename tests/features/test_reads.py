"""A damaged value changes only features that read it, so that a model's rank changes through nothing else.

That every format gives the same record but for the damaged field, and one doubt that names it, is shown by
`tests.features.sources.test_damage`; here the record goes on through derivation, history and the feature row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from features.bundle import Bundle, load
from features.declared.declare import Floats
from features.event_rows import Row, parcel_row
from features.history import Engine
from features.identity import DERIVED_SCHEMA, derived_row
from features.parcel.checking import checked_row
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import shipped_reference
from features.replay import feature_rows
from parcel_risk.reference import FOLDER as REFERENCE
from tests.builders import KEY, MORNING, a_log, a_parcel, a_piece
from tests.features.reads import FIELDS, columns_made_of, columns_read
from tests.features.sources.test_damage import FIELDS as OPTIONAL
from tests.features.sources.test_damage import IN_PIECES, damages

FULL: dict[str, Any] = {
    "sender_number": "12",
    "sender_city": "Chicago",
    "sender_phone": "+13125550142",
    "sender_email": "trading@example.com",
    "recipient_phone": "+4930901820",
    "recipient_email": "anna@example.org",
    "recipient_additional": "Flat 3",
    "transit_offices": "NLAMSA",
    "insured_value_cents": 9_900,
    "insured_currency": "USD",
    "postage_currency": "USD",
    "order_reference": "PO-1",
    "marketplace": "shop",
    "tax_regime": "12",
    "tax_rate_bp": 1_900,
    "receptacle_id": "USORDADEFRAAAUN60001001000045",
}
"""So much of a parcel that most features have something to read."""


def whole_parcel(**changes: Any) -> dict[str, Any]:
    pieces = [a_piece(), a_piece(description="leather belt", hs_code="420330", value_cents=1_200, origin_country="IT")]
    return a_parcel(**{"pieces": pieces, **FULL, **changes})


def changes_of(name: str) -> list[dict[str, Any]]:
    """A parcel without a field, and with each kind of damage to it."""
    if name in OPTIONAL:
        return [{name: value} for value in (None, *damages(OPTIONAL[name]))]
    values = (None, *damages(IN_PIECES[name]))
    rest = whole_parcel()["pieces"][1:]
    return [{"pieces": [a_piece(**{name: value}), *rest]} for value in values]


def derived(parcel: dict[str, Any]) -> Row:
    checked = checked_row(parcel, reference=shipped_reference(), at=MORNING)
    assert checked.row is not None
    return parcel_row(derived_row(checked.row, KEY, shipped_reference()), MORNING)


@pytest.fixture(scope="module")
def past() -> Engine:
    """A history that knows the parties, the goods and the lane of the parcel."""
    before = [
        whole_parcel(
            parcel_id=f"P-{day}", lodged_at=MORNING - timedelta(days=day), posted_at=None, due_at=None, **change
        )
        for day, change in enumerate(({}, {"sender_phone": None}, {"recipient_name": "Otto"}, {}), start=1)
    ]
    engine = Engine()
    engine.advance(a_log(before, [{"parcel_id": "P-4", "result": "found", "known_at": MORNING - timedelta(days=3)}]))
    return engine


@pytest.fixture(scope="module")
def model() -> Bundle:
    return load(REFERENCE, trusted=None)


def row_of(event: Row, past: Engine) -> Floats:
    staging = past.staging()
    return feature_rows([{**event, "seq": past.last_seq + 1, "subject_seq": past.last_seq + 1}], staging).values[0]


@pytest.mark.parametrize("name", sorted({*OPTIONAL, *IN_PIECES}))
def test_a_damaged_value_changes_only_what_is_made_of_it_and_features_that_read_that(
    name: str, past: Engine, model: Bundle
) -> None:
    whole = derived(whole_parcel())
    made = columns_made_of(name) | {QUALITY_FLAGS}
    may_change = np.array([bool(columns & made) for columns in columns_read().values()])
    before = row_of(whole, past)
    for change in changes_of(name):
        event = derived(whole_parcel(**change))
        assert {one for one in event if event[one] != whole[one]} <= made | {"pieces"}
        after = row_of(event, past)
        assert after[~may_change].tobytes() == before[~may_change].tobytes()
        others = np.where(may_change, before, after)
        assert model.raw(others[np.newaxis]).tobytes() == model.raw(before[np.newaxis]).tobytes()


def test_most_features_read_no_given_field() -> None:
    """Else the test above would prove nothing."""
    shares = {
        name: np.mean([bool(columns & columns_made_of(name)) for columns in columns_read().values()])
        for name in (*OPTIONAL, *IN_PIECES)
    }
    assert sorted(shares.values())[len(shares) // 2] < 0.05
    assert max(shares.values()) < 0.9


def test_the_table_names_fields_and_columns_that_there_are() -> None:
    known = {*derived(whole_parcel()), *FIELDS}
    assert {column for name in (*OPTIONAL, *IN_PIECES) for column in columns_made_of(name)} <= known
    assert set().union(*columns_read().values()) <= known


@pytest.mark.parametrize("column", [name for name in DERIVED_SCHEMA if name != "n_pieces"])
def test_every_derived_column_is_made_of_some_field(column: str) -> None:
    assert any(column in columns_made_of(name) for name in (*OPTIONAL, *IN_PIECES)), column
