"""What is wrong with a rule, and where."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from features.parcel.problems import ParcelRiskError


class RuleError(ParcelRiskError):
    """A rule cannot be used as it is written.

    Attributes
    ----------
    position:
        Character of the condition, counted from 1; None where the fault is not in the condition.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        """Put the position in front of the message."""
        super().__init__(message if position is None else f"character {position}: {message}")
        self.position = position


def nearest(name: str, known: Iterable[str]) -> str:
    """What to say of the known name that is most like `name`; empty where none is."""
    found = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]}?" if found else ""
