"""The generated page about rules of the decision: the language, the life of a rule, lists and columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from features.catalogue import catalogue
from policy.rules import MOST_POINTS, REFERRALS, Word, rule, vocabulary, word_lists

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """Content of the page."""
    text = Path(__file__).with_name("decision_rules.md").read_text("utf-8")
    head = ("column", "holds", "unit", "range or texts", "origin")
    lists = [(f"`{name}`", ", ".join(sorted(entries))) for name, entries in word_lists().items()]
    return f"# Rules of the decision\n\n{note}\n" + text.format(
        example=example(),
        referrals=", ".join(f"`{one}`" for one in REFERRALS),
        points=MOST_POINTS,
        lists=table(("list", "entries"), lists),
        columns=table(head, map(_row, filter(_is_listed, vocabulary().values()))),
    )


def example() -> str:
    """The rule that its module shows, as a file."""
    shown = str(rule.__doc__).split("::\n\n")[1]
    return "\n".join(line.removeprefix("    ") for line in shown.splitlines()) + "\n"


def _is_listed(word: Word) -> bool:
    """Whether there is more to say of a column than the page of features does."""
    return word.name not in catalogue().names or word.is_origin or _range(word) != ""


def _row(word: Word) -> tuple[object, ...]:
    return f"`{word.name}`", word.kind, word.unit, _range(word), "origin" if word.is_origin else ""


def _range(word: Word) -> str:
    if word.choices:
        return ", ".join(word.choices) if len(word.choices) <= 12 else f"{word.choices[0]} to {word.choices[-1]}"
    bounds = [f"{bound:,.0f}" if math.isfinite(bound) else "" for bound in (word.minimum, word.maximum)]
    return " to ".join(bounds) if all(bounds) else f"from {bounds[0]}" if bounds[0] else ""
