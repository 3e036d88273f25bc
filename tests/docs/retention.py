"""The generated page about retention: classes of data, their rules, what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from policy.retention import DataClass, Rule, shipped_retention

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """Classes of the shipped table, and what is said of it in ``retention.md`` next to this module."""
    rules = shipped_retention()
    classes = table(
        ("class", "what it holds", "purpose", "legal basis", "how long"),
        ((one.name, one.holds, one.purpose, one.legal_basis, _period(one)) for one in rules.classes),
    )
    owned = table(
        ("class", "tables", "files in the home folder"),
        ((one.name, _names(one.tables), _names(one.files)) for one in rules.classes),
    )
    text = Path(__file__).with_suffix(".md").read_text("utf-8")
    return text.format(note=note, classes=classes, owned=owned, first_on=rules.first_on, digest=rules.digest)


def _period(one: DataClass) -> str:
    if one.rule is Rule.PARCEL:
        return (
            f"masked after {one.mask_days:,} days, erased after {one.days:,}; with a finding not masked, erased after "
            f"{one.finding_days:,}"
        )
    return f"rows deleted after {one.days:,} days" if one.rule is Rule.AGE else f"kept: {one.because}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names if not name.endswith("/*"))
