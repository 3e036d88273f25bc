"""Screening lines: which parcels come to which line, so that a rule can be live on some of them first.

A line is a condition in the language of the rules, so that a rule on chosen lines is one condition like any other::

    ["hall 1"]
    when = "destination_office = 'NLAMSA'"
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from policy.rules.problems import RuleError, nearest
from policy.rules.reading import read
from policy.rules.tree import Predicate, both, either, lists_of

FILE = "lines.toml"
MOST_NAME = 35
Lines = Mapping[str, Predicate]
"""Which parcels come to a line, by its name."""


def load_lines(folder: Path | None) -> Lines:
    """Read the lines of an office from `folder`; none without a folder, or where it holds none.

    Raises
    ------
    RuleError
        When the file cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return {}
    try:
        return lines_of(path.read_text("utf-8"))
    except (RuleError, ValueError) as error:
        raise RuleError(f"{path} cannot be used: {error} docs/decision-rules.md shows an example.") from error


def lines_of(text: str) -> Lines:
    """Lines of the text of a file.

    Raises
    ------
    RuleError
        When a line cannot be used.
    ValueError
        When it is no TOML.
    """
    return {name: _line(name, table) for name, table in tomllib.loads(text).items()}


def _line(name: str, table: object) -> Predicate:
    if not isinstance(table, dict) or set(table) != {"when"} or not isinstance(table["when"], str):
        raise RuleError(f'line {name[:MOST_NAME]}: write when = "a condition", and nothing else.')
    if not name.strip() or len(name) > MOST_NAME:
        raise RuleError(f"line {name[:MOST_NAME]}: a name has 1 to {MOST_NAME} characters.")
    found = read(table["when"])
    if lists_of(found):
        raise RuleError(f"line {name}: where a parcel goes does not depend on a list.")
    return found


def check_lines(names: Collection[str], lines: Lines) -> None:
    """Refuse a line that the office does not have.

    Raises
    ------
    RuleError
        With the nearest name.
    """
    for name in names:
        if name not in lines:
            raise RuleError(f"lines: {no_such_line(name, lines)}")


def no_such_line(name: str, lines: Collection[str]) -> str:
    """Say of a line that the office does not have which is nearest, else how to name it and which there are."""
    known = f" The office has {', '.join(sorted(lines)[:5])}." if lines else ""
    how = f" Name it there, in the folder PARCEL_RISK_REFERENCE_DIR: the lines of shifts are other ones.{known}"
    return f"there is no line {name[:MOST_NAME]} in {FILE}.{nearest(name, lines) or how}"


def on_lines(tree: Predicate | None, names: Collection[str], lines: Lines) -> Predicate | None:
    """A condition for the parcels of some lines; as it is where none is named. None is one that always holds."""
    if not names:
        return tree
    where = either([lines[name] for name in names])
    return where if tree is None else both([tree, where])
