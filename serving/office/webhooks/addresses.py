"""Which addresses may be called: nobody makes the office call its own network.

An address is looked at when it is registered and at every call; what its name stands for is resolved once for each, and
the very address that was looked at is connected to, so that a name that changes in between changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from features.parcel.problems import ParcelRiskError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
LONGEST = 500
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(ParcelRiskError):
    """An address that may not be called; the message says why and names no address of ours."""


def resolved(host: str, port: int) -> list[str]:
    """Addresses that a name stands for now."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address that may be called: `ip` was looked at, and is connected to."""

    host: str
    port: int
    ip: str
    path: str
    is_tls: bool


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """What may be called.

    Attributes
    ----------
    networks:
        Networks of the authority that may be called though they are not public, and without TLS.
    resolve:
        Where addresses of names come from.
    """

    networks: Sequence[Network] = ()
    resolve: Resolve = field(default=resolved)

    def target(self, url: str) -> Target:
        """What to connect to.

        Raises
        ------
        AddressRefused
            When the address is malformed, unknown, or not one that may be called.
        """
        host, port, path, is_tls = _parts(url)
        try:
            found = [ipaddress.ip_address(one.split("%")[0]) for one in self.resolve(host, port)]
        except (OSError, ValueError) as error:
            raise AddressRefused("the name of the host is not known. Correct the address.") from error
        if not found:
            raise AddressRefused("the name of the host is not known. Correct the address.")
        is_own = all(self._is_own(one) for one in found)
        if not is_own and not all(_is_public(one) for one in found):
            raise AddressRefused("the host is not on the public internet. Give an address that is.")
        if not is_tls and not is_own:
            raise AddressRefused("the address is not https. Give one that is.")
        return Target(host=host, port=port, ip=str(found[0]), path=path, is_tls=is_tls)

    def _is_own(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks that a setting names, separated by commas.

    Raises
    ------
    ParcelRiskError
        When one of them is no network.
    """
    names = [one.strip() for one in text.split(",") if one.strip()]
    try:
        return tuple(ipaddress.ip_network(one) for one in names)
    except ValueError as error:
        raise ParcelRiskError("PARCEL_RISK_WEBHOOK_NETWORKS: write networks as in 10.1.0.0/16, with commas.") from error


def _parts(url: str) -> tuple[str, int, str, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("this is no address. Write it as in https://example.org/hook.") from error
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(f"the address is longer than {LONGEST} characters, or has others than ASCII. Shorten it.")
    if parts.scheme not in ("https", "http") or not host:
        raise AddressRefused("this is no address of a web server. Write it as in https://example.org/hook.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("the address holds a name, passphrase or fragment. Leave them out: messages are signed.")
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port or (443 if is_tls else 80), path, is_tls


def _is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.teredo is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified
