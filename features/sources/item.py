"""An item of a message, taken apart into texts by path and not yet understood."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from features.parcel.problems import Rejection
from features.sources.adapter import KEPT_CHARACTERS

Texts = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of a message.

    Attributes
    ----------
    line:
        Number of the item in the message, counted from 1.
    values:
        Texts by path.
    pieces:
        Texts by path, piece by piece.
    faults:
        Why the item cannot be used.
    """

    line: int
    values: Texts
    pieces: list[Texts] = field(default_factory=list)
    faults: tuple[Rejection, ...] = ()

    def shown(self) -> str:
        """Text for the quarantine."""
        shown = {**self.values, **({"pieces": self.pieces} if self.pieces else {})}
        return json.dumps(shown, ensure_ascii=False)[:KEPT_CHARACTERS]
