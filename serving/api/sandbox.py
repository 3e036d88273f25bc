"""The sandbox over HTTP: the same requests and answers for keys of the sandbox, and no way from it to the office.

Its routes have nothing to do with those of the office: a request with a key of the sandbox is answered here or refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.routing import APIRouter
from pydantic import BaseModel, SkipValidation
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from serving.api.access import CLIENT, OperatorCaller, TheOffice
from serving.api.manifest_files import counts
from serving.api.once import REPLAYED, Given
from serving.api.parameters import known_only
from serving.api.parcels import Explain, Lookup, ManifestAnswer, ValidateOnly
from serving.api.problems import BodyLimit, Problem, Shown, install
from serving.api.records import lodging_of
from serving.api.reports import NewReport, ReportReceipt
from serving.api.routing import After, merged, resource
from serving.api.schemas import Manifest, Parcel
from serving.intake.submissions import Lodging, valid
from serving.messages.cusrsp import cusrsp
from serving.messages.ics2 import ics2_referrals
from serving.office.answers import Answer, shown
from serving.office.office import Office
from serving.office.problem_types import problem_types
from serving.office.sandbox import MOST_ITEMS, Kept, Sandbox, magic_of, rejection_of
from serving.store import Client

router: APIRouter = resource()
_RETRY = {"Retry-After": "1"}


class _Route(NamedTuple):
    """What figures and log lines say of a request: not which route of the office it looks like."""

    path: str


class SandboxClients:
    """Answer requests with keys of the sandbox; all others pass."""

    def __init__(self, app: ASGIApp, api: FastAPI, shown: Shown) -> None:
        """Wrap `app`, a part of `api`."""
        self.app, self._sandbox = app, _sandbox_of(api, shown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here, or let it pass."""
        client: Client | None = scope.get(CLIENT)
        if client is None or not client.is_sandbox:
            await self.app(scope, receive, send)
            return

        async def apart(message: Message) -> None:
            scope["route"] = _Route("sandbox")
            await send(message)

        await self._sandbox(scope, receive, apart)


def _sandbox_of(api: FastAPI, shown: Shown) -> ASGIApp:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, telemetry={"tracing": False, "metrics": False})
    app.state = api.state  # the office for its clock and code lists, and the settings; nothing is written by it
    app.state.sandbox = Sandbox()
    install(app, shown)
    app.include_router(router, dependencies=[Depends(known_only)])
    limit = api.state.settings.max_body_bytes
    return BodyLimit(app, max_bytes=limit, max_file_bytes=limit, is_file=lambda _: False)


@router.post("/parcels")
async def lodge(
    request: Request,
    parcel: Annotated[Parcel, SkipValidation],  # type: ignore[valid-type]
    office: TheOffice,
    client: OperatorCaller,
    key: Given = None,
    explain: Explain = False,
    validate_only: ValidateOnly = False,
) -> Response:
    """Answer one parcel by its number."""
    lodging = lodging_of(office, client, [parcel], explain=False)
    if validate_only:
        return _json(next(iter(valid(lodging).values()), None) or _refuse(lodging.rejections))

    def answer(kept: Kept) -> BaseModel:
        answers, rejections = _lodged(office, kept, lodging)
        return answers[1] if answers else _refuse(rejections)

    return _once(request, client, key, await request.body(), answer)


@router.post("/manifests")
async def lodge_many(
    request: Request,
    manifest: Manifest,
    office: TheOffice,
    client: OperatorCaller,
    key: Given = None,
    explain: Explain = False,
    validate_only: ValidateOnly = False,
) -> Response:
    """Answer many parcels, each by its number."""
    if len(manifest.parcels) > MOST_ITEMS:
        raise Problem(413, "Too many items", f"In the sandbox a request holds at most {MOST_ITEMS} items.")
    lodging = lodging_of(office, client, manifest.parcels, explain=False)
    if validate_only:
        return _json(_many(merged(dict(valid(lodging)), lodging.rejections)))
    return _once(
        request, client, key, await request.body(), lambda kept: _many(merged(*_lodged(office, kept, lodging)))
    )


@router.get("/parcels/{parcel_id:path}")
async def read(request: Request, parcel_id: str, client: OperatorCaller) -> Response:
    """The current answer."""
    found = _known(request, client, parcel_id)
    whole = Lookup(
        answers=[found],
        movements=[],
        position=None,
        direction=None,
        rules=[],
        lists=[],
        traces=[],
        typologies=[],
        found_by="spelling",
        n_parcels=1,
    )
    return _json(whole)


