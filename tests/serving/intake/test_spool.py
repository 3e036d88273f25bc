"""Spooled files: encrypted in frames that know their place."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from features.parcel.problems import SourceError
from serving.intake.spool import FRAME_BYTES, SealedWriter, opened

KEY = b"k" * 32


def spooled(path: Path, content: bytes) -> Path:
    writer = SealedWriter(path, KEY)
    writer.write(content)
    writer.close()
    return path


def read(path: Path, encoding: str | None = None) -> bytes:
    with opened(path, KEY, encoding=encoding, max_bytes=1 << 30) as file:
        return file.read()


def test_a_file_of_several_frames_is_read_as_it_was_written(tmp_path: Path) -> None:
    content = os.urandom(2 * FRAME_BYTES + 5)
    assert read(spooled(tmp_path / "a.plain", content)) == content


def test_frames_that_changed_places_are_not_read(tmp_path: Path) -> None:
    path = spooled(tmp_path / "a.plain", os.urandom(2 * FRAME_BYTES))
    sealed = path.read_bytes()
    half = len(sealed) // 2
    path.write_bytes(sealed[half:] + sealed[:half])
    with pytest.raises(InvalidTag):
        read(path)


def test_frames_of_another_file_are_not_read(tmp_path: Path) -> None:
    path = spooled(tmp_path / "a.plain", b"one")
    other = path.rename(tmp_path / "b.plain")
    with pytest.raises(InvalidTag):
        read(other)


@pytest.mark.parametrize(("n_bytes", "is_read"), [(200 << 10, True), (201 << 10, False)])
def test_a_small_file_unpacks_to_two_hundred_times_its_size_and_no_more(
    tmp_path: Path, n_bytes: int, is_read: bool
) -> None:
    packed = gzip.compress(bytes(n_bytes))
    assert len(packed) < 1 << 10
    path = spooled(tmp_path / "a.gzip", packed)
    if is_read:
        assert len(read(path, "gzip")) == n_bytes
    else:
        with pytest.raises(SourceError, match="unpacks to more than"):
            read(path, "gzip")
