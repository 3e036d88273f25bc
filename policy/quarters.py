"""Quarters of a year, by which an office accounts for itself; in UTC."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from features.parcel.problems import ParcelRiskError

_FORM = re.compile(r"(20[0-9]{2})-Q([1-4])")


class QuarterError(ParcelRiskError):
    """A text names no quarter."""


@dataclass(frozen=True)
class Quarter:
    """A quarter: year and number from 1 to 4."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read a quarter as in 2026-Q4.

        Raises
        ------
        QuarterError
            When it is none.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise QuarterError("quarter: it is none. Write it as in 2026-Q4.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first_on(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def last_on(self) -> dt.date:
        """Its last day."""
        return self.next.first_on - dt.timedelta(days=1)

    @property
    def next(self) -> Quarter:
        """The quarter behind it."""
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def since(self) -> dt.datetime:
        """Its beginning."""
        return dt.datetime.combine(self.first_on, dt.time(), tzinfo=dt.UTC)

    @property
    def until(self) -> dt.datetime:
        """Its end, which is the beginning of the next one."""
        return self.next.since
