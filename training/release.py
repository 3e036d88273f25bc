"""Release: a named person signs a bundle, and it becomes the champion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from features import bundle
from features.bundle import SIGNATURE, Bundle
from features.shelf import Shelf
from features.signing import public_key_of, sign


def release(shelf: Shelf, name: str, *, approver: str, key: Path, now: datetime | None = None) -> Bundle:
    """Sign the bundle `name` as `approver` and promote it.

    The bundle is verified first, with all its golden rows, and again with the new signature.

    Raises
    ------
    BundleError
        When the bundle does not verify or the key is not usable.
    """
    folder = shelf.path(name)
    bundle.load(folder, trusted=None)
    signed_at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    signature = sign(bundle.digest_of(folder), name=approver, key=key, signed_at=signed_at)
    (folder / SIGNATURE).write_text(json.dumps(signature.as_dict(), indent=1) + "\n", "utf-8")
    released = bundle.load(folder, trusted=frozenset({public_key_of(key)}))
    shelf.promote(name)
    return released
