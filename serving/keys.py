"""Make the secret keys of an installation, once."""

from __future__ import annotations

import secrets
from pathlib import Path

from features.signing import new_key, public_key_of, write_secret
from serving.settings import SECRET_BYTES, Settings

SECRETS = ("identity", "vault", "spool", "digest", "draw", "comparison", "tokens")
"""Entity keys, the vault, spooled files, recognition of repetitions, random draws, questions of partners
without names, access tokens."""
_BEFORE = {"digest": "personal"}
"""Secrets that had another duty as well before: an installation of then keeps their content, or would not recognise
what it has already."""
APPROVER = "approver.pem"
VERIFIER = "verifier.pem"
"""The installation's own key, under what it found when it compared its log with what was served."""


def make_keys(settings: Settings, *, approver: str) -> list[Path]:
    """Make those keys that are missing and trust the local approver; return what was made.

    The approver's private key is made with the others for a single-machine installation. Where approval matters, make
    it elsewhere, and put only its public key into the file of trusted approvers.
    """
    made = make_secrets(settings)
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


def make_secrets(settings: Settings) -> list[Path]:
    """Make those secrets, and the key of the installation, that are missing; return what was made."""
    for folder in (settings.home, settings.keys):
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
    made: list[Path] = []
    for name in SECRETS:
        path = settings.keys / f"{name}.key"
        if not path.exists():
            write_secret(path, _before(settings, name) or secrets.token_bytes(SECRET_BYTES))
            made.append(path)
    verifier = settings.keys / VERIFIER
    if not verifier.exists():
        new_key(verifier)
        made.append(verifier)
    return made


def _before(settings: Settings, name: str) -> bytes | None:
    """Content that the secret had under another name, where there was one."""
    earlier = _BEFORE.get(name, "")
    return settings.secret(earlier) if (settings.keys / f"{earlier}.key").exists() else None
