"""The committed description of the API, and what it promises: a promise that is gone breaks somebody's program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from serving.app import create_app
from serving.settings import Settings

PROMISES = Path(__file__).parent / "promises.txt"
Document = dict[str, Any]


@cache
def document() -> Document:
    """Description of the API as it is."""
    return create_app(Settings()).openapi()


def text() -> str:
    """The same as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def promised() -> set[str]:
    """Promises of before."""
    return set(PROMISES.read_text("utf-8").splitlines()) if PROMISES.exists() else set()


def promises(found: Document) -> set[str]:
    """Whatever a program may rely on: operations, what they accept and answer, and what no more is demanded."""
    lines: set[str] = set()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            lines |= set(_operation(f"{method.upper()} {path}", operation))
    schemas = found["components"]["schemas"]
    lines |= {line for name in schemas for line in _schema(name, schemas[name])}
    return lines


def demands(found: set[str]) -> set[str]:
    """Of promises: what must be given. One more breaks what was right before."""
    return {line for line in found if line.endswith(" is required")}


def breaking(before: set[str], now: set[str]) -> list[str]:
    """What programs of before would stumble over: lost promises, and new demands where there was something already."""
    subjects = {line.split(" ")[0] if "/" not in line.split(" ")[-1] else line for line in before}
    lost = sorted(f"gone: {line}" for line in before - now - demands(before))
    more = sorted(demands(now) - demands(before))
    return lost + [f"demanded: {line}" for line in more if _is_known(line, before, subjects)]


def _is_known(line: str, before: set[str], subjects: set[str]) -> bool:
    """Whether the operation or schema of a demand existed before."""
    words = line.split(" ")
    of_operation = " ".join(words[:2])
    return of_operation in before or (words[0].split(".")[0] in {one.split(".")[0] for one in subjects})


def _operation(name: str, operation: Document) -> Iterator[str]:
    yield name
    for parameter in operation.get("parameters", ()):
        at = f"{name} {parameter['in']} {parameter['name']}"
        yield from _schema(at, parameter["schema"])
        if parameter.get("required"):
            yield f"{at} is required"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from _schema(f"{name} takes {kind}", content.get("schema", {}))
    for status, answer in operation["responses"].items():
        yield f"{name} answers {status}"
        if status.startswith("2"):
            yield from (f"{name} answers {status} with header {header}" for header in answer.get("headers", ()))
        for kind, content in answer.get("content", {}).items():
            yield from _schema(f"{name} answers {status} {kind}", content.get("schema", {}))


def _schema(at: str, schema: Document) -> Iterator[str]:
    if "$ref" in schema:
        yield f"{at}: {schema['$ref'].rsplit('/', 1)[-1]}"
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _schema(at, one)
    if "type" in schema and schema["type"] != "null":
        yield f"{at}: {schema['type']}"
    values = (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else []))
    yield from (f"{at} = {value}" for value in values)
    if "items" in schema:
        yield from _schema(f"{at}[]", schema["items"])
    for name, one in schema.get("properties", {}).items():
        yield from _schema(f"{at}.{name}", one)
    yield from (f"{at}.{name} is required" for name in schema.get("required", ()))
