"""What is wrong with a file of entries: each fault by its line, and of many how many there are."""

from __future__ import annotations

from features.parcel.problems import Rejection

MAX_FAULTS = 1_000
"""Faults that are said one by one; of more it is said how many there are."""


def fault_of(line: int, field: str, code: str, reason: str, remedy: str) -> Rejection:
    """Why a line refuses its file."""
    return Rejection(line=line, field=field, code=code, reason=reason, remedy=remedy)


class Faults:
    """What is wrong with a file: so many faults one by one, the others counted."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._said: list[Rejection] = []
        self._n = 0

    def __bool__(self) -> bool:
        return self._n > 0

    def add(self, *faults: Rejection, of: int | None = None) -> None:
        """Add faults, which are the first of so many where there are more."""
        self._n += len(faults) if of is None else of
        self._said += faults[:MAX_FAULTS]

    def take(self, others: Faults) -> None:
        """Add what is wrong with another part of the file."""
        self.add(*others._said, of=others._n)

    def said(self) -> list[Rejection]:
        """Faults by line, and how many more there are."""
        shown = sorted(self._said, key=lambda fault: fault.line)[:MAX_FAULTS]
        if self._n > len(shown):
            more = f"{self._n - len(shown):,} more faults."
            shown.append(fault_of(shown[-1].line, "line", "more", more, "Correct these first."))
        return shown
