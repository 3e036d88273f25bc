"""The header `Idempotency-Key`: which request it stands for, and how a repeated answer is marked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from starlette.types import Scope

from serving.api.access import Caller, TheOffice
from serving.api.problems import Problem
from serving.office.office import Office
from serving.office.once import KEPT, Once, write_once
from serving.office.writer import Transaction
from serving.store import Client

REPLAYED = "Idempotent-Replayed"
"""Header of an answer that was given before; its value is `true`."""
KEY = "Idempotency-Key"
_USABLE = re.compile(r"[\x21-\x7e]{1,255}")
_SAYS = (
    "Any text of yours that is new for each request, such as a UUID. The same request with the same key is answered as "
    f"it was the first time, with the header `{REPLAYED}`, for at least {KEPT.total_seconds() / 3600:.0f} hours."
)
Given = Annotated[str | None, Header(alias=KEY, description=_SAYS, min_length=1, max_length=255)]
Model = TypeVar("Model", bound=BaseModel)


async def the_once(request: Request, office: TheOffice, client: Caller, key: Given = None) -> Once | None:
    """The request as one that is to have its effect once; None where it has no key."""
    return None if key is None else once_of(office, client, key, request.scope, sha256(await request.body()))


TheOnce = Annotated[Once | None, Depends(the_once)]


def once_of(office: Office, client: Client, key: str, scope: Scope, body: bytes) -> Once:
    """Request of a client with a key, of which `body` is the digest.

    Raises
    ------
    Problem
        422 when the key cannot be used.
    """
    if not _USABLE.fullmatch(key):
        raise Problem(422, "Idempotency key not usable", "Send 1 to 255 printable ASCII characters, such as a UUID.")
    asked = b" ".join((scope["method"].encode(), scope["path"].encode(), scope["query_string"], body))
    return Once.of(office, client.client_id, key, asked)


def sha256(body: bytes) -> bytes:
    """Digest of a body."""
    return hashlib.sha256(body).digest()


def mark(response: Response, *, is_replay: bool) -> None:
    """Say that an answer was given before."""
    if is_replay:
        response.headers[REPLAYED] = "true"


def written(
    office: Office, once: Once | None, response: Response, model: type[Model], write: Callable[[Transaction], Model]
) -> Model:
    """Answer of `write`, in one transaction, or that of the first time."""
    text, is_replay = write_once(office, once, lambda transaction: write(transaction).model_dump_json())
    mark(response, is_replay=is_replay)
    return model.model_validate_json(text)
