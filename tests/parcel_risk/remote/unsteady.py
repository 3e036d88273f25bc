"""A server in front of the service that fails first, in the ways in which networks and services fail."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASSED = ("content-type", "next-after", "at-end", "idempotent-replayed", "retry-after")


@dataclass
class Unsteady:
    """What comes first, one failure a request: a status, or `lost`, where the service answers and nobody hears it."""

    behind: str
    url: str = ""
    failures: list[int | str] = field(default_factory=list)
    retry_after: str = ""
    came: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def keys(self) -> list[str | None]:
        return [headers.get("idempotency-key") for _, _, headers in self.came]


@contextmanager
def unsteady(behind: str) -> Iterator[Unsteady]:
    found = Unsteady(behind)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self._body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.came.append((self.command, self.path, headers))
            failure = found.failures.pop(0) if found.failures else None
            if isinstance(failure, int):
                self._send(failure, {"Retry-After": found.retry_after} if found.retry_after else {}, b"busy")
                return
            status, given, answer = _asked(found.behind, self.command, self.path, headers, body)
            if failure == "lost":
                self.close_connection = True
                return
            self._send(status, {name: value for name, value in given.items() if name.lower() in PASSED}, answer)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while n := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(n))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def _asked(
    behind: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    between = ("host", "transfer-encoding", "connection", "content-length")
    sent = {name: value for name, value in headers.items() if name not in between}
    connection = http.client.HTTPConnection(urlsplit(behind).netloc, timeout=30)
    try:
        connection.request(method, path, body, {**sent, "Content-Length": str(len(body))})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
