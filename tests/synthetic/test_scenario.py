from __future__ import annotations

from pathlib import Path

import pytest

from data.synthetic import ScenarioError, generate, load_scenario, scenarios
from features.parcel.problems import ParcelRiskError

BASE = "extends = 'baseline'\n"


def a_file(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_promised_scenarios_ship() -> None:
    promised = {"baseline", "collapse", "clean-data", "dirty-data", "low-prevalence", "express-fentanyl", "quiet"}
    assert promised <= set(scenarios())


@pytest.mark.parametrize("name", scenarios())
def test_every_scenario_validates_and_generates(name: str) -> None:
    scenario = load_scenario(name)
    world = generate(scenario, n_parcels=4_000, n_days=30, seed=3)
    has_undeclared = scenario.handling is not None and scenario.handling.undeclared_letter_share > 0
    assert (world.parcels.height < 4_000) == has_undeclared  # what nobody declared and nobody saw is in no manifest
    assert world.truth.height == world.parcels.height


def test_a_world_of_one_parcel_can_be_generated() -> None:
    assert generate(load_scenario("baseline"), n_parcels=1, n_days=1, seed=0).parcels.height == 1


def test_a_scenario_changes_only_what_it_names(tmp_path: Path) -> None:
    mine = load_scenario(a_file(tmp_path, 'extends = "baseline"\n[contraband]\nprevalence_share = 0.01\n'))
    baseline = load_scenario("baseline")
    assert mine.contraband.prevalence_share == 0.01
    assert mine.contraband.regular_buyers_share == baseline.contraband.regular_buyers_share
    assert mine.vendors == baseline.vendors


def test_a_scenario_that_names_the_origins_of_a_vendor_replaces_them_all(tmp_path: Path) -> None:
    mine = load_scenario(a_file(tmp_path, 'extends = "baseline"\n[vendors.tobacco]\norigins = { TR = 1.0 }\n'))
    assert mine.vendors["tobacco"].origins == {"TR": 1.0}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BASE + "[inspection]\nshare = 1.5\n", r"mine\.toml: \[inspection\] share is 1\.5: .*less than or equal"),
        (BASE + "[inspection]\nshares = 0.5\n", r"\[inspection\] shares is not a setting.*Remove it"),
        ("title = 'x'\nsays = 'y'\n", r"destinations is missing.*extends"),
        ("extends = 'nothing'\n", r"extends is 'nothing'.*Known: baseline"),
        ("= 3", r"mine\.toml: not a TOML file"),
        (BASE + "[vendors.tobacco]\ngoods = 'sugar'\n", r"\[vendors\.tobacco\] goods is 'sugar'.*tobacco"),
        (BASE + "[vendors.tobacco]\ncovers = ['stones']\n", r"covers names 'stones'.*clothing"),
        (BASE + "[vendors.tobacco]\norigins = { ZZ = 1.0 }\n", r"country 'ZZ'.*places\.toml"),
        (BASE + "[vendors.tobacco]\nstreams = { pigeon = 1.0 }\n", r"'pigeon', which is no stream"),
        (BASE + "[drifts.x]\nvendor = 'nobody'\nat = 0.5\ndays = 3\nfactor = 2\n", r"vendor is 'nobody'"),
    ],
)
def test_an_error_names_file_key_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as caught:
        load_scenario(a_file(tmp_path, text))
    assert isinstance(caught.value, ParcelRiskError)
    assert str(caught.value).startswith("mine.toml: ")


def test_an_unknown_scenario_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario 'noisy'.*baseline.*quiet"):
        load_scenario("noisy")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"absent\.toml: the scenario file cannot be read"):
        load_scenario(tmp_path / "absent.toml")


def test_a_rule_that_is_not_sql_is_named(tmp_path: Path) -> None:
    mine = load_scenario(a_file(tmp_path, 'extends = "baseline"\n[rules.odd]\nwhen = "colour = 3"\nweight = 1.0\n'))
    with pytest.raises(ParcelRiskError, match=r"rule odd: .*colour"):
        generate(mine, n_parcels=100, n_days=5, seed=0)
