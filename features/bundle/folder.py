"""A bundle on disk: how it is written, and how it is read and verified."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PanicException, PolarsError

from features.bundle import trees
from features.bundle.by_lightgbm import LightGbm
from features.bundle.evaluation import Evaluation, spread
from features.bundle.forest import NotUnderstoodError
from features.bundle.meta import BundleMeta, check_features, from_json, to_json
from features.bundle.model import Bundle, Learned
from features.bundle.probes import Probes
from features.catalogue import Catalogue, catalogue
from features.declared.declare import Floats
from features.identity import IdentityKey
from features.parcel.problems import BundleError
from features.signing import Signature, verify
from features.typical import TypicalValues
from features.words import Words

MODEL, META, GOLDEN, CARD, SIGNATURE = "model.lgb", "bundle.json", "golden.parquet", "card.md", "signature.json"
WORDS, TYPICAL, PROBES = "words.json", "usual.parquet", "probes.parquet"
_KEY, _SHARE = "key", "share"
_NAMED = (MODEL, CARD, GOLDEN, WORDS, TYPICAL)
N_GOLDEN = 20
_TOLERANCE = 1e-9
_STUMBLES: tuple[type[BaseException], ...] = (
    OSError,
    PolarsError,
    PanicException,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)
"""What parsers make of junk. Their texts may repeat it, so only their names are reported."""


def write(
    folder: Path,
    meta: BundleMeta,
    *,
    model: str,
    golden: Floats,
    card: str,
    learned: Learned | None = None,
    of: Catalogue | None = None,
) -> Path:
    """Write an unsigned bundle to `folder`, which must not exist yet.

    Parameters
    ----------
    golden:
        Feature rows, one column for each of ``meta.features``; stored with the scores that the model gives them.
    of:
        The catalogue that the model was trained with; that of this installation without one.
    """
    folder.mkdir(parents=True)
    carried = learned or Learned()
    (folder / WORDS).write_text(_words_text(carried.words), "utf-8")
    carried.typical.table().write_parquet(folder / TYPICAL)
    (folder / MODEL).write_text(model, "utf-8")
    (folder / CARD).write_text(card, "utf-8")
    lightgbm = LightGbm(model, list(range(len(meta.features))))
    table = pl.DataFrame(golden, schema=list(meta.features))
    table.with_columns(expected_raw=lightgbm.raw(golden)).write_parquet(folder / GOLDEN)
    _write_probes(folder, trees.checked(model, meta.features), lightgbm, golden, meta)
    digests = {name: _sha256(_content(folder, name)) for name in (*_NAMED, PROBES) if (folder / name).exists()}
    (folder / META).write_text(to_json(replace(meta, files=digests), of or catalogue()), "utf-8")
    return folder


def _write_probes(folder: Path, text: str, lightgbm: LightGbm, golden: Floats, meta: BundleMeta) -> None:
    """Write down what LightGBM says; nothing where it evaluates the model when the bundle is loaded, too."""
    try:
        probes = Probes.asked(text, lightgbm, golden)
    except NotUnderstoodError:
        return
    (folder / PROBES).write_bytes(probes.to_parquet(meta.features))


def digest_of(folder: Path) -> str:
    """Digest that an approver signs."""
    return _sha256(_content(folder, META))


def load(
    folder: Path, *, trusted: frozenset[str] | None, identity: IdentityKey | None = None, of: Catalogue | None = None
) -> Bundle:
    """Read and verify a bundle.

    Parameters
    ----------
    folder:
        The bundle.
    trusted:
        Public keys of approvers (hex). None skips the signature: for evaluation, never for serving.
    identity:
        Key under which the words of the bundle are looked up. Without it a bundle whose words are under a key is
        verified, and cannot score.
    of:
        The catalogue that computes the rows to be scored; that of this installation without one.

    Raises
    ------
    BundleError
        When a file is missing, changed or junk, the signature is missing or not trusted, a feature that the model
        reads is gone or computed otherwise, the numbers make no scores, the golden rows get other scores than they
        must, or its words are under another identity key.
    """
    known, name = of or catalogue(), folder.name
    head = _content(folder, META, f"{name}: not a bundle, {META} is missing. Make one with `parcel-risk train`.")
    with _reading(name, META, "Make a bundle with `parcel-risk train`."):
        meta, reads = from_json(head.decode("utf-8"), name)
    contents = _verified(folder, meta)
    signature = _signature(folder)
    if trusted is not None:
        _check_signature(name, signature, _sha256(head), trusted)
    check_features(reads, known, name)
    with _reading(name, MODEL):
        text = trees.checked(contents[MODEL].decode("utf-8"), meta.features)
    with _reading(name, GOLDEN):
        golden, expected = _golden(pl.read_parquet(io.BytesIO(contents[GOLDEN])), meta)
    with _reading(name, PROBES):
        probes = Probes.from_parquet(contents[PROBES], meta.features) if PROBES in contents else None
    columns = [known.column(one) for one in meta.features]
    with _reading(name, MODEL):
        evaluation = Evaluation.of(text, columns, golden, probes)
        _check_scores(evaluation.raw(spread(golden, columns)), expected, name)
    learned = Learned(words=_words(contents[WORDS], name, identity), typical=_typical(contents[TYPICAL], name))
    return Bundle(meta, evaluation, learned, known, signature=signature, digest=_sha256(head))


def _verified(folder: Path, meta: BundleMeta) -> dict[str, bytes]:
    """Contents of all files, read once, each with the digest that ``bundle.json`` names."""
    unnamed = set(_NAMED) - set(meta.files)
    if unnamed:
        raise BundleError(f"{folder.name}: bundle.json gives no digest of {', '.join(sorted(unnamed))}. Train again.")
    contents = {name: _content(folder, name) for name in meta.files}
    for name, expected in meta.files.items():
        if _sha256(contents[name]) != expected:
            raise BundleError(f"{folder.name}: {name} was changed after training. Restore it or train again.")
    return contents


def _check_signature(name: str, signature: Signature | None, digest: str, trusted: frozenset[str]) -> None:
    if signature is None:
        raise BundleError(f"{name}: not signed. Approve it with `parcel-risk approve`.")
    if signature.digest != digest:
        raise BundleError(f"{name}: bundle.json was changed after it was signed.")
    try:
        verify(signature, trusted=trusted)
    except BundleError as error:
        raise BundleError(f"{name}: {error}") from error


def _golden(golden: pl.DataFrame, meta: BundleMeta) -> tuple[Floats, Floats]:
    """Values of the golden rows, and the scores that they must get."""
    return (
        golden.select(pl.col(meta.features).cast(pl.Float64)).to_numpy(order="c"),
        golden["expected_raw"].cast(pl.Float64).to_numpy(),
    )


def _check_scores(given: Floats, expected: Floats, name: str) -> None:
    if len(set(expected.tolist())) < 2:
        raise BundleError(
            f"{name}: all golden rows have one score, so the model does not distinguish parcels. Train again."
        )
    gap = np.abs(given - expected).max()
    if not gap <= _TOLERANCE:
        raise BundleError(f"{name}: golden rows score differently here (by {gap:.2g}). Check the installation.")


def _words_text(words: Words) -> str:
    """Table of words as it is written: one of digests names the key that they are under."""
    share = dict(words.share)
    table = share if words.key_id is None else {_KEY: words.key_id, _SHARE: share}
    return json.dumps(table, indent=0, ensure_ascii=False) + "\n"


def _words(content: bytes, name: str, identity: IdentityKey | None) -> Words:
    with _reading(name, WORDS):
        table = json.loads(content.decode("utf-8"))
        is_keyed = isinstance(table, dict) and isinstance(table.get(_KEY), str)
        share = table[_SHARE] if is_keyed else table
        if not isinstance(share, dict) or not all(
            isinstance(value, float | int) and math.isfinite(value) and 0 <= value <= 1 for value in share.values()
        ):
            raise ValueError("not a table of shares")
        words = Words({word: float(value) for word, value in share.items()}, table[_KEY] if is_keyed else None)
    try:
        return words.opened(identity)
    except BundleError as error:
        raise BundleError(f"{name}: {error}") from error


def _typical(content: bytes, name: str) -> TypicalValues:
    with _reading(name, TYPICAL):
        return TypicalValues.from_table(pl.read_parquet(io.BytesIO(content)))


def _signature(folder: Path) -> Signature | None:
    if not (folder / SIGNATURE).exists():
        return None
    with _reading(folder.name, SIGNATURE, "Approve the bundle again."):
        signature = Signature(**json.loads((folder / SIGNATURE).read_text("utf-8")))
        if not all(isinstance(text, str) for text in signature.as_dict().values()):
            raise ValueError("a value is not a text")
        return signature


@contextmanager
def _reading(name: str, file: str, remedy: str = "Restore it or train again.") -> Iterator[None]:
    """Whatever a parser stumbles over ends as a `BundleError` that names the file."""
    try:
        yield
    except BundleError:
        raise
    except _STUMBLES as error:
        raise BundleError(f"{name}: {file} is damaged ({type(error).__name__}). {remedy}") from error


def _content(folder: Path, name: str, message: str = "") -> bytes:
    try:
        return (folder / name).read_bytes()
    except (OSError, ValueError) as error:
        raise BundleError(message or f"{folder.name}: {name} is missing.") from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
