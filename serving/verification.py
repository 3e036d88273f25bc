"""What `parcel-risk verify` found, signed and kept: after an upgrade nothing of before can be compared.

A result names the log by the digest of its newest segment, the versions that were compared, and what was found. Whoever
has the public key of the installation can check it offline.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from features.catalogue import catalogue
from features.identity import DERIVATION
from features.parcel.problems import BundleError, StoreError
from features.signing import VERIFICATION, Signature, public_key_of, sign, verify
from serving.keys import VERIFIER
from serving.office.checkpoints import Checkpoints
from serving.office.exchanging import ContactPoint
from serving.office.verifying import Verified
from serving.settings import Settings

FOLDER = "verifications"


@dataclass(frozen=True, kw_only=True)
class Result:
    """A kept result.

    Attributes
    ----------
    program, catalogue, derivation:
        Versions that computed the rows which were compared.
    newest_segment, n_segments:
        Digest, in hex, of the newest sealed segment, which names all before it; empty where nothing is sealed.
    found:
        What was counted, see `serving.office.verifying.Verified`.
    """

    program: str
    catalogue: str
    derivation: int
    newest_segment: str
    n_segments: int
    found: Verified

    def digest(self) -> str:
        """SHA-256 of what is said, in hex."""
        return hashlib.sha256(_canonical(asdict(self))).hexdigest()


def keep(settings: Settings, found: Verified, segments: list[str], at: datetime) -> Path:
    """Sign what was found and write it below ``verifications``; return the file."""
    result = Result(
        program=version("parcel-risk"),
        catalogue=catalogue().fingerprint,
        derivation=DERIVATION,
        newest_segment=segments[-1] if segments else "",
        n_segments=len(segments),
        found=found,
    )
    signature = sign(
        result.digest(),
        name="installation",
        key=settings.keys / VERIFIER,
        signed_at=at.isoformat(timespec="seconds"),
        purpose=VERIFICATION,
    )
    path = settings.home / FOLDER / f"{at:%Y-%m-%dT%H%M%S%f}-{found.last_seq}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"result": asdict(result), "signature": signature.as_dict()}, indent=2), "utf-8")
    return path


def read(path: Path, public_key: str) -> tuple[Result, Signature]:
    """A kept result whose signature was made with the private key of `public_key` (hex).

    Raises
    ------
    StoreError
        When it cannot be read, was changed, or is signed with another key.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        said = document["result"]
        result = Result(**{**said, "found": Verified(**said["found"])})
        signature = Signature(**document["signature"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path.name}: this is no result of verify. Give a file from {FOLDER}.") from error
    try:
        verify(signature, trusted=frozenset({public_key}), purpose=VERIFICATION)
    except BundleError as error:
        raise StoreError(f"{path.name}: {error}") from error
    if signature.digest != result.digest():
        raise StoreError(f"{path.name}: the result was changed after it was signed.")
    return result, signature


def public_key(settings: Settings) -> str:
    """Public key of the installation, in hex."""
    return public_key_of(settings.keys / VERIFIER)


def checkpoints_of(settings: Settings) -> Checkpoints:
    """Checkpoints of the audit, which the same key signs."""
    return Checkpoints(settings.checkpoints, settings.keys / VERIFIER)


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def contact_point_of(settings: Settings) -> ContactPoint:
    """The contact point of this authority, which signs with the key of the installation."""
    return ContactPoint(
        here=settings.authority,
        partners_file=settings.partners_file or settings.home / "partners.toml",
        key=settings.keys / VERIFIER,
        comparison_key=settings.keys / "comparison.key",
    )
