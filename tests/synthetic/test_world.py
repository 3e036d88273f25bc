from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data.synthetic import World, generate, load_scenario
from data.synthetic.event_log import event_log
from data.synthetic.formats import write
from features.identity import IdentityKey
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA
from features.parcel.validation import validate_outcomes, validate_parcels

ROOT = Path(__file__).resolve().parents[2]
_DIGEST = """
import hashlib, sys, tempfile
from pathlib import Path
from data.synthetic import generate, load_scenario
from data.synthetic.formats import write
from features.identity import IdentityKey
world = generate(load_scenario("baseline"), n_parcels=3000, n_days=20, seed=5)
with tempfile.TemporaryDirectory() as folder:
    files = write(world, Path(folder), identity=IdentityKey(bytes(range(32))))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    print(digest.hexdigest())
"""


def test_parcels_and_outcomes_conform_to_the_record(baseline: World) -> None:
    assert baseline.parcels.schema == PARCEL_SCHEMA
    assert baseline.outcomes.schema == OUTCOME_SCHEMA


def test_the_same_seed_gives_the_same_files_in_two_processes(tmp_path: Path, identity: IdentityKey) -> None:
    world = generate(load_scenario("baseline"), n_parcels=3_000, n_days=20, seed=5)
    digest = hashlib.sha256()
    for file in write(world, tmp_path, identity=identity):
        digest.update(file.name.encode() + file.read_bytes())
    other = subprocess.run([sys.executable, "-c", _DIGEST], cwd=ROOT, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest.hexdigest()


def test_the_same_seed_gives_the_same_world_twice_and_another_seed_another() -> None:
    first, again, other = (
        generate(load_scenario("baseline"), n_parcels=2_000, n_days=20, seed=seed) for seed in (1, 1, 2)
    )
    assert first.parcels.equals(again.parcels)
    assert first.outcomes.equals(again.outcomes)
    assert not first.parcels.equals(other.parcels)


@pytest.mark.parametrize("name", ["baseline", "dirty-data", "express-fentanyl"])
def test_no_generated_record_is_rejected(name: str) -> None:
    world = generate(load_scenario(name), n_parcels=20_000, n_days=40, seed=2)
    assert validate_parcels(world.parcels, reference=shipped_reference()).rejections == ()
    assert validate_outcomes(world.outcomes).rejections == ()


def test_identifiers_occur_once_per_operator(baseline: World) -> None:
    assert baseline.parcels.select("operator", "parcel_id").is_unique().all()


def test_hardly_any_item_number_has_a_wrong_check_digit(baseline: World) -> None:
    flags = validate_parcels(baseline.parcels, reference=shipped_reference()).rows["quality_flags"]
    assert flags.list.contains("s10_check_digit").mean() == pytest.approx(0.0014, abs=0.001)


def test_parcels_are_sorted_by_lodging_and_lie_in_the_window(baseline: World) -> None:
    lodged = baseline.parcels["lodged_at"]
    assert lodged.is_sorted()
    assert (lodged.max() - lodged.min()).days < 120


def test_truth_and_policy_have_the_rows_of_the_parcels(baseline: World) -> None:
    who = baseline.parcels.select("parcel_id", "operator")
    assert baseline.truth.select("parcel_id", "operator").equals(who)
    assert baseline.policy.select("parcel_id", "operator").equals(who)


def test_only_selected_parcels_have_an_outcome(baseline: World) -> None:
    selected = baseline.policy.filter(pl.col("cause") != "none")
    unexplained = baseline.outcomes.join(selected, on=["parcel_id", "operator"], how="anti")
    assert unexplained.height == 0
    assert baseline.outcomes.height < selected.height  # some results are never recorded


def test_a_finding_names_what_the_parcel_held_and_nothing_else_does(baseline: World) -> None:
    both = baseline.outcomes.join(baseline.truth, on=["parcel_id", "operator"])
    found = both.filter(pl.col("result") == "found")
    assert (found["finding_class"] == found["contains"]).all()
    assert (found["finding_mass_g"] == found["mass_g"]).all()
    assert both.filter(pl.col("result") != "found")["finding_class"].null_count() == both.height - found.height


def test_a_parcel_that_was_not_presented_has_no_inspection(baseline: World) -> None:
    missed = baseline.outcomes.filter(pl.col("result") == "not_presented")
    assert missed.height > 0
    assert missed.select(pl.col("inspected_at", "method", "officer").is_null().all()).row(0) == (True, True, True)


def test_an_outcome_is_known_after_its_inspection_and_after_lodging(baseline: World) -> None:
    both = baseline.outcomes.join(
        baseline.parcels.select("parcel_id", "operator", "lodged_at"), on=["parcel_id", "operator"]
    )
    assert (both["known_at"] > both["lodged_at"]).all()
    assert (both["known_at"] >= both["inspected_at"]).drop_nulls().all()


def test_the_event_log_holds_every_parcel_and_outcome(baseline: World, identity: IdentityKey) -> None:
    log = event_log(baseline, identity)
    assert log.height == baseline.parcels.height + baseline.outcomes.height
    assert log["seq"].to_list() == list(range(1, log.height + 1))


def test_a_quiet_world_has_no_contraband_and_no_finding() -> None:
    world = generate(load_scenario("quiet"), n_parcels=20_000, n_days=60, seed=4)
    assert world.truth["contains"].null_count() == 20_000
    assert set(world.outcomes["result"].unique()) == {"nothing_found", "not_presented"}


def test_a_collapsing_corridor_falls_by_most_of_its_volume_while_others_rise() -> None:
    # Few vendors stand behind one world of this size, so two are taken together.
    thai, rising = np.zeros(2), np.zeros(2)
    for seed in (6, 7):
        world = generate(load_scenario("collapse"), n_parcels=150_000, n_days=180, seed=seed)
        cannabis = world.parcels.hstack(world.truth.select("contains")).filter(pl.col("contains") == "cannabis")
        day = (cannabis["lodged_at"] - world.parcels["lodged_at"].min()).dt.total_days()
        for total, countries in ((thai, ["TH", "SG", "HK"]), (rising, ["CA", "ES"])):
            posted = cannabis["sender_country"].is_in(countries)
            total += [(posted & (day < 75)).sum(), (posted & (day >= 105)).sum()]
    assert thai[0] > 4 * thai[1]
    assert rising[1] > 1.5 * rising[0]


def test_sizes_must_be_positive() -> None:
    with pytest.raises(ValueError, match="n_parcels is 0"):
        generate(load_scenario("baseline"), n_parcels=0, n_days=1, seed=0)


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    generate(load_scenario("quiet"), n_parcels=500, n_days=10, seed=0, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
