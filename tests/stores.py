"""Stores for installations of tests: copied, because making one takes longer than most tests."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from serving.settings import Settings
from serving.store import Store


def put_store(settings: Settings) -> Settings:
    """Put an empty store into the home folder of an installation that has none."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    empty_store(settings.home / "parcel-risk.db")
    return settings


def empty_store(path: Path) -> Path:
    """Put an empty store at `path`."""
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    return path


def put_past(settings: Settings, past: Path) -> Settings:
    """Put the store of another installation with the same keys, which nobody has open, into a home folder."""
    put_store(settings)
    shutil.copyfile(past / "parcel-risk.db", settings.home / "parcel-risk.db")
    shutil.copytree(past / "vault", settings.home / "vault")
    return settings


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parcel-risk.db"
        Store(f"sqlite:///{path}").close()
        assert [one.name for one in Path(folder).iterdir() if one.name.endswith(("-wal", "-journal"))] == []
        return path.read_bytes()
