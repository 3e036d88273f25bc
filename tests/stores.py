"""An empty store for an installation of a test: copied, because making its tables takes longer than most tests."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from serving.settings import Settings
from serving.store import Store


def put_store(settings: Settings) -> Settings:
    """Put an empty store into the home folder of an installation that has none."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.home / "parcel-risk.db"
    path.touch(mode=0o600)
    path.write_bytes(_empty())
    return settings


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parcel-risk.db"
        Store(f"sqlite:///{path}").close()
        assert [one.name for one in Path(folder).iterdir() if one.name.endswith(("-wal", "-journal"))] == []
        return path.read_bytes()
