"""Whatever the files of a bundle hold, loading ends in a bundle or in a sentence: junk never ends a start."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.bundle import CARD, GOLDEN, META, MODEL, SIGNATURE, TYPICAL, WORDS, load
from features.parcel.problems import BundleError
from features.signing import public_key_of
from tests.features.forests import resized

FILES = (MODEL, GOLDEN, WORDS, TYPICAL, CARD)
NAN, INFINITE = float("nan"), float("inf")
ODD: tuple[Any, ...] = (None, True, 0, -1, 10**400, NAN, INFINITE, "", "x", "\x00", "\ud800", [], {}, [[]], [{"a": 1}])


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a file, and its digest into ``bundle.json``: junk that the digest does not give away."""
    (folder / name).write_bytes(content)
    document = json.loads((folder / META).read_text("utf-8"))
    document["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / META).write_text(json.dumps(document), "utf-8")


def loads_or_says_why(folder: Path, trusted: frozenset[str] | None = None) -> str:
    """Load the bundle: "" where it can be, else what is said; any other exception fails the test."""
    try:
        load(folder, trusted=trusted)
    except BundleError as error:
        said = str(error)
    else:
        return ""
    assert said.startswith(folder.name)
    assert said.endswith(".")
    return said


def junk_of(content: bytes, seed: int) -> bytes:
    """Random bytes, a cut, bytes exchanged, a part left out or twice."""
    chance = random.Random(seed)
    here, there = sorted(chance.randrange(len(content)) for _ in range(2))
    if seed % 5 == 0:
        return chance.randbytes(chance.randrange(3_000))
    if seed % 5 == 1:
        return content[:here]
    if seed % 5 == 2:
        return content[:here] + content[there:]
    if seed % 5 == 3:
        return content[:there] + content[here:]
    mixed = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        mixed[chance.randrange(len(mixed))] = chance.randrange(256)
    return bytes(mixed)


@pytest.mark.parametrize("name", FILES)
def test_junk_with_a_right_digest_is_said(folder: Path, name: str):
    whole = (folder / name).read_bytes()
    said = []
    for seed in range(60):
        put(folder, name, junk_of(whole, seed))
        said.append(loads_or_says_why(folder))
    assert name == CARD or any(f"{name} is damaged" in one for one in said)


@pytest.mark.parametrize("name", [META, SIGNATURE])
def test_junk_in_what_has_no_digest_is_said(signed: Path, key: Path, name: str):
    whole, trusted = (signed / name).read_bytes(), frozenset({public_key_of(key)})
    said = []
    for seed in range(60):
        (signed / name).write_bytes(junk_of(whole, seed))
        said.append(loads_or_says_why(signed, trusted))
        loads_or_says_why(signed)
    assert sum(one != "" for one in said) > 50, "a few exchanges of bytes change nothing"


@pytest.mark.parametrize("name", [*FILES, META, SIGNATURE])
def test_a_folder_in_place_of_a_file_is_said(signed: Path, key: Path, name: str):
    (signed / name).unlink()
    (signed / name).mkdir()
    assert loads_or_says_why(signed, frozenset({public_key_of(key)}))


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Path of every value in a document; of long lists the first one."""
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from nodes(value[name], (*path, name))
    elif isinstance(value, list) and value:
        yield from nodes(value[0], (*path, 0))


def replaced(text: str, path: tuple[Any, ...], odd: Any) -> str:
    document = {"": json.loads(text)}
    at: Any = document
    for step in ("", *path)[: len(path)]:
        at = at[step]
    at[("", *path)[len(path)]] = odd
    return json.dumps(document[""])


@pytest.mark.parametrize("odd", ODD, ids=[f"{one!r:.12}" for one in ODD])
@pytest.mark.parametrize("name", [META, WORDS, SIGNATURE])
def test_a_wrong_type_anywhere_is_said(signed: Path, name: str, odd: Any):
    (signed / WORDS).write_text('{"tea": 0.4, "cotton": 0.1}', "utf-8")
    text = (signed / name).read_text("utf-8")
    for path in nodes(json.loads(text)):
        changed = replaced(text, path, odd)
        if name == WORDS:
            put(signed, name, changed.encode())
        else:
            (signed / name).write_text(changed, "utf-8")
        loads_or_says_why(signed)


@pytest.mark.parametrize("name", [META, WORDS, SIGNATURE])
def test_nesting_without_end_is_said(signed: Path, name: str):
    text = "[" * 200_000
    if name == WORDS:
        put(signed, name, text.encode())
    else:
        (signed / name).write_text(text, "utf-8")
    assert f"{name} is damaged (RecursionError)" in loads_or_says_why(signed)


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads((folder / META).read_text("utf-8"))
    change(document)
    (folder / META).write_text(json.dumps(document), "utf-8")
    return loads_or_says_why(folder)


@pytest.mark.parametrize("name", ["a", "b", "c", "pivot"])
@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE, "1", True, None])
def test_a_calibration_that_is_no_number_is_refused(folder: Path, name: str, value: Any):
    said = edited(folder, lambda document: document["calibration"].update({name: value}))
    assert "the calibration cannot be used" in said


@pytest.mark.parametrize("name", ["a", "b"])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_calibration_that_does_not_rise_is_refused(folder: Path, name: str, value: float):
    said = edited(folder, lambda document: document["calibration"].update({name: value}))
    assert "its slopes a and b above 0" in said


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"shares": [], "raw": []}, "it needs a raw score for each share"),
        ({"shares": [0.1, 1.0]}, "it needs a raw score for each share"),
        ({"shares": [0.1, 0.01, 1.0]}, "its shares must ascend"),
        ({"shares": [0.1, 0.1, 1.0]}, "its shares must ascend"),
        ({"shares": [0.0, 0.1, 1.0]}, "its shares must ascend"),
        ({"shares": [0.01, 0.1, 1.1]}, "its shares must ascend"),
        ({"shares": [0.01, NAN, 1.0]}, "its shares must ascend"),
        ({"raw": [1.0, 3.0, -4.0]}, "its raw scores must be finite and descend"),
        ({"raw": [INFINITE, 1.0, -4.0]}, "its raw scores must be finite"),
        ({"mean_root": NAN}, "its mean root"),
        ({"mean_root": 0.0}, "its mean root"),
        ({"mean_root": 1.5}, "its mean root"),
        ({"lane_roots": {"X to Y": 0.0}}, "its mean root"),
    ],
)
def test_a_reference_population_that_gives_no_threshold_is_refused(folder: Path, change: dict[str, Any], why: str):
    assert why in edited(folder, lambda document: document["reference"].update(change))


def test_features_named_twice_or_none_are_refused(folder: Path):
    catalogue = json.loads((folder / META).read_text("utf-8"))["catalogue"]
    names = list(catalogue["features"])
    twice = {"fingerprint": catalogue["fingerprint"], "features": [*names, names[0]]}
    assert "names each feature once" in edited(folder, lambda document: document.update(format=2, catalogue=twice))
    assert "names each feature once" in edited(folder, lambda document: document["catalogue"].update(features={}))


@pytest.mark.parametrize("n_golden", [0, -1, 1.5, True, None, NAN])
def test_fingerprints_over_no_golden_parcel_are_refused(folder: Path, n_golden: Any):
    said = edited(folder, lambda document: document["catalogue"].update(n_golden=n_golden))
    assert "bundle.json is damaged (ValueError)" in said


def parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


GOLDENS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "one score for all": (
        lambda rows: rows.head(1).select(pl.all().repeat_by(5).explode()),
        "all golden rows have one",
    ),
    "no rows": (lambda rows: rows.clear(), "all golden rows have one score"),
    "one row": (lambda rows: rows.head(1), "all golden rows have one score"),
    "scores missing": (lambda rows: rows.drop("expected_raw"), "golden.parquet is damaged"),
    "a score that is no number": (
        lambda rows: rows.with_columns(expected_raw=pl.when(pl.int_range(pl.len()) > 3).then("expected_raw")),
        "golden rows score differently",
    ),
    "a feature missing": (lambda rows: rows.drop("gross_weight_g"), "golden.parquet is damaged"),
    "texts": (lambda rows: rows.with_columns(gross_weight_g=pl.lit("heavy")), "golden.parquet is damaged"),
    "lists": (lambda rows: rows.with_columns(gross_weight_g=pl.lit([1.0])), "golden.parquet is damaged"),
}


@pytest.mark.parametrize(("change", "why"), GOLDENS.values(), ids=GOLDENS)
def test_golden_rows_that_prove_nothing_are_refused(folder: Path, change: Any, why: str):
    put(folder, GOLDEN, parquet(change(pl.read_parquet(folder / GOLDEN))))
    assert why in loads_or_says_why(folder)


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame(),
        pl.DataFrame({"lane": ["CN to DE"], "gross_weight_g": [1.0]}),
        pl.DataFrame({"lane": ["*"], "gross_weight_g": ["heavy"]}),
        pl.DataFrame({"lane": ["*"], "gross_weight_g": [[1.0]]}),
        pl.DataFrame({"gross_weight_g": [1.0]}),
    ],
)
def test_a_table_of_typical_values_that_is_none_is_refused(folder: Path, table: pl.DataFrame):
    put(folder, TYPICAL, parquet(table))
    assert "usual.parquet is damaged" in loads_or_says_why(folder)


MODELS: dict[str, tuple[str, str, str]] = {
    "a child that is no node": ("left_child=-?[0-9]+", "left_child=99", "children"),
    "a circle of nodes": (
        "(?m)^left_child=.*\nright_child=.*$",
        "left_child=-1 1 2 3 4 5\nright_child=-2 -3 -4 -5 -6 -7",
        "a circle of nodes",
    ),
    "a feature beyond the last": ("split_feature=[0-9]", "split_feature=7", "split_feature"),
    "a kind of split that there is not": ("decision_type=[0-9]+", "decision_type=64", "decision_type"),
    "a set of categories that there is not": ("decision_type=[0-9]+", "decision_type=1", "threshold"),
    "other features": ("feature_names=gross_weight_g", "feature_names=weight", "other features"),
    "features in another order": (
        "feature_names=gross_weight_g declared_value_eur",
        "feature_names=declared_value_eur gross_weight_g",
        "other features",
    ),
    "another objective": ("objective=binary", "objective=regression", "another kind of model"),
    "several classes": ("num_class=1", "num_class=3", "another kind of model"),
    "a leaf that is no number": ("leaf_value=", "leaf_value=x", "leaf_value"),
    "an infinite leaf": ("leaf_value=[^ ]+", "leaf_value=inf", "leaf_value"),
    "more leaves than there are": ("num_leaves=7", "num_leaves=9", "split_feature"),
    "more leaves than a model has": ("num_leaves=7", "num_leaves=9999999", "num_leaves"),
    "linear leaves": ("is_linear=0", "is_linear=1", "num_leaves"),
    "a line of another name": ("shrinkage=", "leaf_coeff=1\nshrinkage=", "lines of other names"),
    "a line twice": ("is_linear=0", "is_linear=0\nis_linear=0", "lines of other names"),
    "no end": ("end of trees", "end", "no trees"),
}


@pytest.mark.parametrize(("part", "junk", "why"), MODELS.values(), ids=MODELS)
def test_a_model_that_would_end_the_process_is_refused(folder: Path, part: str, junk: str, why: str):
    text = (folder / MODEL).read_text("utf-8")
    changed = resized(re.sub(part, junk, text, count=1))
    assert changed != text
    put(folder, MODEL, changed.encode())
    with pytest.raises(BundleError, match=r"model\.lgb is damaged \(ValueError\)") as caught:
        load(folder, trusted=None)
    assert str(caught.value.__cause__) == why


def test_a_model_whose_trees_have_other_lengths_is_refused(folder: Path):
    put(folder, MODEL, (folder / MODEL).read_text("utf-8").replace("tree_sizes=", "tree_sizes=1").encode())
    with pytest.raises(BundleError, match=r"model\.lgb is damaged \(ValueError\)") as caught:
        load(folder, trusted=None)
    assert str(caught.value.__cause__) == "trees of other sizes"
