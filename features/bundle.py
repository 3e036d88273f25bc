"""The bundle: a released model as a folder of plain files, verified before it serves.

``model.lgb`` is LightGBM's native text, ``bundle.json`` says what the model expects and how it was made,
``golden.parquet`` holds feature rows with the raw scores they must get, ``card.md`` is the model card and
``signature.json`` the approver's signature over ``bundle.json``, which names the digest of every other file. Nothing in
it is executed when it is loaded.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl

from features import words
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.parcel.problems import BundleError
from features.signing import Signature, verify
from features.usual import UsualValues
from features.words import Words

FORMAT = 2
MODEL, META, GOLDEN, CARD, SIGNATURE = "model.lgb", "bundle.json", "golden.parquet", "card.md", "signature.json"
WORDS, USUAL = "words.json", "usual.parquet"
_NAMED = (MODEL, CARD, GOLDEN, WORDS, USUAL)
N_GOLDEN = 20
_TOLERANCE = 1e-9


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
        log_score, log_rest = -np.logaddexp(0.0, -beyond), -np.logaddexp(0.0, beyond)
        return 1.0 / (1.0 + np.exp(-(self.a * log_score - self.b * log_rest + self.c)))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The flow that thresholds refer to: raw scores reached by given shares of it.

    Attributes
    ----------
    shares:
        Shares of the flow, ascending, 0..1.
    raw:
        Raw score that the share of the same place reaches.
    mean_root:
        Mean square root of the probability over the flow.
    """

    shares: tuple[float, ...]
    raw: tuple[float, ...]
    mean_root: float

    def threshold(self, share: float) -> float:
        """Raw score that `share` of the flow reaches; between given shares by interpolation."""
        return float(np.interp(share, self.shares, self.raw))

    def share_at(self, raw: Floats) -> Floats:
        """Share of the flow that scores at least as high."""
        return np.interp(raw, self.raw[::-1], self.shares[::-1])


