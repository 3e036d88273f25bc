"""The model that serves: the verified champion, else the reference model, else the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from features import bundle
from features.bundle import Bundle
from features.model_store import ModelStore
from features.parcel.problems import BundleError

_log = structlog.get_logger()


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
        return Champion(bundle=_loaded(folder, trusted), problem=None)
    except BundleError as error:
        return Champion(bundle=None, problem=str(error))


def _reference(models: ModelStore) -> Champion:
    """The reference bundle where the model store has it: better than chance alone, and reported as no more."""
    none_yet = "no bundle was approved yet; see `parcel-risk approve`"
    folder = models.reference()
    if folder is None:
        return Champion(bundle=None, problem=none_yet)
    return Champion(
        bundle=_loaded(folder, None),
        problem=f"{none_yet}. The reference model answers: trained on synthetic data, not for real mail",
    )


def _loaded(folder: Path, trusted: frozenset[str] | None) -> Bundle:
    """The verified bundle; that LightGBM has to evaluate it costs time and no quality, so it is logged and no more."""
    loaded = bundle.load(folder, trusted=trusted)
    if loaded.evaluation.problem:
        _log.warning("LightGBM evaluates the model", bundle=loaded.bundle_id, reason=loaded.evaluation.problem)
    return loaded
