"""The generated page about decisions: their order, the legal gate, chance and its check, shifts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from policy import Referral, shipped_gate
from policy.gate import GateRow
from policy.shifts import MINUTES
from serving.office.seeds import AHEAD

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]

EXAMPLE = """holidays = ["2026-12-25", "2026-12-26"]
overflow = 0.05        # at most one shift of twenty is given more than it can inspect

[minutes]              # of one inspection, of one officer
open = 12
xray = 1.5

[[shifts]]             # times are UTC
line = "hall 1"
weekdays = ["mon", "tue", "wed", "thu", "fri"]
begins = "06:00"
ends = "14:00"
hands = 6
"""


def page(note: str, table: Table) -> str:
    """Text of the page."""
    return (
        Path(__file__)
        .with_suffix(".md")
        .read_text("utf-8")
        .format(
            note=note,
            referrals=", ".join(f"`{one.value}`" for one in Referral),
            gate=table(_HEAD, (_row(row) for row in shipped_gate().rows)),
            ahead=AHEAD.days,
            example=EXAMPLE,
            minutes=", ".join(f"`{one.value}` {minutes:g}" for one, minutes in MINUTES.items()),
        )
    )


_HEAD = ("row", "from", "items", "opened", "drawn", "suspected", "suspicion", "held", "law or ours", "source")


def _row(row: GateRow) -> Sequence[object]:
    causes = ", ".join(sorted(row.suspicion)) or "nothing"
    until = f" to {row.last_on}" if row.last_on else ""
    return (
        f"`{row.name}`",
        f"{row.first_on}{until}",
        "; ".join(f"{name}: {_value(value)}" for name, value in row.where.items()),
        {"suspicion": "on suspicion", "order": "by order", "never": "never"}[row.limit.value],
        row.drawn.value,
        row.suspected.value,
        causes,
        "yes" if row.may_be_held else "no",
        "law" if row.is_law else "ours",
        row.source,
    )


def _value(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
