"""Make the secret keys of an installation, once."""

from __future__ import annotations

import secrets
from pathlib import Path

from features.signing import new_key, public_key_of, write_secret
from serving.settings import Settings

SECRETS = ("identity", "personal", "draw", "session")
"""Entity keys, encryption of personal data, random draws, the station's cookie."""
APPROVER = "approver.pem"


def make_keys(settings: Settings, *, approver: str) -> list[Path]:
    """Make those keys that are missing and trust the local approver; return what was made.

    The approver's private key is made beside the others for a single-machine installation. Where approval matters, make
    it elsewhere, and put only its public key into the file of trusted approvers.
    """
    made: list[Path] = []
    for folder in (settings.home, settings.keys):
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
    for name in SECRETS:
        path = settings.keys / f"{name}.key"
        if not path.exists():
            write_secret(path, secrets.token_bytes(32))
            made.append(path)
    pem = settings.keys / APPROVER
    if not pem.exists():
        new_key(pem)
        made.append(pem)
    public = public_key_of(pem)
    if public not in settings.trusted():
        settings.approvers.parent.mkdir(parents=True, exist_ok=True)
        with settings.approvers.open("a", encoding="utf-8") as file:
            file.write(f"{public}  # {approver}\n")
        made.append(settings.approvers)
    return made
