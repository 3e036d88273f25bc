"""Approval: a named person who did not train the bundle signs it, and it becomes the champion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from features import bundle
from features.bundle import SIGNATURE, Bundle
from features.model_store import ModelStore
from features.parcel.problems import BundleError
from features.signing import public_key_of, sign


def approve(
    models: ModelStore,
    name: str,
    *,
    approver: str,
    key: Path,
    trusted: frozenset[str],
    override: str = "",
    now: datetime | None = None,
) -> Bundle:
    """Sign the bundle `name` as `approver` and promote it.

    The key must be one that this installation trusts. The bundle is verified first, with all its golden rows, and again
    with the new signature.

    Parameters
    ----------
    override:
        Why the person who trained the bundle approves it all the same; it is signed with the rest.

    Raises
    ------
    BundleError
        When the bundle does not verify, the key is not usable or not trusted here, or the approver trained the bundle
        and gives no reason; nothing is changed then.
    """
    folder = models.path(name)
    if public_key_of(key) not in trusted:
        raise BundleError(
            f"the key {key.name} is not trusted by this installation, so nothing was released. Use a trusted key, or "
            "have whoever is responsible add its public half to the file of trusted approvers."
        )
    if not approver.strip():
        raise BundleError("nobody is named as approver; give the name of the person who approves.")
    if models.champion() == folder:
        raise BundleError(f"{name} was approved already and serves; there is nothing to approve.")
    found = bundle.load(folder, trusted=None)
    _check_second_person(found, approver, override)
    signed_at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    signature = sign(bundle.digest_of(folder), name=approver, key=key, signed_at=signed_at, note=override)
    (folder / SIGNATURE).write_text(json.dumps(signature.as_dict(), indent=1) + "\n", "utf-8")
    approved = bundle.load(folder, trusted=trusted)
    models.promote(name)
    return approved


def roll_back(models: ModelStore, *, trusted: frozenset[str]) -> Bundle:
    """Make the champion before this one the champion again, after verifying it.

    Raises
    ------
    BundleError
        When there is none, or it no longer verifies; the present champion stays then.
    """
    before = models.before_champion()
    approved = bundle.load(before, trusted=trusted)
    models.roll_back()
    return approved


def _check_second_person(found: Bundle, approver: str, override: str) -> None:
    trained_by = str(found.meta.training.get("trained_by", ""))
    same = " ".join(trained_by.casefold().split()) == " ".join(approver.casefold().split())
    if same and not override:
        raise BundleError(
            f"{found.meta.name} was trained by {trained_by}; another person approves it. Where there is nobody else, "
            "give the reason with --override; it is signed and recorded."
        )
