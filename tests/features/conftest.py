"""A small bundle, its signature, and the key that made it."""

from __future__ import annotations

import json
import shutil
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


@pytest.fixture(scope="session")
def written_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unsigned bundle, from which tests take copies."""
    return write_a_bundle(tmp_path_factory.mktemp("written") / "parcel-risk-1")


@pytest.fixture
def folder(written_once: Path, tmp_path: Path) -> Path:
    """Write an unsigned bundle."""
    return Path(shutil.copytree(written_once, tmp_path / "models" / "parcel-risk-1"))


@pytest.fixture
def signed(folder: Path, key: Path) -> Path:
    """Write a signed bundle."""
    signature = sign(bundle.digest_of(folder), name="A. Approver", key=key, signed_at=SIGNED_AT)
    (folder / bundle.SIGNATURE).write_text(json.dumps(signature.as_dict()), "utf-8")
    return folder
