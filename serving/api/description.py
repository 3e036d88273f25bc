"""What the description of the API (OpenAPI) says beyond its models: headers, formats of files, examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI

from features.sources.registry import adapters
from serving.api.examples import EXAMPLES
from serving.api.job_answers import JobAnswer
from serving.api.oauth import TOKEN
from serving.api.once import KEY, REPLAYED
from serving.api.problems import MEDIA_TYPE, PROBLEM_SCHEMA
from serving.intake.spool import ENCODINGS

Document = dict[str, Any]
_FILE = {"type": "string", "format": "binary"}
_HEADERS: Document = {
    "X-Request-Id": {
        "description": "Id of the request: yours, where you sent a UUID, a ULID or 32 hexadecimal digits.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the same request is sent again.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Policy": {
        "description": "Limit of the client: requests (`q`) within seconds (`w`). Only where there is a limit.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "Requests that are left (`r`), and seconds until the whole limit is there again (`t`).",
        "schema": {"type": "string"},
    },
    "Degraded-Level": {
        "description": "What the service lacks at this moment, and for a minute longer: 1 an approved model, 3 the "
        "store. Left out where nothing is missing. No level says that a parcel is cleared.",
        "schema": {"type": "integer"},
    },
    REPLAYED: {
        "description": "`true` where the same request came before with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_PROBLEM: Document = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_LIMIT = ("RateLimit-Policy", "RateLimit")
_WITH_RETRY = ("429", "503", "507")


def describe(app: FastAPI) -> None:
    """Complete the description that `app` makes of itself."""
    made: Callable[[], Document] = app.openapi

    def openapi() -> Document:
        if app.openapi_schema is None:
            document = made()
            for path, method, operation in operations(document):
                _complete(path, method, operation)
            _files(document)
            document["components"]["headers"] = _HEADERS
            document["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA["content"][MEDIA_TYPE]["schema"]
        return app.openapi_schema or document

    app.openapi = openapi  # type: ignore[method-assign]


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and description of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(path: str, method: str, operation: Document) -> None:
    is_kept = any(parameter["name"] == KEY for parameter in operation.get("parameters", ()))
    for status, answer in operation["responses"].items():
        limited = _LIMIT if path.startswith("/v1/") and path != TOKEN else ()
        wanted = ["X-Request-Id", "Degraded-Level", *limited, *_more(status, is_kept=is_kept)]
        answer.setdefault("headers", {}).update({name: _header(name) for name in wanted})
        if MEDIA_TYPE in answer.get("content", ()):
            answer["content"] = _PROBLEM
    example = EXAMPLES.get((method, path))
    if example is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example


def _more(status: str, *, is_kept: bool) -> Iterator[str]:
    if status in _WITH_RETRY:
        yield "Retry-After"
    if is_kept and status in ("200", "422"):
        yield REPLAYED


def _header(name: str) -> Document:
    return {"$ref": f"#/components/headers/{name}"}


def _files(document: Document) -> None:
    """Describe the route for files, which shares its path with JSON manifests."""
    operation = document["paths"]["/v1/manifests"]["post"]
    document["components"]["schemas"].setdefault("JobAnswer", JobAnswer.model_json_schema())
    kinds = {adapter.media_type: {"schema": _FILE} for adapter in adapters().values()}
    operation["requestBody"]["content"] |= {**kinds, "application/octet-stream": {"schema": _FILE}}
    operation["parameters"] += [
        _parameter("mapping", "query", "Name of a mapping that the office keeps, for a file that needs one."),
        _parameter("Prefer", "header", "`respond-async`: answer a file by a job, whatever its size."),
        _parameter("Content-Encoding", "header", f"Compression of a file: {' or '.join(ENCODINGS)}."),
    ]
    location = {"description": "Address of the job.", "schema": {"type": "string"}}
    operation["responses"]["202"] = {
        "description": "A large file: it is worked through by a job.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobAnswer"}}},
        "headers": {"X-Request-Id": _header("X-Request-Id"), "Location": location, REPLAYED: _header(REPLAYED)},
    }
    operation["responses"]["415"] = {
        "description": PROBLEM_SCHEMA["description"],
        "content": _PROBLEM,
        "headers": {"X-Request-Id": _header("X-Request-Id")},
    }


def _parameter(name: str, where: str, says: str) -> Document:
    return {"name": name, "in": where, "required": False, "description": says, "schema": {"type": "string"}}
