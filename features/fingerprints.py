"""Fingerprints of single features: whether this installation still computes what a released model reads.

The fingerprint of a feature is a digest of its name, unit, kind and values on the golden log. A bundle is refused only
when one of the features that it reads has changed or is gone; other features may come and go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from features.catalogue import Catalogue, golden_values, identity_of

TABLE = "pinned_fingerprints.json"
"""Package data: what bundles of format 2, which name their whole catalogue only, were trained with."""


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """Features as they were computed when a model was trained.

    Attributes
    ----------
    n_golden:
        Parcels of the golden log that the fingerprints cover. Parcels appended to it later change no earlier row, so
        that a bundle is compared by the parcels that were there.
    features:
        Fingerprint by name, in the order in which the model reads them.
    """

    n_golden: int
    features: Mapping[str, str]

    def only(self, names: Iterable[str]) -> Pinned:
        """Those of `names`; a name that was not in the catalogue has an empty fingerprint, which no feature has."""
        return Pinned(n_golden=self.n_golden, features={name: self.features.get(name, "") for name in names})


def pinned(of: Catalogue, names: Iterable[str]) -> Pinned:
    """Fingerprints of the features `names` as the catalogue `of` computes them."""
    n_golden = golden_values(of).shape[0]
    return Pinned(n_golden=n_golden, features={name: fingerprint(of, name, n_golden) for name in names})


def pinned_by(catalogue_fingerprint: str) -> Pinned | None:
    """Fingerprints of all features of an earlier catalogue; None for one that the shipped table does not hold."""
    return _table().get(catalogue_fingerprint)


def fingerprint(of: Catalogue, name: str, n_golden: int) -> str:
    """Fingerprint of one feature on the first `n_golden` parcels of the golden log."""
    values = golden_values(of)[:n_golden, of.column(name)]
    return hashlib.sha256(identity_of(of[name]) + values.tobytes()).hexdigest()[:16]


def differences(trained: Pinned, of: Catalogue) -> list[str]:
    """Features of `trained` that `of` does not compute alike, each with what became of it; empty when all is well."""
    n_golden = trained.n_golden if trained.n_golden <= golden_values(of).shape[0] else 0
    return [
        f"{name} ({'changed' if name in of else 'gone'})"
        for name, expected in trained.features.items()
        if name not in of or fingerprint(of, name, n_golden) != expected
    ]


def table_of(catalogues: Iterable[Catalogue]) -> str:
    """Text of the shipped table for `catalogues`."""
    document: dict[str, Any] = {}
    for one in catalogues:
        all_features = pinned(one, one.names)
        document[one.fingerprint] = {"n_golden": all_features.n_golden, "features": all_features.features}
    return json.dumps(document, indent=1) + "\n"


@cache
def _table() -> dict[str, Pinned]:
    document = json.loads(files("features").joinpath(TABLE).read_text("utf-8"))
    return {name: Pinned(n_golden=entry["n_golden"], features=entry["features"]) for name, entry in document.items()}
