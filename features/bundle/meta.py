"""Content of ``bundle.json``: what a model reads, its calibration, its reference population, and how it was made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from features.catalogue import Catalogue
from features.declared.declare import Floats
from features.fingerprints import Pinned, differences, pinned, pinned_by
from features.parcel.problems import BundleError

FORMAT = 3
READABLE = (2, 3)
"""Format 2 names the fingerprint of its whole catalogue, format 3 those of the features that the model reads."""
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Beta calibration of Kull, Silva Filho and Flach (AISTATS 2017): strictly increasing for a, b > 0.

    Its two slopes meet where a score is one half. Scores of rare events lie far below, where one slope would have to
    do for all of them; `pivot` is the raw score (log-odds) at which they meet instead.
    """

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    pivot: float = 0.0

    def probability(self, raw: Floats) -> Floats:
        """Probability, 0..1, of each raw score (log-odds)."""
        beyond = raw - self.pivot
        # Less the logarithms of the score and of the rest: few operations, because one row pays for each.
        less_score, less_rest = np.logaddexp(0.0, -beyond), np.logaddexp(0.0, beyond)
        return 1.0 / (1.0 + np.exp(self.a * less_score - self.b * less_rest - self.c))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The population that thresholds refer to: raw scores reached by given shares of it.

    Attributes
    ----------
    shares:
        Shares of the population, ascending, 0..1.
    raw:
        Raw score that the share of the same index reaches.
    mean_root:
        Mean square root of the probability over the population.
    lane_roots:
        The same over the parcels of each lane that has enough of them, so that chance looks at every lane in
        proportion to its mail; empty in bundles of before.
    """

    shares: tuple[float, ...]
    raw: tuple[float, ...]
    mean_root: float
    lane_roots: Mapping[str, float] = field(default_factory=dict)

    def threshold(self, share: float) -> float:
        """Raw score that `share` of the population reaches; between given shares by interpolation."""
        if share not in self._thresholds:
            shares, raw = self._curve
            self._thresholds[share] = float(np.interp(share, shares, raw))
        return self._thresholds[share]

    def mean_roots(self, lanes: Iterable[str]) -> Floats | float:
        """Mean root that holds for a parcel of each of `lanes`, shape ``(n,)``: the lane's, or that of all.

        One number where nothing is known of lanes.
        """
        if not self.lane_roots:
            return self.mean_root
        return np.array([self.lane_roots.get(lane, self.mean_root) for lane in lanes], dtype=np.float64)

    def share_at(self, raw: Floats) -> Floats:
        """Share of the population that scores at least as high."""
        shares, scores = self._curve
        return np.interp(raw, scores[::-1], shares[::-1])

    def mean_probability(self, calibration: Calibration) -> float:
        """Mean probability over the population, by the trapezoids of its curve."""
        shares, raw = self._curve
        return float(np.trapezoid(calibration.probability(raw), shares) / (shares[-1] - shares[0]))

    @cached_property
    def _thresholds(self) -> dict[float, float]:
        """Those that were asked for: a line asks for one, of each parcel."""
        return {}

    @cached_property
    def _curve(self) -> tuple[Floats, Floats]:
        return np.array(self.shares, dtype=np.float64), np.array(self.raw, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class BundleMeta:
    """Content of ``bundle.json``; `training` and `metrics` are free tables for people.

    Attributes
    ----------
    fingerprint:
        Fingerprint of the whole catalogue that the model was trained with: where it comes from, not a condition.
    features:
        Features in the order in which the model reads them.
    """

    name: str
    fingerprint: str
    features: tuple[str, ...]
    calibration: Calibration
    reference: Reference
    training: dict[str, Any]
    metrics: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)


def to_json(meta: BundleMeta, of: Catalogue) -> str:
    """Text of ``bundle.json``, with the fingerprints of the features as `of` computes them."""
    reads = pinned(of, meta.features)
    document = {
        "format": FORMAT,
        "name": meta.name,
        "catalogue": {"fingerprint": meta.fingerprint, "n_golden": reads.n_golden, "features": reads.features},
        "calibration": vars(meta.calibration),
        "reference": {
            "shares": list(meta.reference.shares),
            "raw": list(meta.reference.raw),
            "mean_root": meta.reference.mean_root,
            "lane_roots": dict(meta.reference.lane_roots),
        },
        "training": meta.training,
        "metrics": meta.metrics,
        "files": meta.files,
    }
    return json.dumps(document, indent=1) + "\n"


def from_json(text: str, folder: str) -> tuple[BundleMeta, Pinned]:
    """Read ``bundle.json``: its content, and the fingerprints of the features that the model reads.

    Raises
    ------
    BundleError
        When its format is another one, or its numbers are none that scores can be computed with.
    KeyError, TypeError, ValueError and the like
        When it is no such document.
    """
    document = json.loads(text)
    if document["format"] not in READABLE or isinstance(document["format"], bool):
        formats = " and ".join(map(str, READABLE))
        raise BundleError(f"{folder}: bundle format {document['format']!r:.20}, this version reads {formats}.")
    catalogue, reference = document["catalogue"], document["reference"]
    meta = BundleMeta(
        name=_text(document["name"]),
        fingerprint=_text(catalogue["fingerprint"]),
        features=tuple(_text(name) for name in catalogue["features"]),
        calibration=Calibration(**document["calibration"]),
        reference=Reference(
            shares=tuple(reference["shares"]),
            raw=tuple(reference["raw"]),
            mean_root=reference["mean_root"],
            lane_roots={_text(lane): root for lane, root in _table(reference.get("lane_roots", {})).items()},
        ),
        training=_table(document["training"]),
        metrics=_table(document["metrics"]),
        files={Path(_text(name)).name: _text(digest) for name, digest in _table(document["files"]).items()},
    )
    _check_numbers(meta, folder)
    return meta, _pinned_in(catalogue, meta, folder) if document["format"] == FORMAT else _looked_up(meta, folder)


def check_features(reads: Pinned, of: Catalogue, folder: str) -> None:
    """Refuse a model that reads what `of` computes otherwise than when it was trained, or not any more.

    Raises
    ------
    BundleError
        With the names of the first few of these features.
    """
    others = differences(reads, of)
    if others:
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        raise BundleError(
            f"{folder}: the model reads features that this installation computes otherwise or not any more: "
            f"{', '.join(others[:_NAMED])}{more}. Train again with `parcel-risk train`."
        )


def _pinned_in(catalogue: Mapping[str, Any], meta: BundleMeta, folder: str) -> Pinned:
    n_golden, features = catalogue["n_golden"], _table(catalogue["features"])
    if not (_is_finite(n_golden) and n_golden >= 1 and n_golden == int(n_golden)):
        raise ValueError("n_golden")
    return Pinned(n_golden=int(n_golden), features={name: _text(features[name]) for name in meta.features})


def _looked_up(meta: BundleMeta, folder: str) -> Pinned:
    earlier = pinned_by(meta.fingerprint)
    if earlier is None:
        raise BundleError(
            f"{folder}: trained with feature catalogue {meta.fingerprint!r:.40}, of which this version does not know "
            "how it computed its features. Train again with `parcel-risk train`."
        )
    return earlier.only(meta.features)


def _check_numbers(meta: BundleMeta, folder: str) -> None:
    """Refuse numbers that make no scores, or the same score of everything."""
    for what, holds, wanted in _conditions(meta):
        if not holds:
            raise BundleError(f"{folder}: {what} cannot be used: {wanted}. Train again with `parcel-risk train`.")


def _conditions(meta: BundleMeta) -> list[tuple[str, bool, str]]:
    """What is looked at, whether it is as it must be, and how it must be."""
    slopes, reference = vars(meta.calibration), meta.reference
    shares, raw = reference.shares, reference.raw
    return [
        (
            "the calibration",
            _are_finite(slopes.values()) and min(slopes["a"], slopes["b"]) > 0,
            "it must be of finite numbers, its slopes a and b above 0",
        ),
        ("the reference population", bool(shares) and len(shares) == len(raw), "it needs a raw score for each share"),
        (
            "the reference population",
            _are_finite(shares) and list(shares) == sorted(set(shares)) and shares[:1] > (0,) and shares[-1:] <= (1,),
            "its shares must ascend within 0 to 1",
        ),
        (
            "the reference population",
            _are_finite(raw) and list(raw) == sorted(raw, reverse=True),
            "its raw scores must be finite and descend",
        ),
        (
            "the reference population",
            all(_is_finite(root) and 0 < root <= 1 for root in (reference.mean_root, *reference.lane_roots.values())),
            "its mean root of the probability, over all and on each lane, must be above 0 and at most 1",
        ),
        ("the list of features", 0 < len(meta.features) == len(set(meta.features)), "it names each feature once"),
    ]


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_finite(values: Iterable[object]) -> bool:
    return all(map(_is_finite, values))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise TypeError("not a text")
    return value


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not a table")
    return value
