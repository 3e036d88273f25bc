from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import structlog

from features.bundle import META, MODEL, Learned
from features.identity import IdentityKey
from features.model_store import REFERENCE, ModelStore
from features.words import Words
from serving.office.champion import load_champion
from tests.builders import KEY, feature_values, write_a_bundle
from tests.features.forests import resized


def test_a_model_that_lightgbm_has_to_evaluate_serves_and_is_logged(tmp_path: Path):
    folder = write_a_bundle(tmp_path / REFERENCE)
    with structlog.testing.capture_logs() as said:
        plain = load_champion(ModelStore(tmp_path), frozenset()).bundle
    assert (plain is not None, said) == (True, [])
    model = resized(re.sub(r"leaf_count=\d+", "leaf_count=0", (folder / MODEL).read_text("utf-8"), count=1))
    (folder / MODEL).write_text(model, "utf-8")
    document = json.loads((folder / META).read_text("utf-8"))
    document["files"][MODEL] = hashlib.sha256(model.encode()).hexdigest()
    (folder / META).write_text(json.dumps(document), "utf-8")
    with structlog.testing.capture_logs() as said:
        served = load_champion(ModelStore(tmp_path), frozenset()).bundle
    assert [line["reason"] for line in said] == ["a split or leaf without training rows has no share of them"]
    assert served is not None
    assert plain is not None
    assert served.raw(feature_values(9)).tobytes() == plain.raw(feature_values(9)).tobytes()


def test_a_bundle_whose_words_are_under_the_key_of_another_installation_is_refused(tmp_path: Path) -> None:
    write_a_bundle(tmp_path / REFERENCE, learned=Learned(words=Words({"tea": 0.4}).under(KEY)))
    served = load_champion(ModelStore(tmp_path), frozenset(), identity=KEY).bundle
    assert served is not None
    assert served.words.riskiest("green tea") == "tea"
    refused = load_champion(ModelStore(tmp_path), frozenset(), identity=IdentityKey(b"o" * 32))
    assert refused.bundle is None
    assert f"under the identity key {KEY.key_id}" in str(refused.problem)
