"""The generated page of law: article, what it asks, how it is read here, what is built, and the tests of that."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]
_HERE = Path(__file__).parent
_TESTS = _HERE.parent
_DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def page(note: str, table: Table) -> str:
    """Articles by law; facts and reading in columns of their own."""
    articles = tomllib.loads((_HERE / "law.toml").read_text("utf-8"))["article"]
    laws = dict.fromkeys(one["law"] for one in articles)
    head = ("article", "what it asks, in short", "our reading", "what is built", "tests", "open")
    parts = [f"## {law}\n\n{table(head, [_row(one) for one in articles if one['law'] == law])}" for law in laws]
    return _TEXT.format(note=note, parts="\n".join(parts))


_TEXT = """# Law as a table

{note}
Facts and our reading are kept apart: the second column repeats in short what an article asks, the third is how this
project reads it, which binds nobody. A row says what is built and which tests prove that part; a test that does not
exist fails the build. **This is no claim of conformity**: whether a law applies, and whether an office meets it, is for
its counsel. What is known to be missing is in the last column.

{parts}"""


def _row(one: Mapping[str, str | list[str]]) -> tuple[str, ...]:
    tests = "<br>".join(f"`{test_id(str(name))}`" for name in one["tests"])
    given = (one["article"], one["asks"], one["reading"], one["built"], tests, one["open"] or "-")
    return tuple(map(str, given))


def test_id(name: str) -> str:
    """Where the test of this name is.

    Raises
    ------
    LookupError
        When there is none, or there are several.
    """
    files = _defined().get(name, [])
    if len(files) != 1:
        raise LookupError(f"law.toml names the test {name}, which {len(files)} files have. Name one that one file has.")
    return f"{files[0]}::{name}"


@cache
def _defined() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(_TESTS.rglob("test_*.py")):
        for name in _DEFINED.findall(path.read_text("utf-8")):
            found.setdefault(name, []).append(path.relative_to(_TESTS.parent).as_posix())
    return found
