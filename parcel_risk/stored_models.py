"""Bundles as commands load them from the model store of an installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from serving.settings import Settings

if TYPE_CHECKING:
    from features.bundle import Bundle
    from features.identity import IdentityKey
    from serving.office.champion import Champion


def identity_of(settings: Settings) -> IdentityKey:
    """Key under which an installation looks up the words of its bundles.

    Raises
    ------
    StoreError
        When it is missing.
    """
    from features.identity import IdentityKey

    return IdentityKey(settings.secret("identity"))


def _key_at_hand(settings: Settings) -> IdentityKey | None:
    """The same key; None where the installation has none: bundles whose words are in the clear need none."""
    return identity_of(settings) if (settings.keys / "identity.key").exists() else None


def loaded(settings: Settings, folder: Path) -> Bundle:
    """A verified bundle that can score here, signed or not.

    Raises
    ------
    BundleError
        When it does not verify, or its words are under the identity key of another installation.
    """
    from features import bundle

    return bundle.load(folder, trusted=None, identity=_key_at_hand(settings))


def serving_model(settings: Settings) -> Champion:
    """What the service would answer with."""
    from features.model_store import ModelStore
    from serving.office.champion import load_champion

    return load_champion(ModelStore(settings.models_dir), settings.trusted(), identity=_key_at_hand(settings))
