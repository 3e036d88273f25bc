"""Tables of the package: words of names, streets and places that are compared, kept as data next to the code."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """Content of a table file of this package, as in ``names``."""
    return tomllib.loads(files("features.identity").joinpath(f"{name}.toml").read_text("utf-8"))


def words(text: str) -> frozenset[str]:
    """Words of a text of a table."""
    return frozenset(text.split())


def by_word(lists: dict[str, str]) -> dict[str, str]:
    """For each word of each list the name of the list, and for that name itself."""
    return {word: name for name, text in lists.items() for word in (name, *text.split())}
