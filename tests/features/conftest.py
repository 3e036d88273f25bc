"""A small bundle, its signature, and the key that made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features import bundle
from features.signing import new_key, sign
from tests.builders import write_a_bundle

SIGNED_AT = "2026-11-02T08:15:00+00:00"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Private key of an approver."""
    new_key(tmp_path / "approver.pem")
    return tmp_path / "approver.pem"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write an unsigned bundle."""
    return write_a_bundle(tmp_path / "models" / "parcel-risk-1")


@pytest.fixture
def signed(folder: Path, key: Path) -> Path:
    """Write a signed bundle."""
    signature = sign(bundle.digest_of(folder), name="A. Approver", key=key, signed_at=SIGNED_AT)
    (folder / bundle.SIGNATURE).write_text(json.dumps(signature.as_dict()), "utf-8")
    return folder
