"""A folder into which a test writes one file and reads it with the format adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from features.parcel.reference import shipped_reference
from features.sources import Mapping, Reading, read_file

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write text as a CSV file and read it, with a mapping where one is given."""

    def write_and_read(text: str | bytes, mapping: str | None = None) -> Reading:
        path = tmp_path / "manifest.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if mapping is None:
            return read_file(path, reference=shipped_reference())
        (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
        return read_file(path, Mapping.from_toml(tmp_path / "mapping.toml"), reference=shipped_reference())

    return write_and_read
