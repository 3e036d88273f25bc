"""The golden log is what validation and derivation make of its manifests: what they make otherwise is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import numpy as np
import polars as pl
import pytest

from features import golden
from features.catalogue import catalogue
from features.declared.declare import Floats
from features.golden import MANIFESTS, golden_log, log_of
from features.history import Engine
from features.identity import contacts, derivation, names, parties, streets
from features.log import LOG_SCHEMA, PARCEL
from features.parcel import checking, validation
from features.replay import feature_rows


def manifests() -> list[dict[str, Any]]:
    return [json.loads(line) for line in files("features").joinpath(MANIFESTS).read_text("utf-8").splitlines()]


def features_that_differ(log: pl.DataFrame) -> set[str]:
    before, after = (feature_rows(one, Engine()).values for one in (golden_log(), log))
    return {name for name, a, b in zip(catalogue().names, before.T, after.T, strict=True) if not _same(a, b)}


def _same(one: Floats, other: Floats) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.fixture
def fresh() -> Iterator[None]:
    """Texts are derived anew, and forgotten afterwards."""
    memories = [one for module in (parties, streets, names, contacts) for one in vars(module).values()]
    for one in memories:
        if hasattr(one, "cache_clear"):
            one.cache_clear()
    yield
    for one in memories:
        if hasattr(one, "cache_clear"):
            one.cache_clear()


def test_the_golden_log_has_every_kind_of_event_and_the_schema_of_the_log() -> None:
    log = golden_log()
    assert log.schema == LOG_SCHEMA
    assert log["seq"].to_list() == list(range(1, log.height + 1))
    assert set(log["kind"]) == {"parcel", "outcome", "retraction"}
    assert log.filter(pl.col("counted_at").is_not_null() & (pl.col("kind") == PARCEL)).height > 0


def test_appended_manifests_change_no_event_before_them() -> None:
    rows = manifests()
    assert log_of(rows[:41]).equals(golden_log().head(41))


def test_a_row_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ValueError, match="golden rows that cannot be used"):
        log_of([{"kind": "parcel", "lodged_at": "2026-03-01T06:30:00Z"}])


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_given, **_named: value


@pytest.mark.parametrize(
    ("module", "function", "otherwise", "feature"),
    [
        (parties, "e164", _always("+49301"), "contact_others"),
        (parties, "has_hidden_marks", _always(True), "names_hide_marks"),
        (parties, "mixes_scripts", _always(True), "names_mix_scripts"),
        (parties, "_loose_text", _always("anybody"), "sender_loose_n_7d"),
        (parties, "_named_text", _always("anybody"), "sender_n_7d"),
        (derivation, "share_a_name", _always(True), "parties_share_a_name"),
        (derivation, "number_block_key", _always(7), "number_block_n_7d"),
        (derivation, "look_alike_key", _always(7), "look_alike_n_7d"),
    ],
)
def test_a_key_or_fact_that_is_derived_otherwise_changes_features(
    fresh: None, monkeypatch: pytest.MonkeyPatch, module: Any, function: str, otherwise: Any, feature: str
) -> None:
    monkeypatch.setattr(module, function, otherwise)
    assert feature in features_that_differ(log_of(manifests()))


def test_a_flag_that_is_raised_otherwise_changes_its_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    flagged = checking.damage_flags
    monkeypatch.setattr(checking, "damage_flags", lambda doubts: flagged(doubts)[:1])
    monkeypatch.setattr(validation, "damage_flags", lambda doubts: flagged(doubts)[:1])
    assert "n_quality_flags" in features_that_differ(log_of(manifests()))


def test_the_identity_key_of_the_golden_log_is_no_office_s() -> None:
    assert golden.KEY.secret.startswith(b"golden log, not a secret")
