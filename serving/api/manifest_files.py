"""`POST /v1/manifests` for files: every format by its content type, compressed or not, at once or as a job."""

from __future__ import annotations

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
from serving.api.problems import Problem, StrictRoute
from serving.intake.formats import MOST_CHARACTERS, Formats, name_of
from serving.intake.jobs import Jobs
from serving.intake.parts import parts
from serving.intake.spool import ENCODINGS, SealedWriter, opened
from serving.intake.submissions import PartResult, accept
from serving.office.answers import Answer, RejectionModel, shown
from serving.office.office import Office
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


@router.post(PATH, include_in_schema=False)
async def lodge_file(
    request: Request,
    office: TheOffice,
    client: OperatorCaller,
    explain: Annotated[bool, Query()] = False,
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
    path = jobs.new_path(encoding)
    queued = False
    try:
        n_bytes = await _spooled(request, path, office.secrets.vault.file_key(path.name))
        adapter = await run_in_threadpool(_adapter, request, path, office, settings, encoding, mapping)
        kind = name_of(mapping or adapter.name, _charset(request))
        adapter = in_encoding(adapter, _charset(request))
        wants_job = "respond-async" in request.headers.get("prefer", "")
        if (
            wants_job
            or n_bytes > settings.inline_bytes
            or await run_in_threadpool(_is_large, path, office, settings, encoding)
        ):
            queued = True
            job = await run_in_threadpool(jobs.add, path, client, kind)
            answer = job_answer(job)
            return JSONResponse(answer.model_dump(mode="json"), 202, headers={"Location": f"/v1/jobs/{job.job_id}"})
        return await run_in_threadpool(_answered, path, adapter, office, settings, client, encoding, explain)
    except (SourceError, MappingError) as error:
        raise Problem(422, "File not usable", str(error)) from error
    finally:
        if not queued:
            path.unlink(missing_ok=True)


def _encoding(request: Request) -> str | None:
    given = request.headers.get("content-encoding", "").strip().lower()
    if given in ("", "identity"):
        return None
    if given not in ENCODINGS:
        raise Problem(415, "Unknown compression", f"Use one of: {', '.join(ENCODINGS)}; or none.")
    return given


async def _spooled(request: Request, path: Path, key: bytes) -> int:
    writer = SealedWriter(path, key)
    try:
        async for chunk in request.stream():
            writer.write(chunk)
    finally:
        await run_in_threadpool(writer.close)
    return writer.n_bytes


def _unsealed(path: Path, office: Office, settings: Settings, encoding: str | None) -> BinaryIO:
    """Spooled file as it was sent, unpacked."""
    key = office.secrets.vault.file_key(path.name)
    return opened(path, key, encoding=encoding, max_bytes=settings.max_manifest_bytes)


def _charset(request: Request) -> str | None:
    """Encoding that the content type states."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    given = message.get_param("charset")
    return given.strip() if isinstance(given, str) and given.strip() else None


def _adapter(
    request: Request, path: Path, office: Office, settings: Settings, encoding: str | None, mapping: str | None
) -> Adapter:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if mapping is not None:
        adapter: Adapter | None = Formats(folder=settings.mappings_dir).mapping(mapping)
    elif media_type in _ANY:
        with _unsealed(path, office, settings, encoding) as file:
            adapter = recognise("", file.read(_HEAD_BYTES))
    else:
        adapter = adapter_for_media_type(media_type)
    if adapter is None:
        known = ", ".join(sorted(one.media_type for one in adapters().values()))
        raise Problem(415, "Unknown content type", f"Use application/json or one of: {known}.")
    if encoding is not None and adapter.name in _NOT_PACKED:
        raise Problem(
            415, "Double compression", f"{adapter.name} is compressed inside; send it without Content-Encoding."
        )
    return adapter


def _is_large(path: Path, office: Office, settings: Settings, encoding: str | None) -> bool:
    """Whether a compressed file unpacks to more than is answered at once."""
    if encoding is None:
        return False
    limit = settings.inline_bytes
    n_read = 0
    with _unsealed(path, office, settings, encoding) as file:
        while n_read <= limit and (data := file.read(1 << 18)):
            n_read += len(data)
    return n_read > limit


def _answered(
    path: Path,
    adapter: Adapter,
    office: Office,
    settings: Settings,
    client: Client,
    encoding: str | None,
    explain: bool,
) -> Response:
    """Accept a small file and answer row by row."""
    done: list[PartResult] = []
    ignored: dict[str, None] = {}
    notes: dict[str, None] = {}
    with _unsealed(path, office, settings, encoding) as file:
        for part in parts(adapter, file, reference=office.reference):
            ignored |= dict.fromkeys(part.ignored)
            notes |= dict.fromkeys(part.notes)
            with office.writer.transaction(can_wait=True) as transaction:
                done.append(
                    accept(office, transaction, part, client, adapter.name, content=adapter.content, explain=explain)
                )
    found: list[tuple[int, Answer | RejectionModel]] = [
        *((line, shown(one, client)) for part in done for line, one in part.answers.items()),
        *((one.line, RejectionModel.of(one)) for part in done for one in part.rejections),
    ]
    results = [item for _, item in sorted(found, key=lambda pair: pair[0])]
    body: dict[str, Any] = {
        "format": adapter.name,
        "n_rows": sum(part.n_rows for part in done),
        "n_rejected": sum(part.n_rejected for part in done),
        **counts(results),
        "ignored": list(ignored),
        "notes": list(notes),
        "results": [item.model_dump(mode="json") for item in results],
    }
    return JSONResponse(body)


def counts(results: list[Any]) -> dict[str, int]:
    """Answers by their status."""
    kinds = ("scored", "repeated", "amended", "superseded", "cancelled", "waiting")
    return {f"n_{kind}": sum(item.status == kind for item in results) for kind in kinds}
