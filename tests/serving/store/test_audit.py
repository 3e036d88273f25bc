"""The tree over the audit on both databases: order, gaps, and who writes at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from features.parcel.problems import StoreError
from serving.store import Store, audit
from serving.store.audit import entries, every_entry, grow, insert_at, leaves, nodes, tree_size
from serving.store.database import note
from serving.tlog.entries import Entry, void
from serving.tlog.tree import Frontier, root


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as store:
        yield store


def write(store: Store, n: int, *, is_kept: bool = True) -> None:
    """Entries of one transaction, which is committed or not."""

    class GivenUp(Exception):
        pass

    try:
        with store.begin() as connection:
            for i in range(n):
                note(connection, at_us=i, client_id="officer-7", action="viewed", seqs=[i])
            if not is_kept:
                raise GivenUp
    except GivenUp:
        return


def test_the_tree_is_that_of_the_entries_in_whatever_portions_it_grew(store: Store) -> None:
    write(store, 600)
    for portion in (1, 255, 1_000):
        with store.begin() as connection:
            grow(connection, portion)
    with store.begin_read() as connection:
        edge = Frontier()
        for one in every_entry(connection):
            edge.append(one.leaf())
        assert tree_size(connection) == edge.size == 600
        assert root(600, nodes(connection)) == edge.root()
        assert list(leaves(connection)) == [one.leaf() for one in every_entry(connection)]


def test_a_number_that_was_lost_gets_a_leaf_that_says_so(store: Store) -> None:
    write(store, 2)
    write(store, 3, is_kept=False)
    write(store, 1)
    with store.begin() as connection:
        n_lost = 3 if connection.dialect.name == "postgresql" else 0
        grow(connection)
        assert tree_size(connection) == 3 + n_lost
        assert [one.is_void for one in every_entry(connection)] == [False, False, *[True] * n_lost, False]
        assert list(leaves(connection))[2:-1] == [void(number).leaf() for number in range(3, 3 + n_lost)]


def test_no_smaller_number_appears_behind_the_tree(store: Store) -> None:
    """A transaction that took its number first and is committed last is in the tree, or the tree waits for it."""
    write(store, 1)
    begun, grown = threading.Event(), threading.Event()

    def slowly() -> None:
        with store.begin() as connection:
            note(connection, at_us=0, client_id="slow", action="viewed", seqs=[])
            begun.set()
            assert not grown.wait(0.3)

    thread = threading.Thread(target=slowly)
    thread.start()
    begun.wait()
    with store.begin() as connection:
        grow(connection)
        grown.set()
    thread.join()
    write(store, 1)
    with store.begin() as connection:
        grow(connection)
        assert tree_size(connection) == 3
        assert list(leaves(connection)) == [one.leaf() for one in every_entry(connection)]
        assert [one.who for one in every_entry(connection)] == ["officer-7", "slow", "officer-7"]


def test_an_entry_under_its_own_number_is_followed_by_larger_ones_only(store: Store) -> None:
    write(store, 2)
    with store.begin() as connection:
        insert_at(connection, Entry(number=700, at=1, who="sue", action="audit entries lost"))
    write(store, 1)
    with store.begin() as connection:
        while grow(connection, 100):
            pass
        assert tree_size(connection) == 701
        assert list(leaves(connection)) == [one.leaf() for one in every_entry(connection)]


def test_a_jump_of_the_numbers_is_refused(store: Store) -> None:
    write(store, 1)
    with store.begin() as connection:
        grow(connection)
        connection.execute(text("INSERT INTO audit (id, at, client_id, action) VALUES (2000000000, 1, 'x', 'viewed')"))
    with pytest.raises(StoreError, match="numbers of the audit jump behind 1"), store.begin() as connection:
        grow(connection)


def test_entries_are_found_by_who_what_when_and_event(store: Store) -> None:
    with store.begin() as connection:
        note(connection, at_us=10, client_id="ana", action="rule", seqs=[], detail="r-1")
        note(connection, at_us=20, client_id="post", action="scored", seqs=[4, 5, 6, 9])
        note(connection, at_us=30, client_id="ana", action="viewed", seqs=[5])

    def numbers(**filters: object) -> list[int]:
        with store.begin_read() as connection:
            return [one.number for one in entries(connection, limit=10, **filters)]  # type: ignore[arg-type]

    assert numbers() == [1, 2, 3, 4]
    assert numbers(after=2) == [3, 4]
    assert numbers(is_newest_first=True) == [4, 3, 2, 1]
    assert numbers(who="ana", action="viewed") == numbers(since_us=25) == [4]
    assert numbers(event=5) == [2, 4]
    assert numbers(event=9) == [3]
    with store.begin_read() as connection:
        first, runs, *_ = audit.entries(connection, limit=10)
    assert first == Entry(number=1, at=10, who="ana", action="rule", detail="r-1")
    assert (runs.first, runs.last) == (4, 6)
