"""The generated page about roles: which role may call which operation, as the operations themselves check it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import getclosurevars
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from serving.api import API
from serving.api.access import having
from serving.store import Role

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def page(note: str, table: Table) -> str:
    """The whole page."""
    parts = [f"## {role.value}\n\n{table(('operation', 'what it does'), _of(role))}" for role in Role]
    return (
        f"# Roles, and what they may call\n\n{note}\n"
        "`parcel-risk client NAME --role ROLE` gives a person a key, `--operator NAME` an operator; every operation\n"
        "below is refused to other roles with the problem *Not allowed*, which names those that may. What a role may\n"
        "do at the command line or the station is said by the command (`--help`) and in [audit.md](audit.md).\n\n"
        + "\n".join(parts)
    )


def operations() -> Iterator[tuple[str, str, frozenset[Role]]]:
    """Operation, its title and the roles that may call it, of every operation that asks for a role."""
    for route in (route for router in API for route in router.routes if isinstance(route, APIRoute)):
        allowed = _allowed(route.dependant) if route.include_in_schema else frozenset()
        for method in sorted(route.methods) if allowed else ():
            yield f"{method} {route.path_format}", route.summary or "", allowed


def _of(role: Role) -> list[tuple[str, str]]:
    found = [(operation, title) for operation, title, allowed in operations() if role in allowed]
    return [(f"`{operation}`", title) for operation, title in sorted(found, key=lambda row: row[0].split()[::-1])]


def _allowed(dependant: Dependant) -> frozenset[Role]:
    """Roles that pass every check of an operation; none where there is no check."""
    checks = [set(_roles(one.call)) for one in _all(dependant) if _is_check(one.call)]
    return frozenset(set.intersection(*checks)) if checks else frozenset()


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)


def _is_check(call: Any) -> bool:
    return getattr(call, "__qualname__", "").startswith(f"{having.__qualname__}.")


def _roles(call: Any) -> tuple[Role, ...]:
    roles: tuple[Role, ...] = getclosurevars(call).nonlocals["roles"]
    return roles
