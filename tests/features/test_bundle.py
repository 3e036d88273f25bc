from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import bundle
from features.bundle import CARD, GOLDEN, META, MODEL, SIGNATURE, TYPICAL, WORDS, Calibration, Learned, Reference, load
from features.catalogue import catalogue
from features.identity import IdentityKey
from features.parcel.problems import BundleError
from features.signing import new_key, public_key_of
from features.typical import TypicalValues
from features.words import Words
from tests.builders import KEY, SMALL_FEATURES, feature_values, small_columns, write_a_bundle

slopes = st.floats(0.1, 3.0)


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def trusting(key: Path) -> frozenset[str]:
    return frozenset({public_key_of(key)})


def test_a_signed_bundle_comes_back_as_it_was_written(signed: Path, key: Path):
    loaded = load(signed, trusted=trusting(key))
    assert loaded.meta.name == "parcel-risk-1"
    assert loaded.meta.features == SMALL_FEATURES
    assert loaded.meta.fingerprint == catalogue().fingerprint
    assert loaded.meta.calibration == Calibration(a=1.1, b=0.9, c=-0.2)
    assert loaded.meta.reference == Reference(shares=(0.01, 0.1, 1.0), raw=(3.0, 1.0, -4.0), mean_root=0.3)
    assert loaded.meta.metrics == {"test_auc": 0.9}
    assert loaded.signature is not None
    assert loaded.signature.name == "A. Approver"
    assert loaded.bundle_id == f"parcel-risk-1@{bundle.digest_of(signed)[:12]}"


def test_a_bundle_scores_like_the_model_it_was_made_of(signed: Path, key: Path):
    loaded, values = load(signed, trusted=trusting(key)), feature_values(30)
    golden = pl.read_parquet(signed / GOLDEN)
    given = np.full((golden.height, len(catalogue())), np.nan)
    given[:, small_columns()] = golden.select(SMALL_FEATURES).to_numpy()
    assert loaded.raw(given) == pytest.approx(golden["expected_raw"].to_numpy(), abs=1e-12)
    assert loaded.raw(values[:1])[0] == loaded.raw(values)[0]
    assert loaded.raw(values[:0]).shape == (0,)


def test_contributions_fall_on_the_features_of_the_model_alone(signed: Path, key: Path):
    contributions = load(signed, trusted=trusting(key)).contributions(feature_values(5))
    assert contributions.shape == (5, len(catalogue()))
    assert not np.delete(contributions, small_columns(), axis=1).any()
    assert contributions[:, small_columns()].any()


def test_an_unsigned_bundle_may_be_evaluated_but_not_served(folder: Path):
    assert load(folder, trusted=None).signature is None
    with pytest.raises(BundleError, match=r"parcel-risk-1: not signed\. Approve it with `parcel-risk approve`"):
        load(folder, trusted=frozenset())


@pytest.mark.parametrize("name", [MODEL, GOLDEN, CARD, WORDS, TYPICAL])
def test_a_changed_file_is_refused_by_name(signed: Path, key: Path, name: str):
    with (signed / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleError, match=rf"parcel-risk-1: {name} was changed after training"):
        load(signed, trusted=trusting(key))


def test_mean_roots_of_lanes_are_carried_and_a_bundle_without_them_has_one_for_all(tmp_path: Path):
    plain = write_a_bundle(tmp_path / "plain")
    edit(plain / META, lambda document: document["reference"].pop("lane_roots"))
    assert load(plain, trusted=None).meta.reference.mean_roots(["X to Y"]) == 0.3
    with_lanes = Reference(shares=(1.0,), raw=(0.0,), mean_root=0.3, lane_roots={"X to Y": 0.1})
    reference = load(write_a_bundle(tmp_path / "lanes", reference=with_lanes), trusted=None).meta.reference
    assert list(reference.mean_roots(["X to Y", "Y to X"])) == [0.1, 0.3]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [MODEL, GOLDEN, CARD, WORDS, TYPICAL])
