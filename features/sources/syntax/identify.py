"""Say what a message is by its beginning: its EDIFACT type, or the root element of its XML."""

from __future__ import annotations

import re

SOAP = ("Envelope",)
"""Root elements that wrap the message."""
_WRAPPED = ("Header", "Body")
_ELEMENT = re.compile(rb"<([A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)[\s/>]")
_MESSAGE = re.compile(rb"UNH(.)[^\x00-\x1f]{0,40}?\1([A-Z]{6})(.)(\w{1,3})\3(\w{1,3})")
SYNTAXES = ("json", "xml")


def local_name(tag: str) -> str:
    """Name of an element without its prefix."""
    return tag.rpartition(":")[2]


def xml_root(head: bytes) -> str | None:
    """Name of the root element, or of the one in a SOAP envelope; None for what is no XML."""
    text = re.sub(rb"<!--.*?-->", b"", head.replace(b"\x00", b""), flags=re.DOTALL)
    if not text.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return None
    names = [local_name(match[1].decode("ascii", "replace")) for match in _ELEMENT.finditer(text)]
    if names and names[0] in SOAP:
        body = names.index("Body") if "Body" in names else len(names)
        return next(iter(names[body + 1 :]), names[0])
    return names[0] if names else None


def edifact_message(head: bytes) -> tuple[str, str] | None:
    """Type and version of the first message of an interchange, as ``("CUSCAR", "D.95B")``."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"UNA", b"UNB")):
        return None
    found = _MESSAGE.search(head)
    return (found[2].decode(), f"{found[4].decode()}.{found[5].decode()}") if found else None


def syntax_of(head: bytes) -> str | None:
    """Syntax of a text, one of ``SYNTAXES``, where its beginning tells it."""
    if xml_root(head):
        return "xml"
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else None
