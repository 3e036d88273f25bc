"""Which model serves: the verified champion, else the last good one before it, else the reference, else none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from features import bundle
from features.bundle import Bundle
from features.identity import IdentityKey
from features.model_store import ModelStore
from features.parcel.problems import BundleError
from features.signing import verify

_log = structlog.get_logger()
_REFERENCE = "The reference model answers: trained on synthetic data, not for real mail"


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The serving bundle.

    Attributes
    ----------
    problem:
        Why there is none, or why it is not the champion; None where it is.
    is_approved:
        Whether a named person has approved the bundle, as for one that served before a champion that is refused.
    """

    bundle: Bundle | None
    problem: str | None
    is_approved: bool = False

    @property
    def degraded(self) -> str | None:
        """What the answers lack, in two words; None when an approved model gives them."""
        if self.problem is None or self.is_approved:
            return None
        return "reference model" if self.bundle else "no model"

    @property
    def bundle_id(self) -> str | None:
        """Name and digest of the bundle; None without one."""
        return self.bundle.bundle_id if self.bundle else None


def load_champion(
    models: ModelStore, trusted: frozenset[str], serving: Champion | None = None, *, identity: IdentityKey | None = None
) -> Champion:
    """Load and verify the champion; one that does not verify is not served, and the service continues without it.

    Parameters
    ----------
    serving:
        What serves now: it stays where the champion is refused, unless its approver is trusted no longer.
    identity:
        Key under which words of bundles are looked up.
    """
    try:
        folder = models.champion()
        if folder is None and (serving is None or not serving.is_approved):
            return _reference(models, identity, "no bundle was approved yet; see `parcel-risk approve`")
        if folder is None:
            raise BundleError("the file CHAMPION of the model store is gone. Approve the bundle again.")
        return Champion(bundle=_loaded(folder, trusted, identity), problem=None, is_approved=True)
    except BundleError as error:
        return _instead(models, trusted, str(error), serving, identity)


def _instead(
    models: ModelStore, trusted: frozenset[str], refused: str, serving: Champion | None, identity: IdentityKey | None
) -> Champion:
    """What serves while the champion is refused."""
    if serving is not None and serving.bundle is not None and serving.is_approved and _trusts(trusted, serving.bundle):
        return _before(serving.bundle, refused)
    for name in _predecessors(models):
        try:
            return _before(_loaded(models.path(name), trusted, identity), refused)
        except BundleError as error:
            _log.error("a bundle of before is refused", bundle=name, reason=str(error))
    return _reference(models, identity, refused)


def _before(found: Bundle, refused: str) -> Champion:
    return Champion(
        bundle=found, problem=f"{refused} {found.bundle_id}, which was approved before, answers.", is_approved=True
    )


def _predecessors(models: ModelStore) -> list[str]:
    try:
        return models.predecessors()
    except BundleError:
        return []


def _trusts(trusted: frozenset[str], found: Bundle) -> bool:
    try:
        if found.signature is not None:
            verify(found.signature, trusted=trusted)
    except BundleError:
        return False
    return found.signature is not None


def _reference(models: ModelStore, identity: IdentityKey | None, reason: str) -> Champion:
    """The reference bundle where the model store has it: better than chance alone, and reported as no more."""
    folder = models.reference()
    if folder is None:
        return Champion(bundle=None, problem=reason)
    try:
        return Champion(bundle=_loaded(folder, None, identity), problem=f"{reason.removesuffix('.')}. {_REFERENCE}")
    except BundleError as error:
        return Champion(bundle=None, problem=f"{reason.removesuffix('.')}. {error}")


def _loaded(folder: Path, trusted: frozenset[str] | None, identity: IdentityKey | None) -> Bundle:
    """The verified bundle; that LightGBM has to evaluate it costs time and no quality, so it is logged and no more."""
    loaded = bundle.load(folder, trusted=trusted, identity=identity)
    if loaded.evaluation.problem:
        _log.warning("LightGBM evaluates the model", bundle=loaded.bundle_id, reason=loaded.evaluation.problem)
    return loaded
