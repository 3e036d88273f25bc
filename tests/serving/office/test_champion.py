from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import structlog

from features.bundle import META, MODEL
from features.model_store import REFERENCE, ModelStore
from serving.office.champion import load_champion
from tests.builders import feature_values, write_a_bundle
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
