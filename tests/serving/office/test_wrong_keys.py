"""Wrong keys are counted by where they come from, and noticed once."""

from __future__ import annotations

from serving.office.wrong_keys import MOST, WINDOW_S, WrongKeys


class Seconds:
    """A clock that is told to go on."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_an_address_waits_until_its_wrong_keys_are_a_minute_old_and_others_do_not() -> None:
    noticed, clock = [], Seconds()
    wrong = WrongKeys(lambda: noticed.append(clock.at), clock)
    assert [wrong.add("a") for _ in range(MOST)] == [0] * MOST
    clock.at += 10
    assert wrong.add("a") == WINDOW_S - 10
    assert wrong.add("b") == 0
    clock.at += WINDOW_S
    assert wrong.add("a") == 0
    assert noticed == [1_010.0]


def test_it_is_noticed_once_a_minute_however_many_there_are() -> None:
    noticed, clock = [], Seconds()
    wrong = WrongKeys(lambda: noticed.append(clock.at), clock)
    for address in range(50):
        for _ in range(MOST + 5):
            wrong.add(str(address))
    clock.at += WINDOW_S
    for _ in range(MOST + 5):
        wrong.add("a")
    assert noticed == [1_000.0, 1_000.0 + WINDOW_S]


def test_memory_is_bounded_however_many_addresses_there_are() -> None:
    wrong = WrongKeys(lambda: None)
    for address in range(12_000):
        wrong.add(str(address))
    assert len(wrong._times) == 10_000


def test_whoever_has_a_network_of_ipv6_is_one_place() -> None:
    wrong = WrongKeys(lambda: None, Seconds())
    assert [wrong.add(f"2001:db8:0:7::{number:x}") for number in range(MOST)] == [0] * MOST
    assert wrong.add("2001:db8:0:7:ffff::1") == WINDOW_S
    assert wrong.wait_s("2001:db8:0:7::99") == WINDOW_S
    assert wrong.add("2001:db8:0:8::1") == 0, "another network"
    assert [wrong.add("::ffff:192.0.2.1") for _ in range(MOST + 1)][-1] == wrong.wait_s("192.0.2.1") == WINDOW_S
    assert wrong.wait_s("192.0.2.2") == 0