@router.get("/replies")
async def replies(
    request: Request,
    office: TheOffice,
    client: OperatorCaller,
    form: Annotated[Literal["cusrsp", "ics2"], Query(alias="format")] = "cusrsp",
    after: After = 0,
) -> Response:
    """Current answers as a message."""
    sandbox: Sandbox = request.app.state.sandbox
    with sandbox.lock:
        answers = [shown(one, client) for one in sandbox.of(client.client_id).answers()]
    headers = {"Next-After": str(max(after, len(answers))), "At-End": "true"}
    if form == "cusrsp":
        return Response(cusrsp(answers[after:], office.clock()), media_type="application/edifact", headers=headers)
    return Response(ics2_referrals(answers[after:], office.clock()), media_type="application/xml", headers=headers)


@router.post("/reports")
async def report(request: Request, new: NewReport, client: OperatorCaller, key: Given = None) -> Response:
    """Receipt for a report."""

    def answer(kept: Kept) -> BaseModel:
        if kept.newest(new.parcel_id) is None:
            raise Problem(404, "Unknown parcel", "You have lodged no parcel with this number. Lodge it, or correct it.")
        is_new = kept.reported(new.parcel_id, new.condition)
        return ReportReceipt(status="recorded" if is_new else "repeated", parcel_id=new.parcel_id)

    return _once(request, client, key, await request.body(), answer)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
async def others(rest: str) -> None:
    """Everything else is the office's."""
    detail = "A key of the sandbox lodges, reads and reports parcels as JSON. Use another key for the rest."
    raise Problem(404, "Not in the sandbox", detail)


def _known(request: Request, client: Client, number: str) -> Answer:
    sandbox: Sandbox = request.app.state.sandbox
    with sandbox.lock:
        found = sandbox.of(client.client_id).newest(number)
    if found is None:
        raise Problem(404, "Unknown parcel", "No such parcel was lodged, or it was lodged by somebody else.")
    return shown(found, client)


def _lodged(office: Office, kept: Kept, lodging: Lodging) -> tuple[dict[int, Any], tuple[Rejection, ...]]:
    """Answers and rejections by line; a number that forces a problem ends the request."""
    answers: dict[int, Any] = {}
    forced: list[Rejection] = []
    doubts = lodging.doubts_by_line()
    for row in lodging.rows:
        magic = magic_of(row["parcel_id"])
        if magic is not None and magic.problem:
            raise _forced(magic.problem)
        if magic is not None and magic.rejection:
            forced.append(rejection_of(magic.rejection, row[LINE]))
            continue
        answer = kept.lodged(row, list(doubts.get(row[LINE], ())), office.clock())
        answers[row[LINE]] = shown(answer, lodging.client)
    return answers, (*lodging.rejections, *forced)


def _forced(slug: str) -> Problem:
    one = problem_types()[slug]
    headers = _RETRY if one.status[0] in (429, 503) else None
    return Problem(one.status[0], one.title, f"Forced by the number. {one.remedy}", headers=headers)


def _refuse(rejections: tuple[Rejection, ...]) -> BaseModel:
    status = 409 if any(one.code == "outcome_known" for one in rejections) else 422
    raise Problem(status, "Parcel not accepted", "The parcel cannot be accepted; see errors.", errors=rejections)


def _many(results: list[Any]) -> ManifestAnswer:
    n_rejected = len({one.line for one in results if one.status == "rejected"})
    return ManifestAnswer(results=results, n_rejected=n_rejected, **counts(results))


def _once(
    request: Request, client: Client, key: str | None, body: bytes, answer: Callable[[Kept], BaseModel]
) -> Response:
    """The answer, or that of the first time under the same key."""
    sandbox: Sandbox = request.app.state.sandbox
    asked = hashlib.sha256(request.url.path.encode() + b" " + body).digest()
    with sandbox.lock:
        kept = sandbox.of(client.client_id)
        if key is not None and key in kept.keys:
            first, answered = kept.keys[key]
            if first != asked:
                detail = "the key came before with another request. Use a new key for every new request."
                raise Problem(422, "Idempotency key used before", detail)
            return Response(answered, media_type="application/json", headers={REPLAYED: "true"})
        response = _json(answer(kept))
        if key is not None:
            kept.remember(key, asked, bytes(response.body))
    return response


def _json(model: BaseModel) -> Response:
    return Response(json.dumps(model.model_dump(mode="json")), media_type="application/json")
