"""The calls, each said once: what is sent, how its answer is read, and whether it may be sent twice."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

from parcel_risk.remote.answers import Answer, FileResult, HeldRow, Job, ManifestResult, Receipt, Webhook
from parcel_risk.remote.problems import UnexpectedAnswer, where

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)
Opened = Callable[[], Iterator[bytes]]
"""Gives the body of a request from its beginning; it is opened anew for each try."""
_JSON = "application/json"
_FIRST_FILE_WAIT_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request.

    Attributes
    ----------
    read:
        Makes of an answer what the caller gets.
    is_repeatable:
        Whether the same request twice has the effect of one: it only reads, or has an idempotency key.
    timeout_s:
        Longest silence of the service; None for that of the client.
    """

    method: str
    path: str
    read: Callable[[httpx2.Response], T]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Opened | None = None
    is_repeatable: bool = True
    timeout_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list, and the call for the next one."""

    items: tuple[T, ...]
    next_page: Call[Page[T]] | None


def new_key() -> str:
    """An idempotency key."""
    return str(uuid.uuid4())


def parcel_lodged(parcel: Mapping[str, Any], key: str | None) -> Call[Answer]:
    """Lodge one parcel."""
    return _posted("/parcels", parcel, _reads(Answer), key or new_key())


def manifest_lodged(parcels: Sequence[Mapping[str, Any]], key: str | None, *, only_check: bool) -> Call[ManifestResult]:
    """Lodge many, or say what would become of them."""
    query = {"validate_only": "true"} if only_check else {}
    return _posted("/manifests", {"parcels": parcels}, _reads(ManifestResult), key or new_key(), query)


def file_lodged(
    content: Opened, *, key: str, content_type: str, encoding: str | None, mapping: str | None, only_check: bool
) -> Call[FileResult | Job]:
    """Lodge a file: small ones are answered at once, others by a job."""
    query = {"mapping": mapping} if mapping else {}
    query |= {"validate_only": "true"} if only_check else {}
    headers = {"Content-Type": content_type, "Idempotency-Key": key}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    return Call(
        method="POST",
        path="/manifests",
        read=lambda response: _read(Job, response) if response.status_code == 202 else _read(FileResult, response),
        query=query,
        headers=headers,
        body=content,
        timeout_s=_FIRST_FILE_WAIT_S,
    )


def job(job_id: str) -> Call[Job]:
    """How far a job is."""
    return Call(method="GET", path=f"/jobs/{quote(job_id, safe='')}", read=_reads(Job))


def job_results(job_id: str, after: int = 0) -> Call[Page[dict[str, Any]]]:
    """Results of a job, page by page."""

    def read(response: httpx2.Response) -> Page[dict[str, Any]]:
        found = _read(_JobResults, response)
        more = None if found.next_after is None else job_results(job_id, found.next_after)
        return Page(items=found.results, next_page=more)

    path = f"/jobs/{quote(job_id, safe='')}/results"
    return Call(method="GET", path=path, query={"after": str(after)}, read=read)


def parcel(parcel_id: str) -> Call[Answer]:
    """The newest answer to a parcel of yours."""
    return Call(method="GET", path=f"/parcels/{quote(parcel_id, safe='')}", read=lambda one: _read(_Lookup, one).newest)


def quarantine(state: str, after: int = 0) -> Call[Page[HeldRow]]:
    """Rows that are pending correction, page by page."""

    def read(response: httpx2.Response) -> Page[HeldRow]:
        found = _read(_Quarantine, response)
        more = None if found.next_after is None else quarantine(state, found.next_after)
        return Page(items=found.rows, next_page=more)

    return Call(method="GET", path="/quarantine", query={"state": state, "after": str(after)}, read=read)


def replies(form: str, after: int = 0) -> Call[Page[tuple[str, int]]]:
    """Answers in your own format, page by page, each with the number behind which to continue later."""

    def read(response: httpx2.Response) -> Page[tuple[str, int]]:
        try:
            next_after, is_end = int(response.headers["next-after"]), response.headers["at-end"] == "true"
        except (KeyError, ValueError):
            raise _unexpected(response) from None
        more = None if is_end else replies(form, next_after)
        return Page(items=((response.text, next_after),), next_page=more)

    return Call(method="GET", path="/replies", query={"format": form, "after": str(after)}, read=read)


def corrected(held_id: int, row: Mapping[str, Any]) -> Call[Answer]:
    """Resubmit a row; the route keeps no keys."""
    return _posted(f"/quarantine/{held_id:d}", row, _reads(Answer), None)


def reported(parcel_id: str, condition: str, key: str | None) -> Call[Receipt]:
    """Report an item in bad condition."""
    return _posted("/reports", {"parcel_id": parcel_id, "condition": condition}, _reads(Receipt), key or new_key())


def webhook_added(url: str) -> Call[Webhook]:
    """Register a webhook; the route keeps no keys."""
    return _posted("/webhooks", {"url": url}, _reads(Webhook), None)


def webhooks() -> Call[tuple[Webhook, ...]]:
    """Webhooks of this client."""
    return Call(method="GET", path="/webhooks", read=lambda response: _read(_Webhooks, response).webhooks)


def webhook_tested(webhook_id: str) -> Call[bool]:
    """Have a test message sent; whether it arrived."""
    path = f"/webhooks/{quote(webhook_id, safe='')}/test"
    return Call(method="POST", path=path, read=lambda response: _read(_Tested, response).is_delivered)


def webhook_replayed(webhook_id: str, since: datetime) -> Call[Webhook]:
    """Have messages sent again; to ask twice for the same is as to ask once."""
    path = f"/webhooks/{quote(webhook_id, safe='')}/replay"
    return _posted(path, {"since": since.isoformat()}, _reads(Webhook), None, is_repeatable=True)


def _posted(
    path: str,
    body: Mapping[str, Any],
    read: Callable[[httpx2.Response], T],
    key: str | None,
    query: Mapping[str, str] | None = None,
    *,
    is_repeatable: bool = False,
) -> Call[T]:
    return Call(
        method="POST",
        path=path,
        read=read,
        query=query or {},
        headers={"Content-Type": _JSON, **({"Idempotency-Key": key} if key else {})},
        body=json.dumps(body, default=_in_json, allow_nan=False).encode(),
        is_repeatable=is_repeatable or key is not None,
    )


def _in_json(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be sent; a time needs its zone. Give text, numbers or lists.")


class _JobResults(BaseModel):
    results: tuple[dict[str, Any], ...]
    next_after: int | None


class _Quarantine(BaseModel):
    rows: tuple[HeldRow, ...]
    next_after: int | None


class _Webhooks(BaseModel):
    webhooks: tuple[Webhook, ...]


class _Tested(BaseModel):
    is_delivered: bool


class _Lookup(BaseModel):
    answers: tuple[Answer, ...]

    @property
    def newest(self) -> Answer:
        """The first: they come newest first, and there is one at least."""
        return self.answers[0]


def _reads(model: type[Model]) -> Callable[[httpx2.Response], Model]:
    return lambda response: _read(model, response)


def _read(model: type[Model], response: httpx2.Response) -> Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        raise _unexpected(response) from None


def _unexpected(response: httpx2.Response) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"{where(response)} answered otherwise than this version reads. Update parcel-risk.")
