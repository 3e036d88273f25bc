"""The stream of the station: it says when the queue has changed, and by its end that the server is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from serving.office.office import Office
from serving.pages.session import Officer, TheOffice

router = APIRouter(prefix="/station", include_in_schema=False)
_EVERY_S = 1.0
_MOST = 600
"""Looks of one stream; the browser then asks for another one, and who has signed out gets none."""


@router.get("/events")
async def events(request: Request, office: TheOffice, officer: Officer) -> StreamingResponse:
    """Number of the newest event of the log, whenever there is another one."""
    return StreamingResponse(_stream(request, office), media_type="text/event-stream")


async def _stream(request: Request, office: Office) -> AsyncIterator[str]:
    last = -1
    for _ in range(_MOST):
        if await request.is_disconnected() or request.app.state.is_ending():
            return
        newest = office.writer.last_seq
        yield f"event: queue\nid: {newest}\ndata: {newest}\n\n" if newest != last else ":\n\n"
        last = newest
        await asyncio.sleep(_EVERY_S)