def test_a_missing_file_is_refused_by_name(signed: Path, key: Path, name: str):
    (signed / name).unlink()
    with pytest.raises(BundleError, match=rf"parcel-risk-1: {name} is missing"):
        load(signed, trusted=trusting(key))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["calibration"].update(c=5.0),
        lambda document: document["metrics"].update(test_auc=1.0),
        lambda document: document["reference"].update(mean_root=0.1),
        lambda document: document.update(name="better"),
    ],
)
def test_a_bundle_json_changed_after_the_signature_is_refused(signed: Path, key: Path, change: Any):
    edit(signed / META, change)
    with pytest.raises(BundleError, match=r"bundle\.json was changed after it was signed"):
        load(signed, trusted=trusting(key))


def test_a_model_exchanged_together_with_its_digest_is_refused(signed: Path, key: Path, tmp_path: Path):
    other = write_a_bundle(tmp_path / "other", name="parcel-risk-1", metrics={"test_auc": 1.0})
    for name in (MODEL, GOLDEN, CARD, META):
        (signed / name).write_bytes((other / name).read_bytes())
    with pytest.raises(BundleError, match=r"bundle\.json was changed after it was signed"):
        load(signed, trusted=trusting(key))


def test_a_key_that_is_not_trusted_is_refused(signed: Path, tmp_path: Path):
    other = new_key(tmp_path / "other.pem")
    with pytest.raises(BundleError, match=r"parcel-risk-1: signed by 'A\. Approver' with a key that is not trusted"):
        load(signed, trusted=frozenset({other}))


def test_a_signature_under_another_name_is_refused(signed: Path, key: Path):
    edit(signed / SIGNATURE, lambda document: document.update(name="B. Boss"))
    with pytest.raises(BundleError, match="parcel-risk-1: the signature does not match"):
        load(signed, trusted=trusting(key))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', "5"])
def test_a_damaged_signature_is_refused(signed: Path, key: Path, text: str):
    (signed / SIGNATURE).write_text(text, "utf-8")
    with pytest.raises(BundleError, match=r"signature\.json is damaged"):
        load(signed, trusted=trusting(key))


@pytest.mark.parametrize("value", [5, None, []])
def test_a_signature_whose_values_are_no_texts_is_refused(signed: Path, key: Path, value: Any):
    edit(signed / SIGNATURE, lambda document: document.update(public_key=value))
    with pytest.raises(BundleError, match=r"signature\.json is damaged"):
        load(signed, trusted=trusting(key))


def test_golden_rows_that_score_differently_are_refused(folder: Path):
    golden = pl.read_parquet(folder / GOLDEN).with_columns(pl.col("expected_raw") + 1e-6)
    golden.write_parquet(folder / GOLDEN)
    edit(
        folder / META,
        lambda document: document["files"].update({GOLDEN: hashlib.sha256((folder / GOLDEN).read_bytes()).hexdigest()}),
    )
    with pytest.raises(BundleError, match="golden rows score differently here"):
        load(folder, trusted=None)


@pytest.mark.parametrize("name", [MODEL, GOLDEN, CARD, WORDS, TYPICAL])
def test_a_file_without_digest_is_refused(folder: Path, name: str):
    edit(folder / META, lambda document: document["files"].pop(name))
    with pytest.raises(BundleError, match=rf"bundle\.json gives no digest of {name}"):
        load(folder, trusted=None)


@pytest.mark.parametrize("part", ["format", "catalogue", "calibration", "reference", "files", "name", "metrics"])
def test_a_bundle_json_without_one_of_its_parts_is_refused(folder: Path, part: str):
    edit(folder / META, lambda document: document.pop(part))
    with pytest.raises(BundleError, match=r"bundle\.json is damaged \(KeyError\)"):
        load(folder, trusted=None)


@pytest.mark.parametrize("text", ["", "5", "[]", '{"format": 2, "files": []}'])
def test_what_is_no_bundle_json_is_refused(folder: Path, text: str):
    (folder / META).write_text(text, "utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json is damaged .*parcel-risk train"):
        load(folder, trusted=None)


def test_a_list_in_place_of_the_digests_is_refused(folder: Path):
    edit(folder / META, lambda document: document.update(files=[MODEL]))
    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        load(folder, trusted=None)


def test_an_unknown_format_is_refused(folder: Path):
    edit(folder / META, lambda document: document.update(format=9))
    with pytest.raises(BundleError, match="bundle format 9, this version reads 2 and 3"):
        load(folder, trusted=None)


