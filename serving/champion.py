"""The model that serves: the verified champion, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from features import bundle
from features.bundle import Bundle
from features.parcel.problems import BundleError
from features.shelf import Shelf


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The serving bundle; `problem` says why there is none."""

    bundle: Bundle | None
    problem: str | None


def load_champion(shelf: Shelf, trusted: frozenset[str]) -> Champion:
    """Load and verify the champion; a bundle that does not verify is not served, and the service goes on without."""
    try:
        folder = shelf.champion()
        if folder is None:
            return Champion(bundle=None, problem="no bundle was released yet; see `parcel-risk release`")
        return Champion(bundle=bundle.load(folder, trusted=trusted), problem=None)
    except BundleError as error:
        return Champion(bundle=None, problem=str(error))
