"""Types of problems: each has an address that never changes and a page that says what happened and what to do.

The address follows from the title of the problem: `Body too large` is `/problems/body-too-large`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PATH = "/problems"


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    """One type of problem.

    Attributes
    ----------
    title:
        As every problem of this type bears it.
    status:
        HTTP status codes with which it is answered.
    says:
        What happened.
    remedy:
        What to do about it, and whether the same request may be sent again.
    """

    title: str
    status: list[int]
    says: str
    remedy: str

    @property
    def slug(self) -> str:
        """Last part of its address."""
        return slug_of(self.title)


def slug_of(title: str) -> str:
    """Last part of the address of a type, from its title."""
    return title.lower().replace(" ", "-")


def type_uri(title: str) -> str:
    """Address of the type with a title, on the service itself."""
    return f"{PATH}/{slug_of(title)}"


@cache
def problem_types() -> dict[str, ProblemType]:
    """All types by the last part of their address, in its order."""
    text = files("serving.office").joinpath("problem_types.toml").read_text("utf-8")
    found = (ProblemType(title=title, **given) for title, given in tomllib.loads(text).items())
    return {one.slug: one for one in sorted(found, key=lambda one: one.slug)}
