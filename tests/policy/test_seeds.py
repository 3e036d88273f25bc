"""Seeds of days: nobody chooses them, and the policy selects as often as it says when they are replayed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from policy import Inputs, LinePolicy, Scores, Seeds, decide, draw_text, draws
from policy.seeds import beginning_us, commitment, day_of, seed_of

SECRET = b"a secret of the line, for its draws"
DAY = date(2026, 11, 2)
NOON_US = beginning_us(DAY) + 43_200_000_000


def test_a_day_is_that_of_the_first_lodging_in_utc() -> None:
    begins = beginning_us(DAY)
    assert [day_of(begins - 1), day_of(begins), day_of(begins + 86_400_000_000 - 1)] == [date(2026, 11, 1), DAY, DAY]


def test_every_day_and_every_secret_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(secret, date(2026, 11, day)) for secret in (SECRET, b"another") for day in range(1, 31)}
    assert len(seeds) == 60
    assert len({commitment(seed) for seed in seeds}) == 60


def test_a_revealed_seed_gives_the_draws_of_its_day() -> None:
    parcels = [("post-a", f"P-{n}", NOON_US + n) for n in range(50)]
    by_office = Seeds(secret=SECRET, since_us=0).draws(parcels)
    by_anyone = draws(seed_of(SECRET, DAY), (draw_text(*one) for one in parcels))
    assert np.array_equal(by_office, by_anyone)


def test_parcels_of_several_days_are_drawn_by_their_own_seeds_whatever_the_batch() -> None:
    parcels = [("post-a", f"P-{n}", beginning_us(date(2026, 11, 1 + n % 3)) + n) for n in range(30)]
    seeds = Seeds(secret=SECRET, since_us=0)
    together = seeds.draws(parcels)
    assert together.tolist() == [float(seeds.draws([one])[0]) for one in parcels]
    assert len(set(together.tolist())) == 30


def test_what_was_lodged_before_seeds_were_committed_keeps_its_draw() -> None:
    parcels = [("post-a", "P-1", NOON_US - 1), ("post-a", "P-1", NOON_US)]
    first, second = Seeds(secret=SECRET, since_us=NOON_US).draws(parcels)
    assert first == draws(SECRET, [draw_text(*parcels[0])])[0]
    assert second == draws(seed_of(SECRET, DAY), [draw_text(*parcels[1])])[0]


@pytest.mark.parametrize("capacity_share", [0.02, 0.3])
def test_over_many_seeds_each_parcel_is_selected_as_often_as_its_propensity_says(capacity_share: float) -> None:
    """Propensities from 0.002 to 1, with and without a score: 4,000 replays of one day under other seeds."""
    rng, n, n_seeds = np.random.default_rng(3), 60, 4_000
    raw = rng.normal(size=n)
    probability = 1 / (1 + np.exp(4 - raw))
    raw[:10] = np.nan  # of these the model says nothing
    scores = Scores(raw=np.tile(raw, n_seeds), probability=np.tile(probability, n_seeds), threshold=1.8, mean_root=0.15)
    policy = LinePolicy(capacity_share=capacity_share, random_share=0.4)
    texts = [draw_text("post-a", f"P-{number}", NOON_US) for number in range(n)]
    drawn = np.concatenate([draws(seed_of(number.to_bytes(4), DAY), texts) for number in range(n_seeds)])
    decided = decide(Inputs(draw=drawn, scores=scores), policy)
    propensity = decided.propensity.reshape(n_seeds, n)
    assert (propensity == propensity[0]).all()
    expected = propensity[0]
    frequency = decided.asks_inspection.reshape(n_seeds, n).mean(axis=0)
    error = np.sqrt(expected * (1 - expected) / n_seeds)
    assert (np.abs(frequency - expected) <= 4.5 * error + 1e-12).all()
    assert (expected == 1.0).any()
    assert len(set(expected.tolist())) > 20
