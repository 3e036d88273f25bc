"""One writes at a time, and who is in a hurry goes first."""

from __future__ import annotations

import threading
import time

from serving.office.turns import Turns


def started(turns: Turns, order: list[str], name: str, *, can_wait: bool) -> threading.Thread:
    def work() -> None:
        with turns.turn(can_wait=can_wait):
            order.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_who_is_in_a_hurry_goes_before_who_can_wait_and_came_first():
    turns, order = Turns(), list[str]()
    with turns.turn():
        threads = [started(turns, order, "bulk", can_wait=True) for _ in range(8)]
        time.sleep(0.05)
        threads += [started(turns, order, "single", can_wait=False) for _ in range(8)]
        time.sleep(0.05)
    for thread in threads:
        thread.join(10)
    assert order == ["single"] * 8 + ["bulk"] * 8


def test_a_turn_is_given_back_after_an_error():
    turns = Turns()
    try:
        with turns.turn():
            raise RuntimeError
    except RuntimeError:
        pass
    assert turns.take_if_free()
    assert not turns.take_if_free()
    turns.give_back()
    with turns.turn(can_wait=True):
        assert not turns.take_if_free()
    assert turns.take_if_free()
