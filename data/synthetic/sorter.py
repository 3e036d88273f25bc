"""A sorting machine that reads as machines do: no number, a neighbour's number, digits misread, chutes missed.

It talks to the service through two functions, and to a signed table where they fail, so that tests and benchmarks drive
it over whatever connection they have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from policy.sort_table import Verified

Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""Sends the body of ``POST /v1/sort``; raises `ConnectionError` where there is no connection."""
Confirm = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Sends the confirmation for the id of a sorting."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """Shares of items, 0 to 1. Synthetic: of no real machine.

    Attributes
    ----------
    no_read, neighbour, misread, wrong_chute:
        Items without a reading; with the number of the item next to them as well; with a digit read wrongly on every
        side; and put into a chute that is not theirs.
    """

    no_read: float = 0.02
    neighbour: float = 0.01
    misread: float = 0.01
    wrong_chute: float = 0.005


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item on the belt; `number` is on its label."""

    number: str
    weight_g: int


@dataclass
class Sorter:
    """A machine with its `chutes`; it counts what it was answered.

    Attributes
    ----------
    table:
        Asked where there is no connection; without one everything is put aside.
    aside:
        Chute for what nothing is known of.
    """

    ask: Ask
    confirm: Confirm
    chutes: Sequence[str]
    random: np.random.Generator
    habits: Habits = Habits()
    table: Verified | None = None
    aside: str = "3"
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, items: Sequence[Item], now: Callable[[], datetime]) -> list[tuple[Item, str]]:
        """Sort items in their order; return each with the chute in which it was put."""
        return [(item, self._sorted(item, self._neighbour(items, index), now)) for index, item in enumerate(items)]

    def _sorted(self, item: Item, neighbour: Item, now: Callable[[], datetime]) -> str:
        readings = self._readings(item, neighbour)
        body = {"readings": readings, "weight_g": item.weight_g}
        try:
            answer = self.ask(body)
            chute = self._chute(answer["chutes"])
            done = self.confirm(answer["sort_id"], {"chute": chute})
        except ConnectionError:
            return self._alone(readings, now())
        self.counts[answer["reading"]] += 1
        self.counts[done["result"]] += 1
        return chute

    def _alone(self, readings: Iterable[str], now: datetime) -> str:
        """Without a connection: by the table, whose codes are the chutes of the same name."""
        self.counts["alone"] += 1
        return self.aside if self.table is None else self.table.code(readings, now)[1]

    def _readings(self, item: Item, neighbour: Item) -> list[str]:
        drawn, habits = self.random.random(), self.habits
        if drawn < habits.no_read:
            return []
        sides = [item.number] * int(self.random.integers(1, 4))
        if drawn < habits.no_read + habits.neighbour and neighbour is not item:
            return [*sides, neighbour.number]
        if drawn < habits.no_read + habits.neighbour + habits.misread:
            return [_misread(item.number, self.random)] * len(sides)
        return sides

    def _chute(self, right: Sequence[str]) -> str:
        wrong = [one for one in self.chutes if one not in right]
        is_wrong = bool(wrong) and self.random.random() < self.habits.wrong_chute
        return str(self.random.choice(wrong if is_wrong else list(right)))

    @staticmethod
    def _neighbour(items: Sequence[Item], index: int) -> Item:
        return items[(index + 1) % len(items)]


def _misread(number: str, random: np.random.Generator) -> str:
    """The number with one digit read as another."""
    digits = [index for index, letter in enumerate(number) if letter.isdigit()]
    index = int(random.choice(digits))
    other = (int(number[index]) + int(random.integers(1, 10))) % 10
    return f"{number[:index]}{other}{number[index + 1 :]}"
