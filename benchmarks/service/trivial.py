"""An endpoint that does nothing: what the load generator and the loopback cost by themselves.

`python -m benchmarks.service.trivial PORT` answers every request with the same small JSON.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from benchmarks.service.wire import Incoming

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + b'{"score": 0.01}'


class Endpoint(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._incoming = Incoming()

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        for _ in self._incoming.messages(data):
            self._transport.write(_ANSWER)


async def serve(port: int) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
