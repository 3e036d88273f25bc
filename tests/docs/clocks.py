"""The generated page about clocks: what sets the latest useful moment, and how referrals end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from features.handling.clocks import CHOSEN, Bound, End, shipped_clocks
from features.parcel.fields import STREAMS

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]

_BOUNDS = {
    Bound.CUT_OFF: "mail of its stream is sorted for delivery, counted from its arrival; not for what customs holds",
    Bound.DEPARTURE: "an item in transit, export, return or redirection leaves, counted from its arrival",
    Bound.PROMISE: "it is promised to be delivered, counted from the time at which it was due",
    Bound.LEGAL_MAXIMUM: "customs has held it as long as the law allows, counted from when customs saw it in its hands",
}
_ENDS = {
    End.EXAMINED: "an outcome is recorded: found, or nothing found",
    End.NOT_PRESENTED: "it is recorded that it was not presented",
    End.LET_GO: "it was let go without inspection",
    End.CANCELLED: "its operator cancelled it",
    End.HANDED_ON: "another authority has it",
    End.GONE: "it has left and cannot be recalled",
    End.NOT_FOUND: "it was looked for in vain",
}


def page(note: str, table: Table) -> str:
    """The whole page."""
    known = shipped_clocks()
    hours = [
        (stream, *(f"{of[stream]:g}" for of in (known.cut_off_h, known.departure_h, known.promised_h)))
        for stream in STREAMS
    ]
    ends = "".join(
        f"| {one.value.replace('_', ' ')} | {_ENDS[one]} | {'yes' if one in CHOSEN else ''} |\n" for one in End
    )
    return (
        Path(__file__)
        .with_name("clocks.md")
        .read_text("utf-8")
        .format(
            note=note,
            bounds=table(("set by", "until"), [(one.value.replace("_", " "), _BOUNDS[one]) for one in Bound]),
            escalate=known.escalate_h,
            owner=known.owner,
            superior=known.superior,
            ends=ends,
            valid_from=known.valid_from,
            source=known.source,
            hours=table(
                ("stream", "sort cut-off after arrival", "departure after arrival", "promise after the due time"), hours
            ),
            most_held=known.most_held_h,
        )
    )
