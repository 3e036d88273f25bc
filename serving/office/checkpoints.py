"""The checkpoints that an installation has signed: one file each, apart from the database and its backups.

A file is the signed note itself. Another authority may add its line to a copy, which then replaces the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from features.parcel.problems import StoreError
from features.signing import public_key_of
from serving.tlog.checkpoints import Checkpoint, is_signed, origin_of, read_checkpoint, signed

_SUFFIX = ".checkpoint"


@dataclass(frozen=True)
class Checkpoints:
    """Folder of the checkpoints, and the file of the private key that signs them."""

    folder: Path
    key: Path

    @property
    def public_key(self) -> str:
        """Public key, in hex, under which they are checked."""
        return public_key_of(self.key)

    @property
    def origin(self) -> str:
        """Name of this log."""
        return origin_of(self.public_key)

    def files(self) -> list[Path]:
        """Files of those that are kept, smallest tree first."""
        return sorted(self.folder.glob(f"*{_SUFFIX}"))

    def newest(self) -> Checkpoint | None:
        """Checkpoint of the largest tree; None where there is none."""
        kept = self.files()
        return read_file(kept[-1]) if kept else None

    def keep(self, size: int, root: bytes) -> Path:
        """Sign a checkpoint and keep it; return its file, which survives a power cut."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{size:018d}{_SUFFIX}"
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(signed(size, root, self.key).text())
            file.flush()
            os.fsync(file.fileno())
        return part.replace(path)

    def set_aside(self, path: Path) -> None:
        """Keep a file of them no longer as one that the audit must continue."""
        path.rename(path.with_suffix(".not-continued"))


def read_file(path: Path) -> Checkpoint:
    """Checkpoint in a file.

    Raises
    ------
    StoreError
        When it is none.
    """
    return read_checkpoint(text_of(path), path.name)


def text_of(path: Path) -> str:
    """Text of a small file.

    Raises
    ------
    StoreError
        When it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{path.name} cannot be read as a text ({type(error).__name__}). Give another file."
        ) from error


def refuse_unsigned(checkpoint: Checkpoint, public_key: str, what: str) -> None:
    """Refuse a checkpoint that the log of the public key (hex) did not sign.

    Raises
    ------
    StoreError
        When it did not.
    """
    if not is_signed(checkpoint, public_key):
        raise StoreError(
            f"{what} is not signed with the key {public_key}: it was changed, or belongs to another installation. "
            "Give its key with --key."
        )
