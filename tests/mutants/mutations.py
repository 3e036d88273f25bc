"""Mutations: where a fault is put, which tests must notice it, and why it matters."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from os import utime
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FILE = Path(__file__).parent / "mutations.toml"


class Inapplicable(ValueError):
    """The text that a mutation replaces is not found exactly once."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One fault.

    Attributes
    ----------
    file:
        Where it is put, from the root of the checkout.
    find, put:
        Text that is found exactly once, and what is written instead.
    then_find, then_put:
        A second one, where the fault needs two places.
    tests:
        Files or node ids of pytest, of which one must fail.
    why:
        What the fault would do to somebody.
    """

    name: str
    file: str
    find: str
    put: str
    tests: tuple[str, ...]
    why: str
    then_find: str = ""
    then_put: str = ""

    def applied(self, text: str) -> str:
        """Text with the fault in it.

        Raises
        ------
        Inapplicable
            When the place is gone, or there are several.
        """
        for find, put in ((self.find, self.put), (self.then_find, self.then_put)):
            if find:
                n = text.count(find)
                if n != 1:
                    raise Inapplicable(f"{self.name}: its text is found {n} times in {self.file}; adapt the mutation.")
                text = text.replace(find, put)
        return text

    def digest(self, root: Path) -> str:
        """Digest of the mutation, the file that it changes and its tests: while it stays, a result does."""
        paths = [self.file, *(test.partition("::")[0] for test in self.tests)]
        contents = [(root / path).read_bytes() for path in paths]
        return hashlib.sha256(repr((astuple(self), contents)).encode()).hexdigest()

    @contextmanager
    def within(self, root: Path) -> Iterator[None]:
        """Put the fault into the copy of the checkout at `root`, and take it out again.

        Byte code is told from its source by size and whole seconds of the time of change, so the fault gets a time of
        its own, and the file its old one afterwards.
        """
        path = root / self.file
        text, times = path.read_text("utf-8"), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
        try:
            path.write_text(self.applied(text), "utf-8")
            moved = times[1] - 10**9 * (1_000 + int(self.digest(ROOT)[:6], 16))
            utime(path, ns=(times[0], moved))
            yield
        finally:
            path.write_text(text, "utf-8")
            utime(path, ns=times)


def mutations() -> list[Mutation]:
    """All mutations, in the order of the file."""
    document = tomllib.loads(FILE.read_text("utf-8"))
    return [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in document["mutation"]]
