"""Requests as they go over the wire: prepared once, kept in a file, so that the load generator only sends them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_LENGTH = struct.Struct(">I")


def request(
    method: str,
    path: str,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] | None = None,
    kind: str = "application/json",
) -> bytes:
    """One request over a connection that is kept."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if body:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def bearer(key: str) -> dict[str, str]:
    """Header that says who calls."""
    return {"Authorization": f"Bearer {key}"}


def keep(path: Path, requests: Iterable[bytes]) -> Path:
    """Write requests to a file, each behind its length."""
    with path.open("wb") as file:
        for one in requests:
            file.write(_LENGTH.pack(len(one)) + one)
    return path


def kept(path: Path) -> Iterator[bytes]:
    """Requests of a file, one after the other."""
    with path.open("rb") as file:
        while head := file.read(_LENGTH.size):
            yield file.read(_LENGTH.unpack(head)[0])


class Incoming:
    """Bytes of a connection as they come, cut into messages."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._bytes = bytearray()

    def messages(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Head and body of each message that is whole now."""
        self._bytes += data
        while (end := self._bytes.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._bytes[:end])
            until = self._end_of_body(head, end + 4)
            if until is None or len(self._bytes) < until:
                return
            yield head, bytes(self._bytes[end + 4 : until])
            del self._bytes[:until]

    def _end_of_body(self, head: bytes, start: int) -> int | None:
        """Where the body ends; None while that is not known."""
        lower = head.lower()
        if b"\r\ntransfer-encoding: chunked" in lower:
            end = self._bytes.find(b"0\r\n\r\n", start)
            return end + 5 if end >= 0 else None
        _, found, rest = lower.partition(b"\r\ncontent-length:")
        return start + (int(rest.split(b"\r\n")[0]) if found else 0)


def status_of(head: bytes) -> int:
    """Status of an answer."""
    return int(head[9:12])
