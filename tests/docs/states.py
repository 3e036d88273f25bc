"""The generated page about states: the machine drawn, recall, and the codes of messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from features.handling.states import FAMILIES, WITH_CUSTOMS, State, states

_ARROWS = """
declared cancelled departed
departed arrived lost_sight_of
arrived in_hall handed_over
in_hall presented handed_over
presented in_examination held released lost_sight_of
in_examination held released seized
held in_examination released returned seized
released handed_over
handed_over delivered presented
seized destroyed
delivered returned
"""
Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]

_TEXT = """# States of a parcel

{note}
A parcel is always in one state. What operators report (EMSEVT and the like) are **claims**; customs' own scans
(`POST /v1/scans`, `parcel-risk scan`, the station) and the stages of an inspection are **facts**. Both are taken in the
order in which they happened. A claim moves a parcel only as the table allows, and never out of customs' hands where a
fact put it there; a fact moves it anywhere but out of an end. What does not move it is kept and shown as a
contradiction. Whether a parcel was presented is measured from facts alone. EDC says that a parcel came back from
customs, not that anybody inspected it.

```mermaid
{drawing}```

Drawn is what usually follows; thick borders mean in customs' hands. What may follow:

{following}
{direction}## Recall

{recall}
Of codes with an exception of their own: {exceptions}.

## Codes of messages

Valid from {valid_from}. Source: {source}.

{codes}"""


USUAL = tuple(
    (State(before), State(after))
    for before, *following in (line.split() for line in _ARROWS.strip().splitlines())
    for after in following
)
"""What usually follows; the table has everything that may."""


def drawing() -> str:
    """The machine as Mermaid text."""
    found = states()
    ends = [one for one in State if not found.next[one]]
    lines = ["stateDiagram-v2", "    classDef customs stroke-width:4px"]
    lines += [f'    state "{one.words}" as {one.value}' for one in State]
    lines += ["    [*] --> declared"]
    lines += [f"    {one} --> {after}" for one, after in USUAL]
    lines += [f"    {one.value} --> [*]" for one in ends]
    lines += [f"    class {one.value} customs" for one in State if one in WITH_CUSTOMS]
    return "\n".join(lines) + "\n"


def page(note: str, table: Table) -> str:
    """The page."""
    found = states()
    exceptions = (f"`{code}` {'can' if can else 'cannot'}" for code, can in found.recall_by_code.items())
    return _TEXT.format(
        note=note,
        drawing=drawing(),
        direction=Path(__file__).with_name("direction.md").read_text("utf-8"),
        following=table(
            ("state", "may be followed by"),
            (
                (one.words, ", ".join(after.words for after in State if after in found.next[one]) or "nothing")
                for one in State
            ),
        ),
        recall=table(
            ("state", "can it still be brought to customs"),
            ((one.words, "yes" if found.recall[one] else "no") for one in State),
        ),
        exceptions=", ".join(exceptions),
        valid_from=found.valid_from,
        source=found.source,
        codes=table(("state", *FAMILIES), ((one.words, *_codes(one)) for one in State)),
    )


def _codes(state: State) -> list[str]:
    of = states().codes
    return [" ".join(f"`{code}`" for code, means in of[family].items() if means is state) for family in FAMILIES]


def _following(state: State) -> str:
    return ", ".join(after.words for after in State if after in states().next[state]) or "nothing"
