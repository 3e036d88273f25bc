"""The generated page about the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from serving.office.sandbox import MARK, MOST_CLIENTS, MOST_ITEMS, MOST_KEYS, MOST_PARCELS, magic_numbers

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """Text of the page."""
    numbers = table(("`parcel_id`", "forces"), ((f"`{one.number}`", one.says) for one in magic_numbers().values()))
    text = Path(__file__).with_suffix(".md").read_text("utf-8")
    return text.format(
        note=note,
        mark=MARK,
        parcels=MOST_PARCELS,
        keys=MOST_KEYS,
        clients=MOST_CLIENTS,
        items=MOST_ITEMS,
        numbers=numbers,
    )
