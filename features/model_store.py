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
        """Folder of the champion; None when none was released yet.

        Raises
        ------
        BundleError
            When it is not in the store, or nobody can read which it is.
        """
        name = self._pointed()
        return None if name is None else self.path(name)

    def mark(self) -> tuple[object, ...]:
        """What changes whenever another bundle becomes the champion, or a file of the champion is written anew."""
        pointer = self.folder / _CHAMPION
        try:
            name = self._pointed()
            files = [] if name is None else sorted((self.folder / name).glob("*"))
        except (BundleError, OSError, ValueError):  # junk; whoever loads the champion says so
            files = []
        return tuple(_state(path) for path in (pointer, *files))

    def promote(self, name: str) -> None:
        """Make a signed bundle the champion, in one step that a crash cannot leave half done."""
        if not (self.path(name) / SIGNATURE).exists():
            raise BundleError(f"{name} is not signed. Approve it with `parcel-risk approve`.")
        # What a crash leaves behind the champion never served, so that it is dropped here.
        self._replace(_HISTORY, [*self._served(), name])
        self._replace(_CHAMPION, [name])

    def before_champion(self) -> Path:
        """Folder of the bundle that served before the champion.

        Raises
        ------
        BundleError
            When none served before, or it is no longer in the store.
        """
        before = self.predecessors()
        if not before:
            raise BundleError("no bundle served before this one, so there is nothing to roll back to.")
        return self.path(before[0])

    def predecessors(self) -> list[str]:
        """Names of the bundles that served before the champion, the latest first."""
        return self._served()[-2::-1]

    def roll_back(self) -> None:
        """Make the bundle that served before the champion the champion again, in steps that a crash cannot undo."""
        served, before = self._served(), self.before_champion().name
        self._replace(_CHAMPION, [before])
        self._replace(_HISTORY, served[:-1])

    def _pointed(self) -> str | None:
        """Name of the champion, whether it is there or not."""
        pointer = self.folder / _CHAMPION
        return _text(pointer).strip() if pointer.exists() else None

    def _served(self) -> list[str]:
        """All that served, the champion last; a name that a crash left behind it never served."""
        history, champion = self.folder / _HISTORY, self._pointed()
        names = _text(history).splitlines() if history.exists() else []
        while names and names[-1] != champion:
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

    def _replace(self, file: str, names: list[str]) -> None:
        """Write a file as a whole and durably: a crash leaves the one before it, or this one."""
        partial = self.folder / f".{file}.new"
        with partial.open("w", encoding="utf-8") as written:
            written.write("".join(f"{name}\n" for name in names))
            written.flush()
            os.fsync(written.fileno())
        os.replace(partial, self.folder / file)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise BundleError(f"{path.name} of the model store cannot be read. Approve the bundle again.") from error


def _state(path: Path) -> tuple[str, int, int]:
    """Name, time and size of a file; -1 where it is gone."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return path.name, -1, -1
    return path.name, found.st_mtime_ns, found.st_size
