"""Ed25519 signatures: who released a bundle or checked a log, and is that key trusted here."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.parcel.problems import BundleError


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature under a digest, by a person or an installation; `note` says what was unusual, and is signed too."""

    name: str
    public_key: str
    signed_at: str
    digest: str
    signature: str
    note: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain values, for JSON."""
        return asdict(self)


BUNDLE, VERIFICATION, TYPOLOGY, EXCHANGE = "bundle", "verification", "typology", "exchange"
SORT_TABLE = "sort table"
"""What is signed: a signature under one is none under the other."""
_TRUST = {
    BUNDLE: "Add the public key to the file of trusted approvers, or release the bundle with a trusted key.",
    VERIFICATION: "It was made by another installation, or its key was exchanged.",
    SORT_TABLE: "Fetch the public key of the installation again, or the table from where it was made.",
    EXCHANGE: "Compare the key with the one that the partner published.",
    TYPOLOGY: "Add the public key of the office that signed it to the file of trusted approvers.",
}


def new_key(path: Path) -> str:
    """Write a new private key to `path`, readable by its owner only; return its public key in hex."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_secret(path, pem)
    return _public_hex(key)


def write_secret(path: Path, content: bytes) -> None:
    """Create `path` with mode 0600; an existing file is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def sign(digest: str, *, name: str, key: Path, signed_at: str, note: str = "", purpose: str = BUNDLE) -> Signature:
    """Sign `digest` as `name` with the private key in the file `key`.

    Raises
    ------
    BundleError
        When the file does not hold an unencrypted ed25519 private key in PEM.
    """
    signature = sign_bytes(_message(purpose, digest, name, signed_at, note), key)
    return Signature(
        name=name,
        public_key=public_key_of(key),
        signed_at=signed_at,
        digest=digest,
        signature=signature.hex(),
        note=note,
    )


def sign_bytes(message: bytes, key: Path) -> bytes:
    """Sign a message, whose first line says what it is, with the private key in the file `key`.

    Raises
    ------
    BundleError
        When the file does not hold an unencrypted ed25519 private key in PEM.
    """
    return _private(key).sign(message)


def is_genuine(message: bytes, signature: bytes, public_key: str) -> bool:
    """Whether a signature under a message was made with the private key of `public_key` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key_of(key: Path) -> str:
    """Public key, in hex, of the private key in the file `key`."""
    return _public_hex(_private(key))


def verify(signature: Signature, *, trusted: frozenset[str], purpose: str = BUNDLE) -> None:
    """Check that `signature` is genuine and made with one of the `trusted` public keys (hex).

    Raises
    ------
    BundleError
        When it is not.
    """
    if signature.public_key not in trusted:
        raise BundleError(f"signed by {signature.name!r} with a key that is not trusted here. {_TRUST[purpose]}")
    message = _message(purpose, signature.digest, signature.name, signature.signed_at, signature.note)
    if not is_genuine(message, _from_hex(signature.signature), signature.public_key):
        raise BundleError(f"the signature does not match: the {purpose} or its signature was changed.")


def _from_hex(text: str) -> bytes:
    """Bytes in hex; none, which is no signature of anything, where it is not hex."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(f"{path}: not readable as a private key. Make one with `parcel-risk init`.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"{path}: not an ed25519 key. Make one with `parcel-risk init`.")
    return key


def _public_hex(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()


def _message(purpose: str, digest: str, name: str, signed_at: str, note: str) -> bytes:
    return f"parcel-risk {purpose}\n{digest}\n{name}\n{signed_at}\n{note}\n".encode()
