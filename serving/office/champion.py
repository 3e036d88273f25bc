"""The model that serves: the verified champion, else the reference model, else the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from features import bundle
from features.bundle import Bundle
from features.model_store import ModelStore
from features.parcel.problems import BundleError


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The serving bundle; `problem` says why there is none, or why it is only the reference model."""

    bundle: Bundle | None
    problem: str | None

    @property
    def degraded(self) -> str | None:
        """What the answers lack, in two words; None when an approved model gives them."""
        if self.problem is None:
            return None
        return "reference model" if self.bundle else "no model"


def load_champion(models: ModelStore, trusted: frozenset[str]) -> Champion:
    """Load and verify the champion; a bundle that does not verify is not served, and the service continues without."""
    try:
        folder = models.champion()
        if folder is None:
            return _reference(models)
        return Champion(bundle=bundle.load(folder, trusted=trusted), problem=None)
    except BundleError as error:
        return Champion(bundle=None, problem=str(error))


def _reference(models: ModelStore) -> Champion:
    """The reference bundle where the model store has it: better than chance alone, and reported as no more."""
    none_yet = "no bundle was approved yet; see `parcel-risk approve`"
    folder = models.reference()
    if folder is None:
        return Champion(bundle=None, problem=none_yet)
    return Champion(
        bundle=bundle.load(folder, trusted=None),
        problem=f"{none_yet}. The reference model answers: trained on synthetic data, not for real mail",
    )
