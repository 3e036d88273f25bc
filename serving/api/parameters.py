"""What a request may ask with: what its route does not know is refused, never ignored.

Who writes `validate_ony=true` would otherwise lodge what was meant to be checked only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from features.parcel.problems import Rejection
from serving.api.problems import Problem

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
"""What is shown of a name that nobody knows; what looks otherwise may be somebody's data."""

_KEY = "idempotency-key"
_WRITING = ("POST", "PUT", "PATCH", "DELETE")


async def known_only(request: Request) -> None:
    """Refuse a query parameter that the route does not have, or that is given twice.

    Raises
    ------
    Problem
        422, which names each of them and the nearest name that exists; and where an `Idempotency-Key` would promise
        what the route does not keep.
    """
    given, route = request.query_params.multi_items(), request.scope["route"]
    if _KEY in request.headers and request.method in _WRITING and _KEY not in _headers(route):
        raise Problem(422, "Idempotency key not usable", "This route keeps no keys. Send the request without it.")
    if not given:
        return
    refused = tuple(_refusals([name for name, _ in given], _names(route)))
    if refused:
        raise Problem(422, "Unknown parameter", "The address asks with what this route does not have.", errors=refused)


def _refusals(given: list[str], known: frozenset[str]) -> Iterator[Rejection]:
    for name in dict.fromkeys(given):
        if name not in known:
            yield _refusal(name, "unknown_parameter", "the route has no such parameter.", _remedy(name, known))
        elif given.count(name) > 1:
            yield _refusal(name, "parameter_twice", "the parameter is given more than once.", "Give it once.")


def _refusal(name: str, code: str, reason: str, remedy: str) -> Rejection:
    shown = name if _NAME.fullmatch(name) else "query"
    return Rejection(line=1, field=shown, code=code, reason=reason, remedy=remedy)


def _remedy(name: str, known: frozenset[str]) -> str:
    if not known:
        return "Leave it out; this route has no parameters."
    near = get_close_matches(name.lower(), sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(sorted(known))}; or none."


def _names(route: APIRoute) -> frozenset[str]:
    return frozenset(field.alias for one in _all(route.dependant) for field in one.query_params)


def _headers(route: APIRoute) -> frozenset[str]:
    return frozenset(field.alias.lower() for one in _all(route.dependant) for field in one.header_params)


def _all(dependant: Dependant) -> Iterator[Dependant]:
    """What an endpoint depends on, itself first."""
    yield dependant
    for one in dependant.dependencies:
        yield from _all(one)
