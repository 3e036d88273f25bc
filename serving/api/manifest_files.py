"""`POST /v1/manifests` for files: every format by its content type, compressed or not, at once or as a job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.routing import Match
from starlette.types import Scope

from features.parcel.problems import MappingError, SourceError
from features.sources import Adapter
from features.sources.registry import adapter_for_media_type, adapters, in_encoding, recognise
from serving.api.access import OperatorCaller, TheOffice
from serving.api.job_answers import job_answer
from serving.api.once import Given, mark, once_of
from serving.api.problems import Problem, StrictRoute
from serving.intake.formats import MOST_CHARACTERS, Formats, name_of
from serving.intake.inline import accepted, checked
from serving.intake.jobs import Jobs
from serving.intake.parts import parts
from serving.intake.spool import ENCODINGS, SealedWriter, opened
from serving.office.office import Office
from serving.office.once import Once
from serving.settings import Settings
from serving.store import Client

PATH = "/v1/manifests"
_ANY = (
    "",
    "application/octet-stream",
    "application/xml",
    "text/xml",
    "text/plain",
    "application/edifact",
    "multipart/form-data",
)
"""Content types that say nothing of the format: the content is looked at instead."""
_NOT_PACKED = ("parquet", "arrow", "xlsx")
_HEAD_BYTES = 4096


def is_file(scope: Scope) -> bool:
    """Whether a request lodges a file: anything at this path that is not JSON of the API itself."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return False
    if "mapping" in parse_qs(scope.get("query_string", b"").decode("latin-1")):
        return True
    headers = dict(scope["headers"])
    media_type = headers.get(b"content-type", b"application/json").decode("latin-1").split(";")[0].strip().lower()
    return media_type != "application/json" and (media_type in _ANY or not media_type.endswith("/json"))


class FileRoute(StrictRoute):
    """A route for files, next to the one for JSON at the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave what is JSON to the next route."""
        return super().matches(scope) if is_file(scope) else (Match.NONE, {})


router = APIRouter(route_class=FileRoute)


@dataclass(frozen=True, kw_only=True)
class _File:
    """A file as it was spooled; `encoding` is how it was compressed."""

    path: Path
    encoding: str | None
    office: Office
    settings: Settings

    def open(self) -> BinaryIO:
        """The file as it was sent, unpacked."""
        key = self.office.secrets.vault.file_key(self.path.name)
        return opened(self.path, key, encoding=self.encoding, max_bytes=self.settings.max_manifest_bytes)

    def is_large(self) -> bool:
        """Whether it unpacks to more than is answered at once."""
        limit, n_read = self.settings.inline_bytes, 0
        if self.encoding is None:
            return self.path.stat().st_size > limit
        with self.open() as file:
            while n_read <= limit and (data := file.read(1 << 18)):
                n_read += len(data)
        return n_read > limit


@router.post(PATH, include_in_schema=False)
async def lodge_file(
    request: Request,
    office: TheOffice,
    client: OperatorCaller,
    key: Given = None,
    explain: Annotated[bool, Query()] = False,
    validate_only: Annotated[bool, Query()] = False,
    mapping: Annotated[str | None, Query(max_length=MOST_CHARACTERS)] = None,
) -> Response:
    """Accept a file. Small ones are answered at once; larger ones, and any with `Prefer: respond-async`, by a job.

    `mapping` names one of the mappings that the office keeps; the encoding of the content type goes before any guess.
    """
    settings: Settings = request.app.state.settings
    jobs: Jobs = request.app.state.jobs
    encoding = _encoding(request)
    if await run_in_threadpool(jobs.is_full):
        raise Problem(503, "Queue is full", "Send the file again in a minute.", headers={"Retry-After": "60"})
    file = _File(path=jobs.new_path(encoding), encoding=encoding, office=office, settings=settings)
    is_queued = False
    try:
        body = await _spooled(request, file)
        wants_job = "respond-async" in request.headers.get("prefer", "")
        asked = body + (b"job" if wants_job else b"")
        once = None if key is None else once_of(office, client, key, request.scope, asked)
        adapter = await run_in_threadpool(_adapter, request, file, mapping)
        kind = name_of(mapping or adapter.name, _charset(request))
        adapter = in_encoding(adapter, _charset(request))
        if not validate_only and (wants_job or await run_in_threadpool(file.is_large)):
            answer, is_queued = await run_in_threadpool(_queued, jobs, file, client, kind, once)
            return answer
        return await run_in_threadpool(_answered, file, adapter, client, once, explain, validate_only)
    except (SourceError, MappingError) as error:
        raise Problem(422, "File not usable", str(error)) from error
    finally:
        if not is_queued:
            file.path.unlink(missing_ok=True)