def test_an_empty_folder_is_no_bundle(tmp_path: Path):
    with pytest.raises(BundleError, match=r"not a bundle, bundle\.json is missing"):
        load(tmp_path, trusted=None)


def test_a_bundle_is_never_written_over_another(folder: Path):
    with pytest.raises(FileExistsError):
        write_a_bundle(folder)


@given(slopes, slopes, st.floats(-3, 3), st.lists(st.integers(-600, 600), min_size=2, max_size=20, unique=True))
def test_a_higher_score_always_has_a_higher_probability(a: float, b: float, c: float, hundredths: list[int]):
    raw = np.sort(np.array(hundredths) / 100)
    probability = Calibration(a=a, b=b, c=c).probability(raw)
    assert (np.diff(probability) > 0).all()
    assert ((probability > 0) & (probability < 1)).all()


def test_without_calibration_the_probability_is_that_of_the_log_odds():
    raw = np.array([-2.0, 0.0, 3.0])
    assert Calibration().probability(raw) == pytest.approx(1 / (1 + np.exp(-raw)))


@given(slopes, slopes, st.floats(-3, 3), st.floats(-6, 6), st.lists(st.floats(-40, 40), min_size=1, max_size=9))
def test_a_probability_is_to_the_bit_that_of_the_formula(a: float, b: float, c: float, pivot: float, raw: list[float]):
    beyond = np.array(raw) - pivot
    log_score, log_rest = -np.logaddexp(0.0, -beyond), -np.logaddexp(0.0, beyond)
    expected = 1.0 / (1.0 + np.exp(-(a * log_score - b * log_rest + c)))
    assert Calibration(a=a, b=b, c=c, pivot=pivot).probability(np.array(raw)).tobytes() == expected.tobytes()


def test_extreme_scores_have_probabilities_too():
    assert Calibration(a=2, b=2).probability(np.array([-300.0, 300.0])) == pytest.approx([0.0, 1.0])


def test_the_threshold_of_a_share_and_the_share_at_a_threshold_belong_together():
    reference = Reference(shares=(0.01, 0.1, 1.0), raw=(3.0, 1.0, -4.0), mean_root=0.3)
    assert reference.threshold(0.1) == 1.0
    assert reference.threshold(0.055) == pytest.approx(2.0)
    assert reference.share_at(np.array([3.0, 2.0, 1.0, -4.0])) == pytest.approx([0.01, 0.055, 0.1, 1.0])
    assert reference.share_at(np.array([99.0, -99.0])) == pytest.approx([0.01, 1.0])


def test_no_word_of_a_description_is_in_a_bundle_whose_words_are_under_a_key(tmp_path: Path):
    folder = write_a_bundle(tmp_path / "keyed", learned=Learned(words=Words({"quxworthy": 0.4}).under(KEY)))
    assert [path.name for path in folder.iterdir() if b"quxworthy" in path.read_bytes().lower()] == []
    values, texts = feature_values(1), ["for Quxworthy"]
    column = catalogue().names.index("riskiest_word_share")
    assert load(folder, trusted=None, identity=KEY).completed(values, texts)[0, column] == 0.4
    with pytest.raises(BundleError, match="keyed: its words are under the identity key"):
        load(folder, trusted=None, identity=IdentityKey(b"o" * 32))
    with pytest.raises(BundleError, match="not at hand"):
        load(folder, trusted=None).completed(values, texts)


def test_what_a_bundle_carries_is_read_back_and_fills_the_word_feature(tmp_path: Path):
    typical = TypicalValues(("*",), catalogue().names, np.full((1, len(catalogue())), 2.0))
    folder = write_a_bundle(tmp_path / "with-words", learned=Learned(words=Words({"tea": 0.4}), typical=typical))
    loaded = load(folder, trusted=None)
    assert loaded.words == Words({"tea": 0.4})
    assert loaded.typical.medians.tolist() == typical.medians.tolist()
    values = feature_values(2)
    whole = loaded.completed(values, pl.Series(["Green TEA", None]))
    column = catalogue().names.index("riskiest_word_share")
    assert whole[0, column] == 0.4
    assert np.isnan(whole[1, column])
    assert np.array_equal(np.delete(whole, column, axis=1), np.delete(values, column, axis=1), equal_nan=True)
    assert np.isnan(values[:, column]).all(), "what was given is not changed"
