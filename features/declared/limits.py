"""Legal and conventional numbers, read once from ``limits.toml``, where each is given with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def limit(table: str, name: str) -> int:
    """Number `name` in a table of ``limits.toml``."""
    return int(_tables()[table][name])


def codes(table: str, name: str) -> list[str]:
    """List of codes `name` in a table of ``limits.toml``."""
    return [str(code) for code in _tables()[table][name]]


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("features.declared").joinpath("limits.toml").read_text("utf-8"))
