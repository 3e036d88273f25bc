"""The generated page about typologies: how they become rules, their file, and those that are shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from policy.rules import REFERRALS
from policy.typologies import Typology, shipped_typologies, written
from policy.typologies.documents import MOST_CONDITIONS

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """Content of the page."""
    shipped = shipped_typologies()
    return (
        Path(__file__)
        .with_suffix(".md")
        .read_text("utf-8")
        .format(
            note=note,
            n=len(shipped),
            example=written(shipped["letters-of-tablets"]),
            most=MOST_CONDITIONS,
            referrals=", ".join(f"`{one}`" for one in REFERRALS),
            shipped="\n".join(_section(one, table) for one in shipped.values()),
        )
    )


def _section(one: Typology, table: Table) -> str:
    sources = "; ".join(f"{source.publisher}, *{source.title}* ({source.year})" for source in one.sources)
    rows = [(f"{each.weight:g}", each.says, f"`{each.when}`") for each in one.conditions]
    return (
        f"### {one.title}\n\n`{one.name}`: {one.description}\n\n"
        f"{table(('weight', 'what speaks for it', 'condition'), rows)}\n"
        f"Asks for `{one.refer}` from {one.threshold:g}. Look for {'; '.join(one.look_for)}. "
        f"Was hidden in {'; '.join(one.hidden_in)}. Sources: {sources}.\n"
    )
