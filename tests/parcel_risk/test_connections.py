"""Half-open connections are closed, others answered as ever."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvicorn

from parcel_risk import connections
from parcel_risk.connections import Connection

OK = b"HTTP/1.1 200 OK"


async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def spoken(*said: bytes, pause_s: float = 0.0) -> bytes:
    """What comes back on one connection until it is closed, or for three seconds."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        server = uvicorn.Server(uvicorn.Config(app, http=Connection, lifespan="off", log_level="error"))
        serving = asyncio.create_task(server.serve(sockets=[opened]))
        reader, writer = await asyncio.open_connection(*opened.getsockname())
        for part in said:
            writer.write(part)
            await asyncio.sleep(pause_s)
        heard = await asyncio.wait_for(reader.read(), 3)
        writer.close()
        server.should_exit = True
        await serving
    return heard


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE_S", 0.2)


@pytest.mark.parametrize(
    ("said", "n_answers"),
    [
        ((), 0),
        ((b"GET / HTTP/1.1\r\nHos",), 0),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HT"), 1),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n"), 1),
        ((b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"G"), 2),
    ],
    ids=["silent", "half a head", "half a second head", "an empty line", "half a third head"],
)
def test_a_connection_on_which_no_head_comes_is_closed(said: tuple[bytes, ...], n_answers: int) -> None:
    assert asyncio.run(spoken(*said, pause_s=0.05)).count(OK) == n_answers
