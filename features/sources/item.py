"""Rows of a table and items of a message, taken apart into texts by header or path and not yet understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from features.parcel.problems import Rejection
from features.sources.adapter import KEPT_CHARACTERS, nothing

Texts = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class RawBatch:
    """A part of a table as text columns with ``line``, and why other rows are not in it.

    Attributes
    ----------
    n_rows:
        Rows of the part, readable or not.
    original:
        Text of a row as it was sent, by line.
    notes:
        What was guessed on reading, as sentences for the sender.
    delimiter:
        What separates the cells, where the format has a choice.
    """

    table: pl.DataFrame
    rejections: tuple[Rejection, ...] = ()
    n_rows: int = 0
    original: Callable[[int], str] = field(default=nothing, repr=False)
    notes: tuple[str, ...] = ()
    delimiter: str = ","


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
    repeated:
        How often a path was there that occurs more than once; its first text is in `values` or in a piece.
    """

    line: int
    values: Texts
    pieces: list[Texts] = field(default_factory=list)
    faults: tuple[Rejection, ...] = ()
    repeated: dict[str, int] = field(default_factory=dict)

    def shown(self) -> str:
        """Text for the quarantine."""
        shown = {**self.values, **({"pieces": self.pieces} if self.pieces else {})}
        return json.dumps(shown, ensure_ascii=False)[:KEPT_CHARACTERS]
