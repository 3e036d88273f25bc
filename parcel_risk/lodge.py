"""Command `lodge`: send a manifest to a service, wherever it runs, and see what became of its rows."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.arguments import FileArg
from parcel_risk.console import err, out, working

if TYPE_CHECKING:
    from rich.progress import Progress

    from parcel_risk.remote import Job, Service

KEY = "PARCEL_RISK_OPERATOR_KEY"
"""Variable of the environment that holds the key."""
_SHOWN_REJECTIONS = 10


def lodge(
    file: FileArg,
    to: Annotated[str, typer.Option("--to", help="Address of the service, as in https://risk.example.org.")],
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help=f"File that holds the key; by default {KEY} does.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="Name of a mapping that the office keeps.")] = None,
    content_type: Annotated[str, typer.Option(help="Content type; by default the service looks at the content.")] = "",
    check: Annotated[bool, typer.Option("--check", help="Say what would become of it, and lodge nothing.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Lodge it anew, although the same file was lodged within 72 hours.")
    ] = False,
    results: Annotated[
        Path | None, typer.Option("--out", help="Write one line of JSON per row to this file, as they are answered.")
    ] = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Send the key unencrypted to another machine, in a network you trust.")
    ] = False,
) -> None:
    """Lodge a manifest of any format with a service.

    After an interruption the same command resumes: the service knows the file again by its content, and nothing is
    lodged twice.
    """
    from parcel_risk.remote import Job, Service
    from parcel_risk.remote.files import ANY, FileToLodge

    with Service(to, key_of(key_file), allow_http=allow_http) as service, working(f"lodging {file.name}") as progress:
        wanted = FileToLodge(
            file,
            content_type=content_type or ANY,
            mapping=mapping,
            only_check=check,
            again=str(uuid.uuid4()) if again else "",
            progress=lambda sent, of: progress.update(progress.task_ids[0], completed=sent, total=of),
        )
        done = service.lodge_file(wanted)
        if isinstance(done, Job):
            _finish(service, done, progress, results)
            return
    _say(done.results, results)


def key_of(file: Path | None) -> str:
    """Key of the client, from a file or the environment; never from the command line, which others can read."""
    key = file.read_text("utf-8") if file is not None else os.environ.get(KEY, "")
    if not key.strip():
        where = f"the file {file} is empty" if file is not None else f"{KEY} is not set"
        raise ParcelRiskError(f"no key: {where}. Put the key there that `parcel-risk client` printed.")
    return key.strip()


def _finish(service: Service, job: Job, progress: Progress, results: Path | None) -> None:
    """Wait for the end of a job, and say what became of it."""
    task = progress.task_ids[0]
    err.print(f"job {job.job_id}", markup=False)

    def shown(now: Job) -> None:
        progress.update(task, description=f"{now.state}: {now.n_rows:,} rows", total=None)

    ended = service.wait(job, shown)
    found = service.job_results(ended.job_id)
    _say(found, results)
    if ended.problem or ended.state != "done":
        raise ParcelRiskError(f"the job {ended.job_id} is {ended.state}: {ended.problem or 'somebody ended it'}")


def _say(found: Iterable[dict[str, Any]], results: Path | None) -> None:
    from parcel_risk.remote.answers import REJECTED, FieldProblem

    counts: dict[str, int] = {}
    shown = 0
    for one in _kept(found, results):
        counts[one["status"]] = counts.get(one["status"], 0) + 1
        if one["status"] == REJECTED and shown < _SHOWN_REJECTIONS:
            err.print(f"rejected: {FieldProblem.model_validate(one)}", markup=False, soft_wrap=True)
            shown += 1
    if counts.get(REJECTED, 0) > shown:
        err.print(f"... and {counts[REJECTED] - shown:,} more; --out FILE writes all of them")
    out.print(", ".join(f"{n:,} {status}" for status, n in sorted(counts.items())) or "no rows", markup=False)


def _kept(found: Iterable[dict[str, Any]], results: Path | None) -> Iterator[dict[str, Any]]:
    """Results, written to a file on the way where one is wanted."""
    if results is None:
        yield from found
        return
    with results.open("w", encoding="utf-8") as file:
        for one in found:
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
            yield one
