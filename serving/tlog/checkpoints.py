"""Checkpoints of a tree: origin, size and root, signed by the log and cosigned by witnesses (C2SP tlog-checkpoint).

A signature of the log is one over the body (ed25519, key type 1); a cosignature of a witness also says when (key type
4). The name before a signature is the origin for the log, and the name of the witness for a cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from features.parcel.problems import StoreError
from features.signing import is_genuine, public_key_of, sign_bytes
from serving.tlog.tree import N_BYTES

LOG, WITNESS = 1, 4
"""Types of keys, see C2SP signed-note."""
_N_ID, _N_TIME, _N_SIGNATURE = 4, 8, 64
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of signature: who, an identifier of the key, and the signature, of a witness with its time before it."""

    name: str
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """As it is written."""
        return f"\N{EM DASH} {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A tree of `size` leaves with its `root`, as the log `origin` signed it; `more` are further lines of the body."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    def body(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.more))

    def text(self) -> str:
        """The whole note."""
        return self.body() + "\n" + "".join(line.text() for line in self.lines)


def origin_of(public_key: str) -> str:
    """Name of the log of an installation, by its public key (hex)."""
    return f"parcel-risk/audit/{public_key[:16]}"


def signed(size: int, root: bytes, key: Path) -> Checkpoint:
    """Checkpoint of the log of an installation, signed with its private key in a file."""
    public_key = public_key_of(key)
    plain = Checkpoint(origin=origin_of(public_key), size=size, root=root)
    signature = sign_bytes(plain.body().encode(), key)
    line = Line(name=plain.origin, key_id=key_id(plain.origin, LOG, public_key), signature=signature)
    return replace(plain, lines=(line,))


def cosigned(checkpoint: Checkpoint, name: str, key: Path, at: datetime) -> Checkpoint:
    """Checkpoint with one more line: the witness `name` saw it at a time.

    Raises
    ------
    StoreError
        When the name has blanks or a plus.
    """
    if not _NAME.fullmatch(name):
        raise StoreError(f"{name!r} cannot be the name of a witness. Choose one without blanks and plus.")
    seconds = int(at.timestamp())
    signature = sign_bytes(_cosigned(checkpoint, seconds), key)
    line = Line(
        name=name,
        key_id=key_id(name, WITNESS, public_key_of(key)),
        signature=seconds.to_bytes(_N_TIME, "big") + signature,
    )
    return replace(checkpoint, lines=(*checkpoint.lines, line))


def is_signed(checkpoint: Checkpoint, public_key: str) -> bool:
    """Whether the log that has the public key (hex) signed it under its own name."""
    wanted = (checkpoint.origin, key_id(checkpoint.origin, LOG, public_key))
    given = [line.signature for line in checkpoint.lines if (line.name, line.key_id) == wanted]
    return any(is_genuine(checkpoint.body().encode(), one, public_key) for one in given)


def witnessed_at(checkpoint: Checkpoint, verifier: str) -> datetime | None:
    """When the witness, named by its verifier key, cosigned it; None when it did not.

    Raises
    ------
    StoreError
        When the verifier key cannot be read.
    """
    name, public_key = _witness(verifier)
    wanted = (name, key_id(name, WITNESS, public_key))
    for line in checkpoint.lines:
        seconds = int.from_bytes(line.signature[:_N_TIME], "big")
        is_of_witness = (line.name, line.key_id) == wanted
        if is_of_witness and is_genuine(_cosigned(checkpoint, seconds), line.signature[_N_TIME:], public_key):
            return datetime.fromtimestamp(seconds, UTC)
    return None


def verifier_key(name: str, kind: int, public_key: str) -> str:
    """Public key of a log or a witness with its name, as C2SP signed-note writes it."""
    given = base64.b64encode(bytes([kind]) + bytes.fromhex(public_key)).decode()
    return f"{name}+{key_id(name, kind, public_key).hex()}+{given}"


def key_id(name: str, kind: int, public_key: str) -> bytes:
    """Identifier of a key, which tells only which one to try."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + bytes.fromhex(public_key)).digest()[:_N_ID]


def read_checkpoint(text: str, what: str = "the text") -> Checkpoint:
    """Checkpoint in a text; its signatures are not checked.

    Raises
    ------
    StoreError
        When it is none; `what` names where it came from.
    """
    try:
        return _read(text)
    except ValueError as error:
        raise StoreError(f"{what} is no checkpoint: {error}. Give one as `audit checkpoint` writes it.") from error


def _read(text: str) -> Checkpoint:
    body, blank, rest = text.partition("\n\n")
    lines = body.split("\n")
    if not blank or len(lines) < 3 or not all(lines) or not _NAME.fullmatch(lines[0]):
        raise ValueError("origin, size, root and an empty line are missing")
    origin, size, root, *more = lines
    if not _SIZE.fullmatch(size):
        raise ValueError("its second line is no size")
    if not rest.endswith("\n"):
        raise ValueError("it is cut off, or has no signature")
    signatures = tuple(_line(one) for one in rest[:-1].split("\n"))
    return Checkpoint(origin=origin, size=int(size), root=_bytes(root, N_BYTES), more=tuple(more), lines=signatures)


def _line(text: str) -> Line:
    mark, *given = text.split(" ")
    if mark != "\N{EM DASH}" or len(given) != 2 or not _NAME.fullmatch(given[0]):
        raise ValueError("a line of signature cannot be read")
    raw = _bytes(given[1])
    return Line(name=given[0], key_id=raw[:_N_ID], signature=raw[_N_ID:])


def _bytes(text: str, n: int | None = None) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a line is not in base64") from None
    if base64.b64encode(found).decode() != text or n not in (None, len(found)):
        raise ValueError("a line is not in base64 of the right length")
    return found


def _cosigned(checkpoint: Checkpoint, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{checkpoint.body()}".encode()


def _witness(verifier: str) -> tuple[str, str]:
    name, _, rest = verifier.partition("+")
    identifier, _, given = rest.partition("+")
    try:
        key = _bytes(given, 1 + N_BYTES)
    except ValueError:
        key = b""
    public_key = key[1:].hex()
    if key[:1] != bytes([WITNESS]) or key_id(name, WITNESS, public_key).hex() != identifier:
        raise StoreError("this is no verifier key of a witness. Give the line that `audit cosign` printed.")
    return name, public_key
