"""The shelf: the folder of bundles, and which of them is the champion."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from features.bundle import META, SIGNATURE
from features.parcel.problems import BundleError

_CHAMPION = "CHAMPION"


@dataclass(frozen=True)
class Shelf:
    """A models folder. The file ``CHAMPION`` in it holds the name of the bundle that serves."""

    folder: Path

    def names(self) -> list[str]:
        """Bundles on the shelf, oldest first."""
        return sorted(path.parent.name for path in self.folder.glob(f"*/{META}"))

    def path(self, name: str) -> Path:
        """Folder of the bundle `name`.

        Raises
        ------
        BundleError
            When it is not on the shelf.
        """
        if name not in self.names():
            known = ", ".join(self.names()) or "none; make one with `parcel-risk train`"
            raise BundleError(f"there is no bundle {name!r} in {self.folder}. Bundles there: {known}.")
        return self.folder / name

    def latest(self) -> Path:
        """Folder of the newest bundle."""
        names = self.names()
        if not names:
            raise BundleError(f"there is no bundle in {self.folder}. Make one with `parcel-risk train`.")
        return self.folder / names[-1]

    def champion(self) -> Path | None:
        """Folder of the champion; None when none was released yet."""
        pointer = self.folder / _CHAMPION
        return self.path(pointer.read_text("utf-8").strip()) if pointer.exists() else None

    def promote(self, name: str) -> None:
        """Make a signed bundle the champion, in one step that a crash cannot leave half done."""
        if not (self.path(name) / SIGNATURE).exists():
            raise BundleError(f"{name} is not signed. Release it with `parcel-risk release`.")
        beside = self.folder / f".{_CHAMPION}.new"
        beside.write_text(name + "\n", "utf-8")
        os.replace(beside, self.folder / _CHAMPION)
