"""Requests that wait become one batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from features.parcel.problems import StoreBusy, StoreError
from serving.office import gathering
from serving.office.gathering import Gathering


class Doubling:
    """Answers with twice the number, once it is let; notes the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go_on = threading.Event()

    def __call__(self, given: Sequence[int]) -> list[int]:
        self.batches.append(list(given))
        assert self.may_go_on.wait(10)
        if 13 in given:
            raise ValueError("thirteen")
        if 99 in given:
            raise StoreError("the disk is full")
        return [2 * one for one in given]


async def begun(line: Gathering[int, int], doubling: Doubling, first: int) -> asyncio.Future[int]:
    """Submit `first`, and wait until it is worked on."""
    future = line.submit(first)
    while not doubling.batches:
        await asyncio.sleep(0)
    return future


async def ended(line: Gathering[int, int], doubling: Doubling, futures: Sequence[asyncio.Future[int]]) -> None:
    """Let all be answered."""
    doubling.may_go_on.set()
    await asyncio.to_thread(line.close)
    await asyncio.wait(futures)


def answers(*given: int, first: int) -> tuple[list[list[int]], list[asyncio.Future[int]]]:
    """Submit `first`, and the others while it is worked on."""
    doubling = Doubling()

    async def submitted() -> list[asyncio.Future[int]]:
        line: Gathering[int, int] = Gathering(doubling)
        futures = [await begun(line, doubling, first), *(line.submit(one) for one in given)]
        await ended(line, doubling, futures)
        return futures

    return doubling.batches, asyncio.run(submitted())


def test_one_alone_is_a_batch_of_one():
    batches, futures = answers(first=1)
    assert batches == [[1]]
    assert [future.result() for future in futures] == [2]


def test_those_who_come_meanwhile_are_one_batch_in_their_order():
    batches, futures = answers(5, 4, 3, first=1)
    assert batches == [[1], [5, 4, 3]]
    assert [future.result() for future in futures] == [2, 10, 8, 6]


def test_a_batch_has_an_end():
    batches, futures = answers(*range(100, 101 + gathering.LONGEST), first=1)
    assert [len(batch) for batch in batches] == [1, gathering.LONGEST, 1]
    assert all(future.done() for future in futures)


def test_one_that_is_at_fault_does_not_harm_the_others():
    batches, futures = answers(4, 13, 5, first=1)
    assert [4, 13, 5] in batches
    assert [future.result() for future in (futures[1], futures[3])] == [8, 10]
    with pytest.raises(ValueError, match="thirteen"):
        futures[2].result()


def test_a_store_that_fails_is_not_asked_again_for_each():
    batches, futures = answers(4, 99, 5, first=1)
    assert batches == [[1], [4, 99, 5]]
    assert all(isinstance(future.exception(), StoreError) for future in futures[1:])


def test_who_has_gone_away_is_left_out():
    doubling = Doubling()

    async def submitted() -> int:
        line: Gathering[int, int] = Gathering(doubling)
        await begun(line, doubling, 1)
        gone, stays = line.submit(2), line.submit(3)
        assert gone.cancel()
        await ended(line, doubling, [gone, stays])
        return stays.result()

    assert asyncio.run(submitted()) == 6
    assert doubling.batches == [[1], [3]]


def test_who_goes_away_while_it_is_worked_on_harms_nobody():
    doubling = Doubling()

    async def submitted() -> list[int]:
        line: Gathering[int, int] = Gathering(doubling)
        gone = await begun(line, doubling, 1)
        gone.cancel()
        stays = line.submit(3)
        await ended(line, doubling, [stays])
        return [stays.result()]

    assert asyncio.run(submitted()) == [6]
    assert doubling.batches == [[1], [3]]


def test_who_waits_in_a_loop_that_has_ended_harms_nobody():
    doubling = Doubling()
    line: Gathering[int, int] = Gathering(doubling)

    async def left() -> None:
        await begun(line, doubling, 1)

    async def waited() -> int:
        stays = line.submit(3)
        await ended(line, doubling, [stays])
        return stays.result()

    asyncio.run(left())
    assert asyncio.run(waited()) == 6


def test_who_comes_when_too_many_wait_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gathering, "MOST_WAITING", 2)
    doubling = Doubling()

    async def submitted() -> None:
        line: Gathering[int, int] = Gathering(doubling)
        futures = [await begun(line, doubling, 1), line.submit(2), line.submit(3)]
        with pytest.raises(StoreBusy, match="Send this one again"):
            line.submit(4)
        await ended(line, doubling, futures)

    asyncio.run(submitted())


def test_nothing_is_accepted_once_it_ends():
    async def submitted() -> None:
        line: Gathering[int, int] = Gathering(Doubling())
        line.close()
        with pytest.raises(StoreBusy):
            line.submit(1)

    asyncio.run(submitted())


def test_who_has_waited_too_long_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gathering, "BUDGET_S", -1.0)
    doubling = Doubling()

    async def submitted() -> BaseException | None:
        line: Gathering[int, int] = Gathering(doubling)
        late = line.submit(1)
        await asyncio.wait([late])
        await asyncio.to_thread(line.close)
        return late.exception()

    assert isinstance(asyncio.run(submitted()), StoreBusy)
    assert doubling.batches == []
