"""The generated page of reliability: each fault, what happens, the tests that show it, and what is not shown yet."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.docs.law import test_id

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """Faults by group, and above them how many are shown."""
    found = faults()
    groups = dict.fromkeys(one["group"] for one in found)
    head = ("no", "fault", "what happens", "tests", "not shown yet")
    parts = [
        f"## {group[:1].upper()}{group[1:]}\n\n{table(head, [_row(one) for one in found if one['group'] == group])}"
        for group in groups
    ]
    n_whole = sum(not one["waits_for"] for one in found)
    return _TEXT.format(note=note, parts="\n".join(parts), n=len(found), n_whole=n_whole, n_open=len(found) - n_whole)


def faults() -> list[dict[str, Any]]:
    """Rows of ``faults.toml``."""
    return list(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["fault"])


_TEXT = """# Faults, and what happens

{note}
Each row is a fault or bad input that was tried or seen, with the tests that show what happens. A test that does not
exist fails the build. Of {n} faults {n_whole} are shown as a whole; of {n_open} the last column says what is not shown,
and what happens then is reported as it is today.

{parts}"""


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    tests = "<br>".join(f"`{test_id(name)}`" for name in one["tests"]) or "-"
    return str(one["number"]), one["fault"], one["happens"], tests, one["waits_for"] or "-"
