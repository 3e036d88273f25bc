"""Facts of events come back as they were written, whatever they are; what cannot be read is said in words."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.event_rows import NOTHING, Row, rows_of, table_of
from features.identity import DERIVATION
from features.log import EVENT_KIND, LOG_SCHEMA
from features.parcel.problems import StoreError
from features.parcel.schema import PIECE_SCHEMA
from serving.store import facts as stored
from serving.store import log as event_log
from serving.store.log_table import table_of as read_table
from tests.builders import a_log
from tests.features.test_log import inspected, lodged

NAMES = ("seq", "kind", "known_at", "subject_seq", "operator", "parcel_id", "facts")
INTEGERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-3, 300), st.sampled_from([-(2**63), 2**63 - 1]))
TIMES = st.integers(-(10**16), 10**16).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def values_of(dtype: Any) -> st.SearchStrategy[Any]:
    if dtype == pl.String:
        return TEXTS
    if dtype == pl.Int64:
        return INTEGERS
    if dtype == pl.Boolean:
        return st.booleans()
    if dtype == pl.Float64:
        return st.floats(allow_nan=False)
    if isinstance(dtype, pl.Datetime):
        return TIMES
    if isinstance(dtype, pl.Enum):
        return st.sampled_from(EVENT_KIND.categories.to_list())
    if isinstance(dtype, pl.Struct):
        return st.fixed_dictionaries({one.name: st.none() | values_of(one.dtype) for one in dtype.fields})
    return st.lists(values_of(dtype.inner), max_size=4)


ALWAYS = ("seq", "kind", "known_at", "subject_seq", "parcel_id")
EVENTS = st.fixed_dictionaries(
    {name: values_of(dtype) if name in ALWAYS else st.none() | values_of(dtype) for name, dtype in LOG_SCHEMA.items()}
)


def assert_comes_back(events_in: list[Row]) -> None:
    rows = [event_log._stored(event) for event in events_in]
    assert [event_log._event(row, {}) for row in rows] == events_in
    table = read_table([tuple(row[name] for name in NAMES) for row in rows])
    assert table.schema == LOG_SCHEMA
    assert table.equals(table_of(events_in))


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=3))
def test_any_events_come_back_one_by_one_and_as_a_table(some: list[Row]) -> None:
    assert_comes_back(some)


@pytest.mark.parametrize("n_pieces", [None, 0, 1, 2, 999])
def test_any_number_of_pieces_comes_back(n_pieces: int | None) -> None:
    piece = dict.fromkeys(PIECE_SCHEMA.to_schema()) | {"description": "чай 茶 ☕", "quantity": 2}
    pieces = None if n_pieces is None else [dict(piece, value_cents=number) for number in range(n_pieces)]
    assert_comes_back([{**lodged_events()[0], "pieces": pieces}])


def lodged_events() -> list[Row]:
    return rows_of(
        a_log([lodged("A", 1, sender_name="Мария", recipient_phone="+49 30 1"), lodged("B", 2)], [inspected("A", 3)])
    )


def test_an_event_of_which_nothing_else_is_known_comes_back() -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC)
    nothing = {**NOTHING, "seq": 1, "kind": "parcel", "known_at": at, "subject_seq": 1, "parcel_id": "P-1"}
    assert_comes_back([nothing, {**nothing, "seq": 2, "kind": "retraction"}])


def test_more_events_than_are_unpacked_at_once_come_back_in_order() -> None:
    (event,) = lodged_events()[:1]
    assert_comes_back([{**event, "seq": seq, "sender_key": -seq} for seq in range(1, 2_502)])


def test_facts_take_a_tenth_of_what_they_took_as_text() -> None:
    assert all(len(stored.packed(event)) < 350 for event in lodged_events())


def test_every_column_of_the_log_has_its_place() -> None:
    own = {"seq", "kind", "known_at", "subject_seq", "operator", "parcel_id"}
    assert set(stored.COLUMNS) | own == set(LOG_SCHEMA)
    assert list(PIECE_SCHEMA.to_schema()) == list(stored.PIECE)


def test_the_order_of_format_1_is_frozen() -> None:
    """Events that are stored are read by it for ever; new names are appended, and the number grows with them."""
    assert (
        hashlib.sha256(" ".join((*stored.COLUMNS[:102], *stored.PIECE)).encode()).hexdigest()[:16] == "03b2853ba9895749"
    )
    assert hashlib.sha256(stored._DICTIONARY.as_bytes()).hexdigest()[:16] == "911dae9f581f280e"


def test_facts_that_were_written_before_a_column_was_added_lack_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (event,) = lodged_events()[:1]
    before = stored.packed(event)
    monkeypatch.setattr(stored, "VALUES", (*stored.VALUES, "new_fact"))
    monkeypatch.setattr(stored, "COLUMNS", (*stored.COLUMNS, "new_fact"))
    assert stored.unpacked(before, 1)["new_fact"] is None
    (row,) = stored.unpacked_rows([before], [1])
    assert row[-1] is None
    assert len(row) == len(stored.COLUMNS)


def test_events_carry_the_version_of_their_derivation() -> None:
    assert stored.packed(lodged_events()[0])[1] == DERIVATION


@pytest.mark.parametrize("first", [0, 3, 255])
def test_a_format_that_is_not_known_is_refused_in_words(first: int) -> None:
    strange = bytes([first]) + stored.packed(lodged_events()[0])[1:]
    with pytest.raises(StoreError, match=rf"event 17 of the log is stored in format {first}; .*Install the program"):
        stored.unpacked(strange, 17)
    with pytest.raises(StoreError, match="event 17"):
        list(stored.unpacked_rows([strange], [17]))


@pytest.mark.parametrize("n_bytes", [0, 1, 3, 20, -1])
def test_facts_that_are_cut_off_are_refused_in_words(n_bytes: int) -> None:
    cut = stored.packed(lodged_events()[0])[:n_bytes]
    with pytest.raises(StoreError, match="event 17 of the log"):
        stored.unpacked(cut, 17)
