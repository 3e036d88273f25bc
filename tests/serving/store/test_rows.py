"""Feature rows: digests for ever, rows for a while or for ever; what cannot be read is said in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from features.catalogue import catalogue
from features.event_rows import rows_of
from features.parcel.problems import StoreError
from features.reasons import Reason
from features.words import FEATURE
from serving.store import Connection, Scored, Store
from serving.store import log as event_log
from serving.store.database import note, noted
from serving.store.rows import compressed, digests_of, is_due, row_of, sweep
from serving.store.scores import all_scores, insert_scores, scores_of
from serving.store.tables import audit, events
from tests.builders import a_log
from tests.features.test_log import inspected, lodged

NAMES = catalogue().names
DAY_US = 86_400_000_000
REASON = Reason(family="sender", feature=NAMES[0], value=1.0, typical=None, lane=None, weight=0.5)


def scored(seq: int, **changes: Any) -> Scored:
    row = np.random.default_rng(seq).normal(size=len(NAMES))
    row[::7] = np.nan
    values: dict[str, Any] = {
        "seq": seq,
        "content": f"{seq:032x}",
        "scored_at": seq * DAY_US,
        "fingerprint": catalogue().fingerprint,
        "features": row,
        "bundle_id": "b-1",
        "raw_score": -1.5,
        "probability": 0.1,
        "flow_share": 0.5,
        "referral": "release",
        "cause": "none",
        "propensity": 0.1,
        "degraded": None,
    }
    return Scored(**(values | changes))


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A store with the events of nine parcels and of an outcome of the seventh."""
    with Store(url) as store, store.begin() as connection:
        log = a_log([lodged(f"P-{number}", number) for number in range(9)], [inspected("P-6", 30)])
        event_log.append(connection, rows_of(log))
        yield connection


def test_scores_come_back_as_they_were_given(connection: Connection) -> None:
    given = [scored(1), scored(2, bundle_id=None, raw_score=None, degraded="reference model", policy_id="p")]
    given.append(scored(3, reasons=(REASON,)))
    insert_scores(connection, given, NAMES)
    insert_scores(connection, [scored(4)], NAMES)
    found = scores_of(connection, [1, 2, 3], with_rows=True)
    for before in given:
        after = found[before.seq]
        assert after.features is not None
        assert after.features.tobytes() == before.features.tobytes()
        assert replace(after, features=None) == replace(before, features=None)
    assert all(one.features is None for one in scores_of(connection, [1, 2]).values())
    assert sorted(all_scores(connection)) == [1, 2, 3, 4]


def test_rows_are_removed_when_they_are_old_unless_somebody_acted_on_the_parcel(connection: Connection) -> None:
    changes: dict[int, dict[str, Any]] = {
        2: {"referral": "open", "cause": "score"},
        3: {"cause": "random"},
        4: {"referral": "ask_operator"},
        5: {"reasons": (REASON,)},
        6: {"referral": "not_assessed"},
    }
    insert_scores(connection, [scored(seq, **changes.get(seq, {})) for seq in range(1, 10)], NAMES)
    while sweep(connection, before_us=9 * DAY_US, limit=3):
        pass
    assert rows_left(connection) == [2, 3, 4, 5, 7, 9]
    sweep(connection, before_us=10 * DAY_US, limit=3)
    assert rows_left(connection) == [2, 3, 4, 5, 7]
    assert sorted(all_scores(connection)) == list(range(1, 10))


def rows_left(connection: Connection) -> list[int]:
    return sorted(seq for seq, one in all_scores(connection).items() if one.features is not None)


def test_a_sweep_says_whether_there_is_more(connection: Connection) -> None:
    insert_scores(connection, [scored(seq) for seq in range(1, 10)], NAMES)
    assert [is_due(connection, before_us=at * DAY_US) for at in (1, 2, 8)] == [False, True, True]
    assert [sweep(connection, before_us=8 * DAY_US, limit=5) for _ in range(3)] == [True, False, False]
    assert [is_due(connection, before_us=at * DAY_US) for at in (8, 9)] == [False, True]
    assert rows_left(connection) == [7, 8, 9]


def test_a_digest_knows_every_bit_but_those_that_the_model_fills_in() -> None:
    row = np.random.default_rng(1).normal(size=len(NAMES))
    (digest,) = digests_of([row], NAMES)
    learned = NAMES.index(FEATURE)
    for column in range(len(NAMES)):
        other = row.copy()
        other.view(np.int64)[column] ^= 1
        assert (digests_of([other], NAMES) == [digest]) == (column == learned)
    assert len(digest) == 16
    assert digests_of([row], None) != [digest]


@pytest.mark.parametrize("stored", [b"", b"\x02abc", b"\x01", b"\x01abc"])
def test_a_row_that_cannot_be_read_is_refused_in_words(stored: bytes) -> None:
    with pytest.raises(StoreError, match="feature row of parcel event 7 is"):
        row_of(stored, 7)


def test_a_row_comes_back_to_the_bit() -> None:
    row = np.array([np.nan, -0.0, 5e-324, np.inf, 1.7976931348623157e308, 1 / 3])
    found = row_of(compressed(row), 1)
    assert found is not None
    assert found.tobytes() == row.tobytes()


def test_what_is_about_other_events_is_found_by_the_slim_index(sqlite_url: str) -> None:
    query = select(events.c.seq).where(events.c.kind == "outcome", events.c.subject_seq.in_([1, 2]))
    with Store(sqlite_url) as store, store.begin_read() as connection:
        words = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()
    assert "USING INDEX events_by_subject" in str(plan)


def test_consecutive_numbers_are_one_row_of_the_audit(connection: Connection) -> None:
    for seqs in ([1, 2, 3, 5, 9, 8], [], [4]):
        note(connection, at_us=1, client_id="post", action="scored", seqs=seqs)
    rows = connection.execute(select(audit.c.seq, audit.c.until_seq).order_by(audit.c.id)).all()
    assert [tuple(row) for row in rows] == [(1, 3), (5, None), (9, None), (8, None), (None, None), (4, None)]
    assert noted(connection, "scored") == [1, 2, 3, 5, 9, 8, 4]
