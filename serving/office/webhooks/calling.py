"""Send one message: to the very address that was looked at, within a time, following nothing."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from serving.office.webhooks.addresses import Addresses, AddressRefused, Target

LONGEST_S = 5.0
"""A call may take so long altogether, however slowly it is answered; a service that ends waits no longer for it."""
MOST_BYTES = 64 << 10
"""Of an answer that are read; nothing in it is used."""


@dataclass(frozen=True, kw_only=True)
class Called:
    """What became of a call: `result` says it in a few words that hold nothing of the answer."""

    is_delivered: bool
    result: str


def call(addresses: Addresses, url: str, headers: Mapping[str, str], body: bytes) -> Called:
    """POST `body`; only an answer from 200 to 299 is a success, and a redirect is none."""
    try:
        target = addresses.target(url)
    except AddressRefused as error:
        return Called(is_delivered=False, result=f"not called: {error}"[:100])
    connection = _Connection(target)
    ending = threading.Timer(LONGEST_S, connection.cut)
    ending.start()
    try:
        connection.request("POST", target.path, body=body, headers={**headers, "Host": _host(target)})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
        status = answer.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Called(is_delivered=False, result=f"no answer ({type(error).__name__})")
    finally:
        ending.cancel()
        connection.close()
    if 300 <= status < 400:
        return Called(is_delivered=False, result=f"redirect ({status}), which is not followed")
    return Called(is_delivered=200 <= status < 300, result=f"status {status}")


def _host(target: Target) -> str:
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == (443 if target.is_tls else 80) else f"{name}:{target.port}"


class _Connection(http.client.HTTPConnection):
    """A connection to the address of a target, and, with TLS, to whoever proves to be its host."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=LONGEST_S)
        self._target = target

    def connect(self) -> None:
        self.sock = socket.create_connection((self._target.ip, self._target.port), LONGEST_S)
        if self._target.is_tls:
            context, name = ssl.create_default_context(), self._target.host
            # In two steps, so that `cut` ends the handshake, too.
            wrapped = context.wrap_socket(self.sock, server_hostname=name, do_handshake_on_connect=False)
            self.sock = wrapped
            wrapped.do_handshake()

    def cut(self) -> None:
        """End it, also while somebody waits for it."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)
