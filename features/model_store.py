"""The model store: the folder of bundles, and which of them is the champion."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from features.bundle import META, SIGNATURE, Reference, digest_of
from features.bundle.meta import from_json
from features.parcel.problems import BundleError

_CHAMPION, _HISTORY = "CHAMPION", "CHAMPIONS"
REFERENCE = "reference"
"""Name of the bundle that comes with the project: trained on synthetic data, approved by nobody."""


@dataclass(frozen=True)
class ModelStore:
    """A models folder.

    The file ``CHAMPION`` in it holds the name of the bundle that serves, ``CHAMPIONS`` all that did, the latest last.
    """

    folder: Path

    def names(self) -> list[str]:
        """Bundles in the store but for the reference, oldest first."""
        metas = [path for path in self.folder.glob(f"*/{META}") if path.parent.name != REFERENCE]
        return [path.parent.name for path in sorted(metas, key=lambda path: (path.stat().st_mtime_ns, path))]

    def path(self, name: str) -> Path:
        """Folder of the bundle `name`.

        Raises
        ------
        BundleError
            When it is not in the store.
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
            raise BundleError(f"{name} is not signed. Approve it with `parcel-risk approve`.")
        with (self.folder / _HISTORY).open("a", encoding="utf-8") as history:
            history.write(name + "\n")
        self._point_to(name)

    def before_champion(self) -> Path:
        """Folder of the bundle that served before the champion.

        Raises
        ------
        BundleError
            When none served before, or it is no longer in the store.
        """
        served = self._served()
        if len(served) < 2:
            raise BundleError("no bundle served before this one, so there is nothing to roll back to.")
        return self.path(served[-2])

    def roll_back(self) -> None:
        """Make the bundle that served before the champion the champion again."""
        served, before = self._served(), self.before_champion().name
        self._point_to(before)
        (self.folder / _HISTORY).write_text("\n".join(served[:-1]) + "\n", "utf-8")

    def _served(self) -> list[str]:
        """All that served, the champion last; a name that a crash left behind it never served."""
        history, champion = self.folder / _HISTORY, self.champion()
        names = history.read_text("utf-8").splitlines() if history.exists() else []
        while names and champion and names[-1] != champion.name:
            names.pop()
        return names

    def reference(self) -> Path | None:
        """Folder of the reference bundle; None when it is not there."""
        return self.folder / REFERENCE if (self.folder / REFERENCE / META).exists() else None

    def population(self, bundle_id: str) -> Reference | None:
        """Reference population of a bundle, by name and digest; None where the bundle is gone or is another one now.

        Its numbers are under the digest; nothing else of the bundle is read.
        """
        name, _, digest = bundle_id.rpartition("@")
        for folder in (self.folder / one for one in (*self.names(), REFERENCE)):
            path = folder / META
            if path.exists() and digest and digest_of(folder).startswith(digest):
                meta, _ = from_json(path.read_text("utf-8"), name)
                return meta.reference
        return None

    def _point_to(self, name: str) -> None:
        partial = self.folder / f".{_CHAMPION}.new"
        partial.write_text(name + "\n", "utf-8")
        os.replace(partial, self.folder / _CHAMPION)