def _queued(jobs: Jobs, file: _File, client: Client, kind: str, once: Once | None) -> tuple[Response, bool]:
    """Answer that names the job of a file, and whether the file is needed for it."""
    job, is_new = jobs.add(file.path, client, kind, once)
    answer = JSONResponse(job_answer(job).model_dump(mode="json"), 202, headers={"Location": f"/v1/jobs/{job.job_id}"})
    mark(answer, is_replay=not is_new)
    return answer, is_new


def _encoding(request: Request) -> str | None:
    given = request.headers.get("content-encoding", "").strip().lower()
    if given in ("", "identity"):
        return None
    if given not in ENCODINGS:
        raise Problem(415, "Unknown compression", f"Use one of: {', '.join(ENCODINGS)}; or none.")
    return given


async def _spooled(request: Request, file: _File) -> bytes:
    """Write the body to the file; return its digest."""
    writer, digest = SealedWriter(file.path, file.office.secrets.vault.file_key(file.path.name)), hashlib.sha256()
    try:
        async for chunk in request.stream():
            writer.write(chunk)
            digest.update(chunk)
    finally:
        await run_in_threadpool(writer.close)
    return digest.digest()


def _charset(request: Request) -> str | None:
    """Encoding that the content type states."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    given = message.get_param("charset")
    return given.strip() if isinstance(given, str) and given.strip() else None


def _adapter(request: Request, file: _File, mapping: str | None) -> Adapter:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if mapping is not None:
        adapter: Adapter | None = Formats(folder=file.settings.mappings_dir).mapping(mapping)
    elif media_type in _ANY:
        with file.open() as opened_file:
            adapter = recognise("", opened_file.read(_HEAD_BYTES))
    else:
        adapter = adapter_for_media_type(media_type)
    if adapter is None:
        known = ", ".join(sorted(one.media_type for one in adapters().values()))
        raise Problem(415, "Unknown content type", f"Use application/json or one of: {known}.")
    if file.encoding is not None and adapter.name in _NOT_PACKED:
        raise Problem(
            415, "Double compression", f"{adapter.name} is compressed inside; send it without Content-Encoding."
        )
    return adapter


def _answered(
    file: _File, adapter: Adapter, client: Client, once: Once | None, explain: bool, validate_only: bool
) -> Response:
    """Accept or check a small file, and answer row by row."""
    office = file.office
    with file.open() as opened_file:
        found = parts(adapter, opened_file, reference=office.reference)
        if validate_only:
            done = checked(found, adapter, client)
        else:
            done = accepted(office, found, adapter, client, once, explain=explain)
    body: dict[str, Any] = {
        "format": adapter.name,
        "n_rows": done.n_rows,
        "n_rejected": done.n_rejected,
        **counts(done.results),
        "ignored": done.ignored,
        "notes": done.notes,
        "results": [item.model_dump(mode="json") for item in done.results],
    }
    answer = JSONResponse(body)
    mark(answer, is_replay=done.is_replay)
    return answer


def counts(results: list[Any]) -> dict[str, int]:
    """Answers by their status."""
    kinds = ("scored", "repeated", "amended", "superseded", "cancelled", "waiting", "valid")
    return {f"n_{kind}": sum(item.status == kind for item in results) for kind in kinds}
