"""Word lists that are shipped, for ``CONTAINS ANY LIST``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from features.identity import normalise


@cache
def word_lists() -> Mapping[str, frozenset[str]]:
    """Entries of each shipped list, normalised, by its name."""
    document = tomllib.loads(files("policy.rules").joinpath("word_lists.toml").read_text("utf-8"))
    return {name: frozenset(map(normalise, one["entries"])) for name, one in document["lists"].items()}