@dataclass(frozen=True, kw_only=True)
class BundleMeta:
    """Content of ``bundle.json``; `training` and `metrics` are free tables for people."""

    name: str
    fingerprint: str
    features: tuple[str, ...]
    calibration: Calibration
    reference: Reference
    training: dict[str, Any]
    metrics: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a bundle learned beside its model: finding shares of words, and usual values of features."""

    words: Words = field(default_factory=Words)
    usual: UsualValues = field(default_factory=UsualValues.nothing)


class Bundle:
    """A verified bundle, ready to score."""

    def __init__(
        self, meta: BundleMeta, booster: lgb.Booster, learned: Learned, signature: Signature | None, digest: str
    ) -> None:
        """Use `load`, which verifies."""
        self.meta = meta
        self.words, self.usual = learned.words, learned.usual
        self.signature = signature
        self.digest = digest
        self._booster = booster
        self._columns = [catalogue().names.index(name) for name in meta.features]

    @property
    def bundle_id(self) -> str:
        """Name and digest: what a score is attributed to in the log."""
        return f"{self.meta.name}@{self.digest[:12]}"

    def completed(self, values: Floats, descriptions: pl.Series) -> Floats:
        """Whole feature rows with the one feature filled in that the bundle itself carries; for all methods below."""
        whole = values.copy()
        whole[:, catalogue().names.index(words.FEATURE)] = self.words.values(descriptions)
        return whole

    def raw(self, values: Floats) -> Floats:
        """Raw scores (log-odds) of whole feature rows, shape ``(n,)``; parcels are ranked by them."""
        return predict_raw(self._booster, values[:, self._columns])

    def probability(self, raw: Floats) -> Floats:
        """Calibrated probabilities, 0..1."""
        return self.meta.calibration.probability(raw)

    def contributions(self, values: Floats) -> Floats:
        """Exact TreeSHAP contributions to the raw score, shape ``(n, k)``; about 10 ms a row."""
        if values.shape[0] == 0:
            return np.zeros_like(values)
        read = self._booster.predict(values[:, self._columns], pred_contrib=True, num_threads=1)
        contributions = np.zeros_like(values)
        contributions[:, self._columns] = np.asarray(read, dtype=np.float64)[:, :-1]
        return contributions


def predict_raw(booster: lgb.Booster, values: Floats) -> Floats:
    """Raw scores; single rows use one thread, because waking others costs more than it saves."""
    if values.shape[0] == 0:
        return np.zeros(0, dtype=np.float64)
    threads = 1 if values.shape[0] < 1_000 else 0
    return np.asarray(booster.predict(values, raw_score=True, num_threads=threads), dtype=np.float64)


def write(
    folder: Path, meta: BundleMeta, *, model: str, golden: Floats, card: str, learned: Learned | None = None
) -> Path:
    """Write an unsigned bundle to `folder`, which must not exist yet."""
    folder.mkdir(parents=True)
    carried = learned or Learned()
    (folder / WORDS).write_text(json.dumps(dict(carried.words.share), indent=0, ensure_ascii=False) + "\n", "utf-8")
    carried.usual.table(catalogue().names).write_parquet(folder / USUAL)
    (folder / MODEL).write_text(model, "utf-8")
    (folder / CARD).write_text(card, "utf-8")
    expected = predict_raw(lgb.Booster(model_str=model), golden)
    pl.DataFrame(golden, schema=list(meta.features)).with_columns(expected_raw=expected).write_parquet(folder / GOLDEN)
    files = {name: _sha256(folder / name) for name in _NAMED}
    document = {
        "format": FORMAT,
        "name": meta.name,
        "catalogue": {"fingerprint": meta.fingerprint, "features": list(meta.features)},
        "calibration": vars(meta.calibration),
        "reference": {
            "shares": list(meta.reference.shares),
            "raw": list(meta.reference.raw),
            "mean_root": meta.reference.mean_root,
        },
        "training": meta.training,
        "metrics": meta.metrics,
        "files": files,
    }
    (folder / META).write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return folder


def digest_of(folder: Path) -> str:
    """Digest that an approver signs."""
    return _sha256(folder / META)


def load(folder: Path, *, trusted: frozenset[str] | None) -> Bundle:
    """Read and verify a bundle.

    Parameters
    ----------
    folder:
        The bundle.
    trusted:
        Public keys of approvers (hex). None skips the signature: for evaluation, never for serving.

    Raises
    ------
    BundleError
        When a file is missing or changed, the signature is missing or not trusted, the features are not those of this
        installation, or the golden rows get other scores than they must.
    """
    meta = _meta(folder)
    unnamed = set(_NAMED) - set(meta.files)
    if unnamed:
        raise BundleError(f"{folder.name}: bundle.json gives no digest of {', '.join(sorted(unnamed))}. Train again.")
    for name, expected in meta.files.items():
        if _sha256(folder / name) != expected:
            raise BundleError(f"{folder.name}: {name} was changed after training. Restore it or train again.")
    signature = _signature(folder)
    if trusted is not None:
        _check_signature(folder, signature, trusted)
    if meta.fingerprint != catalogue().fingerprint:
        raise BundleError(
            f"{folder.name}: trained with feature catalogue {meta.fingerprint}, this installation has "
            f"{catalogue().fingerprint}. Train again with `parcel-risk train`."
        )
    booster = lgb.Booster(model_str=(folder / MODEL).read_text("utf-8"))
    _check_golden(folder, meta, booster)
    return Bundle(meta, booster, _learned(folder), signature, digest_of(folder))


def _learned(folder: Path) -> Learned:
    table = pl.read_parquet(folder / USUAL)
    return Learned(words=Words(json.loads((folder / WORDS).read_text("utf-8"))), usual=UsualValues.from_table(table))


def _check_signature(folder: Path, signature: Signature | None, trusted: frozenset[str]) -> None:
    if signature is None:
        raise BundleError(f"{folder.name}: not signed. Approve it with `parcel-risk approve`.")
    if signature.digest != digest_of(folder):
        raise BundleError(f"{folder.name}: bundle.json was changed after it was signed.")
    try:
        verify(signature, trusted=trusted)
    except BundleError as error:
        raise BundleError(f"{folder.name}: {error}") from error


def _check_golden(folder: Path, meta: BundleMeta, booster: lgb.Booster) -> None:
    golden = pl.read_parquet(folder / GOLDEN)
    values = golden.select(meta.features).to_numpy(order="c")
    gap = np.abs(predict_raw(booster, values) - golden["expected_raw"].to_numpy()).max(initial=0.0)
    if not gap <= _TOLERANCE:
        raise BundleError(f"{folder.name}: golden rows score differently here (by {gap:.2g}). Check the installation.")


def _meta(folder: Path) -> BundleMeta:
    try:
        document = json.loads((folder / META).read_text("utf-8"))
        if document["format"] != FORMAT:
            raise BundleError(f"{folder.name}: bundle format {document['format']}, this version reads {FORMAT}.")
        reference = document["reference"]
        return BundleMeta(
            name=document["name"],
            fingerprint=document["catalogue"]["fingerprint"],
            features=tuple(document["catalogue"]["features"]),
            calibration=Calibration(**document["calibration"]),
            reference=Reference(
                shares=tuple(reference["shares"]), raw=tuple(reference["raw"]), mean_root=reference["mean_root"]
            ),
            training=document["training"],
            metrics=document["metrics"],
            files={str(Path(name).name): digest for name, digest in document["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{folder}: not a bundle ({type(error).__name__}). Make one with `parcel-risk train`."
        ) from error


def _signature(folder: Path) -> Signature | None:
    path = folder / SIGNATURE
    if not path.exists():
        return None
    try:
        signature = Signature(**json.loads(path.read_text("utf-8")))
        if not all(isinstance(text, str) for text in signature.as_dict().values()):
            raise ValueError("a value is not a text")
        return signature
    except (ValueError, TypeError) as error:
        raise BundleError(f"{folder.name}: signature.json is damaged. Approve the bundle again.") from error


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BundleError(f"{path.parent.name}: {path.name} is missing.") from error
