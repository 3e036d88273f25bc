"""Ports to listen on: opened at once, or a sentence that says why not."""

from __future__ import annotations

import errno
import socket

from features.parcel.problems import ParcelRiskError


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Open a listening socket; `setting` is the variable that chooses the port, port 0 takes a free one.

    Raises
    ------
    ParcelRiskError
        When the port is taken, or cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        opened = socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ParcelRiskError(
                f"port {port} on {host} is taken by another process; set {setting} to another one, or end that process."
            ) from error
        raise ParcelRiskError(
            f"port {port} on {host} cannot be used: {error.strerror}. Set {setting} and PARCEL_RISK_HOST to what this "
            "machine offers."
        ) from error
    # asyncio lets small packets go at once only on sockets that say that they are TCP; without it every answer waits
    # 40 ms for the client's acknowledgement of its head.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=opened.detach())


def check_port(host: str, port: int, setting: str) -> None:
    """Say clearly that a port cannot be used, before anything else starts; see `listen`."""
    listen(host, port, setting).close()


def free_port(host: str, wanted: int) -> int:
    """Return the port `wanted` where it is free, else any free one."""
    for port in (wanted, 0):
        try:
            with listen(host, port, "") as opened:
                return int(opened.getsockname()[1])
        except ParcelRiskError:
            continue
    raise ParcelRiskError(f"no port on {host} is free.")
