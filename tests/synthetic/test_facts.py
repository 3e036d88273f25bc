from __future__ import annotations

from pathlib import Path

import pytest

from data.synthetic import World, generate, load_scenario
from data.synthetic.facts import fact_sheet, facts

# Bands around the wanted figures for a world of 60,000 parcels: wide where few parcels stand behind a figure.
BANDS = {
    "contraband in the mail flow": (0.0029, 0.0031),
    "parcels in stream letter": (0.45, 0.62),
    "parcels in stream parcel": (0.09, 0.16),
    "parcels in stream ems": (0.015, 0.05),
    "parcels in stream express": (0.24, 0.38),
    "median weight, letter": (140, 180),
    "median weight, parcel": (1800, 2300),
    "median weight, ems": (1000, 1400),
    "median weight, express": (550, 690),
    "median declared value": (4, 10),
    "declared value up to 150 EUR": (0.95, 1.0),
    "selected for inspection": (0.004, 0.006),
    "selected at random, of the selected": (0.05, 0.16),
    "presented, of the outcomes": (0.80, 0.92),
    "contents declared": (0.93, 0.97),
    "manifest before arrival": (0.90, 0.94),
    "HS code given": (0.72, 0.78),
    "recipient's phone given": (0.57, 0.63),
    "description names nothing": (0.09, 0.17),
}


@pytest.mark.parametrize("name", BANDS)
def test_realised_figures_lie_within_their_bands(baseline: World, name: str) -> None:
    low, high = BANDS[name]
    value = next(fact.value for fact in facts(baseline) if fact.name == name)
    assert low <= value <= high


@pytest.mark.slow
def test_a_quarter_to_a_third_of_opened_parcels_hold_contraband() -> None:
    world = generate(load_scenario("baseline"), n_parcels=200_000, n_days=180, seed=1)
    measured = {fact.name: fact.value for fact in facts(world)}
    assert 0.25 <= measured["hit rate of opened parcels"] <= 0.35
    assert 0.0003 <= measured["opened, of all arrivals"] <= 0.0015
    assert 1.0 <= measured["median days from lodging to outcome"] <= 30.0


def test_the_fact_sheet_calls_itself_synthetic_and_shows_its_plots(baseline: World, tmp_path: Path) -> None:
    sheet = fact_sheet(baseline, baseline.scenario, tmp_path).read_text("utf-8")
    assert "**Synthetic**" in sheet
    assert "| contraband in the mail flow |" in sheet
    for plot in ("per_day", "masses", "parcels_per_sender"):
        assert (tmp_path / f"{plot}.png").stat().st_size > 1_000
        assert f"]({plot}.png)" in sheet


def test_a_quiet_world_has_a_fact_sheet_too(tmp_path: Path) -> None:
    world = generate(load_scenario("quiet"), n_parcels=2_000, n_days=20, seed=1)
    assert "No contraband in this world." in fact_sheet(world, world.scenario, tmp_path).read_text("utf-8")
