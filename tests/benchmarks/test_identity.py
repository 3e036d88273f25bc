from __future__ import annotations

import polars as pl
import pytest

from benchmarks.identity import REWRITTEN, noisy_world, pairwise, with_noise
from data.synthetic import generate, load_scenario


@pytest.fixture(scope="module")
def worlds() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parcels of one small world, clean and as posts write them."""
    return noisy_world(3_000, n_days=30, seed=5)


def test_noise_changes_how_parties_are_written_and_nothing_else(worlds: tuple[pl.DataFrame, pl.DataFrame]):
    clean, noisy = worlds
    changed = {name for name in clean.columns if not clean[name].equals(noisy[name])}
    parts = ("name", "street", "number", "postcode", "city")
    assert changed == {f"{role}_{part}" for role in ("sender", "recipient") for part in parts}
    assert 0.3 < (clean["sender_street"] != noisy["sender_street"]).mean() <= REWRITTEN


@pytest.mark.parametrize("role", ["sender", "recipient"])
def test_strict_and_loose_key_together_find_the_parties_of_a_noisy_world(
    worlds: tuple[pl.DataFrame, pl.DataFrame], role: str
):
    precision, recall = pairwise(*worlds, role)
    assert precision >= 0.99
    assert recall >= 0.90


def test_a_clean_world_has_no_pair_that_is_missed(worlds: tuple[pl.DataFrame, pl.DataFrame]):
    assert pairwise(worlds[0], worlds[0], "sender")[1] == 1.0


def test_a_world_without_noise_is_the_world_of_before():
    baseline = load_scenario("baseline")
    assert baseline.quality.rewritten_share == 0.0
    plain, quiet = (generate(one, n_parcels=50, n_days=5, seed=2) for one in (baseline, with_noise(baseline, 0.0)))
    assert plain.parcels.equals(quiet.parcels)
