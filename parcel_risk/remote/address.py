"""Where the service is, and with which key it is asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import httpx2

from parcel_risk.remote.calls import Call
from parcel_risk.remote.problems import RemoteError

TIMEOUT_S = 30.0
_BASE = "/v1"


def base_of(address: str, *, allow_http: bool) -> str:
    """Address of the API, from that of the service with ``/v1`` or without.

    Raises
    ------
    RemoteError
        When it is no address, or the key would travel unencrypted to another machine.
    """
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL:
        raise RemoteError("the address is none. Give it as in https://risk.example.org.") from None
    if url.scheme not in ("http", "https") or not url.host or url.query or url.userinfo:
        raise RemoteError("the address must be http(s)://HOST, without a name, key or question in it. Correct it.")
    if url.scheme == "http" and not allow_http and not _is_loopback(url.host):
        raise RemoteError(f"http to {url.host} would show the key to everybody in between. Use https.")
    return str(url).rstrip("/").removesuffix(_BASE) + _BASE


def settings_of(key: str, transport: Any) -> Mapping[str, Any]:
    """What the clients of the library are made with: nothing of the environment, and no redirect is followed."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise RemoteError("the key is empty or no key. Give it as `parcel-risk client` printed it.")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"parcel-risk/{version('parcel-risk')}"}
    return {
        "headers": headers,
        "timeout": TIMEOUT_S,
        "trust_env": False,
        "follow_redirects": False,
        "transport": transport,
    }


def arguments_of(base: str, call: Call[Any], content: Any) -> Mapping[str, Any]:
    """What the library is asked for a call."""
    timeout = httpx2.USE_CLIENT_DEFAULT if call.timeout_s is None else httpx2.Timeout(call.timeout_s)
    return {
        "method": call.method,
        "url": base + call.path,
        "params": dict(call.query),
        "headers": dict(call.headers),
        "content": content,
        "timeout": timeout,
    }


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
