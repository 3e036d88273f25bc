"""Who asks comes before who works through a file, for at most half of the time."""

from __future__ import annotations

from pathlib import Path

from serving.office.precedence import MOST_S, STEP_S, Precedence
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened


class Hands:
    """A clock that goes on only where somebody waits, and what happens at its steps."""

    def __init__(self) -> None:
        self.at, self.slept, self.answered_at = 100.0, 0, float("inf")
        self.precedence = Precedence(lambda: self.at, self.sleep)
        self.answered = lambda: None

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.slept += 1
        if self.at >= self.answered_at:
            self.answered()


def test_nobody_waits_where_nobody_asks():
    hands = Hands()
    hands.precedence.give_way()
    hands.precedence.asked()()
    hands.precedence.give_way()
    assert hands.slept == 0


def test_work_waits_until_who_asks_is_answered():
    hands = Hands()
    hands.answered, hands.answered_at = hands.precedence.asked(), 100.004
    hands.precedence.give_way()
    assert 100.004 <= hands.at < 100.004 + 2 * STEP_S


def test_work_waits_for_at_most_half_of_the_time_however_long_somebody_asks():
    hands = Hands()
    answered = hands.precedence.asked()
    hands.precedence.give_way()
    waited = hands.at - 100.0
    assert MOST_S <= waited < MOST_S + 2 * STEP_S
    hands.precedence.give_way()
    assert hands.at == 100.0 + waited
    hands.at += waited + STEP_S  # as long it worked
    hands.precedence.give_way()
    assert hands.at > 100.0 + 3 * waited
    answered()


def test_an_answer_that_is_said_twice_counts_once():
    hands = Hands()
    first, second = hands.precedence.asked(), hands.precedence.asked()
    first()
    first()
    hands.precedence.give_way()
    assert hands.slept > 0
    second()


def test_only_transactions_that_can_wait_give_way(tmp_path: Path, clock: Clock):
    with opened(bare_settings(tmp_path), clock) as office:
        answered = office.writer.precedence.asked()
        with office.writer.transaction(can_wait=True) as transaction:
            assert transaction.give_way == office.writer.precedence.give_way
        with office.writer.transaction() as transaction:
            assert transaction.give_way != office.writer.precedence.give_way
        answered()
