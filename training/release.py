"""Release: a named person signs a bundle, and it becomes the champion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from features import bundle
from features.bundle import SIGNATURE, Bundle
from features.parcel.problems import BundleError
from features.shelf import Shelf
from features.signing import public_key_of, sign


def release(
    shelf: Shelf, name: str, *, approver: str, key: Path, trusted: frozenset[str], now: datetime | None = None
) -> Bundle:
    """Sign the bundle `name` as `approver` and promote it.

    The key must be one that this installation trusts. The bundle is verified first, with all its golden rows, and again
    with the new signature.

    Raises
    ------
    BundleError
        When the bundle does not verify, or the key is not usable or not trusted here; nothing is changed then.
    """
    folder = shelf.path(name)
    if public_key_of(key) not in trusted:
        raise BundleError(
            f"the key {key.name} is not trusted by this installation, so nothing was released. Use a trusted key, or "
            "have whoever is responsible add its public half to the file of trusted approvers."
        )
    bundle.load(folder, trusted=None)
    signed_at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    signature = sign(bundle.digest_of(folder), name=approver, key=key, signed_at=signed_at)
    (folder / SIGNATURE).write_text(json.dumps(signature.as_dict(), indent=1) + "\n", "utf-8")
    released = bundle.load(folder, trusted=trusted)
    shelf.promote(name)
    return released
