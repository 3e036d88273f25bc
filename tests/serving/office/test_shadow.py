"""A challenger decides behind the champion: as the champion would, apart from it, and without touching a referral."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from features import bundle
from features.model_store import ModelStore
from features.parcel.problems import ParcelRiskError
from policy import Seeds
from policy.rules import Rule
from serving.app import create_app
from serving.office import shadow_report, shadowing
from serving.office.office import Office
from serving.office.rule_names import RuleNames
from serving.office.shadow_deciding import Shadowing
from serving.settings import Settings
from serving.store import Store
from serving.store.scores import all_scores
from serving.store.shadows import Shadow, shadow_decisions_of, shadows
from serving.store.tables import scores
from tests.builders import a_parcel
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_rules import ANALYST, document, live

STREAMS = ("letter", "parcel", "ems", "letter")


def post_all(
    api: TestClient, keys: Keys, clock: Clock, numbers: range, *, size: int | None = None, **changes: Any
) -> None:
    """Lodge parcels of several kinds, together or `size` at a time."""
    if size is not None:
        for start in range(0, len(numbers), size):
            post_all(api, keys, clock, numbers[start : start + size], **changes)
        return
    items = []
    for number in numbers:
        weight = 20 + 37 * (number % 17)
        parcel = a_parcel(
            parcel_id=f"P-{number}", stream=STREAMS[number % 4], gross_weight_g=weight, description="t shirt", **changes
        )
        del parcel["operator"]
        times = {"lodged_at": clock(), "posted_at": clock() - timedelta(hours=9), "due_at": clock() + timedelta(days=2)}
        items.append(json.loads(json.dumps(parcel | times, default=lambda time: time.isoformat())))
    answer = api.post("/v1/manifests", json={"parcels": items}, headers=bearer(keys.post))
    assert answer.status_code == 200, answer.text


def decided(store: Store) -> dict[int, tuple[object, ...]]:
    """Everything of each decision, bit for bit."""
    with store.begin_read() as connection:
        rows = connection.execute(select(scores).order_by(scores.c.seq))
        return {row.seq: tuple(row) for row in rows}


def lodge_everything(api: TestClient, keys: Keys, clock: Clock, *, size: int | None) -> None:
    # The log is the same whatever the size; of amendments it is not, because retractions come first in each batch.
    post_all(api, keys, clock, range(40), size=size)
    clock.pass_by(hours=5)
    post_all(api, keys, clock, range(10), version=2, net_weight_g=1)
    found = {"parcel_id": "P-3", "operator": "post-a", "result": "nothing_found"}
    answer = api.post("/v1/outcomes", json={"outcomes": [found]}, headers=bearer(keys.officer))
    assert answer.status_code == 200, answer.text
    clock.pass_by(hours=5)
    post_all(api, keys, clock, range(6), version=3, net_weight_g=2)


@pytest.fixture
def often(settings: Settings) -> Settings:
    """A line that selects many."""
    return settings.model_copy(update={"capacity_share": 0.3, "random_share": 0.5})


def test_a_shadow_touches_no_decision_and_with_the_champions_own_means_it_decides_the_same(
    often: Settings, keys: Keys, models: Path, tmp_path: Path
) -> None:
    rules_of, store_of = tmp_path / "reference", {}
    rules_of.mkdir()
    (rules_of / "lines.toml").write_text('[heavy]\nwhen = "gross_weight_g > 400"\n')
    light = {"stream": "parcel", "gross_weight_g": 100}
    raising = {"name": "light-parcels", "when": "stream = 'parcel' AND gross_weight_g < 500", "must_match": [light]}
    own_rules: list[dict[str, Any]] = [
        {"lines": ["heavy"]},
        {**raising, "refer": None, "raises": 3.0, "must_not_match": [{**light, "gross_weight_g": 900}]},
    ]
    for name, size in (("with", None), ("without", 7)):
        clock = Clock()
        settings = often.model_copy(update={"home": tmp_path / name, "database_url": f"sqlite:///{tmp_path / name}.db"})
        settings = settings.model_copy(update={"reference_dir": rules_of})
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.db").write_bytes((often.home / "parcel-risk.db").read_bytes())
        with TestClient(create_app(settings, clock)) as api, Store(settings.database) as store:
            office: Office = api.app.state.office  # type: ignore[attr-defined]
            for one in own_rules:
                live(store, clock, RuleNames(lines=office.lines), **one)
            library = ModelStore(settings.models_dir)
            if name == "with":
                own = bundle.load(library.champion(), trusted=None)  # type: ignore[arg-type]
                with store.begin() as connection:
                    rules = [Rule.from_document(document(**one)) for one in own_rules]
                    shadowing.start(connection, own, rules, ANALYST, clock())
            lodge_everything(api, keys, clock, size=size)
            shadowing.keep_shadow(office, library)
            store_of[name] = decided(store)
            if name == "with":
                with store.begin_read() as connection:
                    champion, challenger = all_scores(connection), shadow_decisions_of(connection, 1)
                    found = shadow_report.report(connection)
    assert store_of["with"] == store_of["without"], "the shadow, or the size of a batch, has touched a decision"
    assert champion.keys() == challenger.keys()
    assert len(champion) == 56
    for seq, one in champion.items():
        other = challenger[seq]
        assert (other.referral, other.cause, other.propensity) == (one.referral, one.cause, one.propensity), seq
        assert (other.raw_score, other.probability) == (one.raw_score, one.probability)
    assert {one.cause for one in champion.values()} >= {"rule", "random", "none"}
    assert (found.n, found.only_champion.n, found.only_challenger.n) == (40, 0, 0)
    assert found.both.n == found.champion.n > 0


def test_other_rules_select_others_and_the_report_says_which(
    often: Settings, api: TestClient, keys: Keys, clock: Clock
) -> None:
    rule = document(
        when="gross_weight_g > 500 AND stream = 'ems'", must_match=[{"gross_weight_g": 600, "stream": "ems"}]
    )
    analyst = bearer(keys.analyst)
    assert api.get("/v1/shadow", headers=analyst).status_code == 404
    assert api.post("/v1/shadow", json={}, headers=analyst).status_code == 409
    started = api.post("/v1/shadow", json={"rules": [rule]}, headers=analyst)
    assert (started.status_code, started.json()["rules"]) == (201, ["heavy-letters"])
    assert api.post("/v1/shadow", json={"rules": [rule]}, headers=analyst).status_code == 409
    post_all(api, keys, clock, range(40))
    office: Office = api.app.state.office  # type: ignore[attr-defined]
    assert shadowing.keep_shadow(office, ModelStore(often.models_dir)) in (0, 40), "the service may have been first"
    found = api.get("/v1/shadow", headers=analyst).json()
    assert found["n"] == 40
    assert found["only_challenger"]["n"] == sum(
        STREAMS[number % 4] == "ems" and 20 + 37 * (number % 17) > 500 for number in range(40)
    )
    assert {"champion": "none", "challenger": "rule", "n": found["only_challenger"]["n"]} in found["causes"]
    assert api.post("/v1/shadow/stop", headers=analyst).json()["stopped_at"] is not None
    assert api.post("/v1/shadow/stop", headers=analyst).status_code == 409
    post_all(api, keys, clock, range(40, 50))
    assert shadowing.keep_shadow(office, ModelStore(often.models_dir)) == 0, "a shadow that has stopped decides nothing"


def test_a_bundle_that_is_gone_stops_the_shadow_and_nothing_else(
    api: TestClient, keys: Keys, clock: Clock, settings: Settings
) -> None:
    library = ModelStore(settings.models_dir)
    own = bundle.load(library.champion(), trusted=None)  # type: ignore[arg-type]
    office: Office = api.app.state.office  # type: ignore[attr-defined]
    with office.store.begin() as connection:
        shadowing.start(connection, own, None, ANALYST, clock())
        connection.execute(shadows.update().values(bundle_id=f"{own.meta.name}@000000000000"))
    post_all(api, keys, clock, range(3))
    with pytest.raises(ParcelRiskError, match="no longer in the model store"):
        shadowing.keep_shadow(office, library)
    with office.store.begin_read() as connection:
        assert len(all_scores(connection)) == 3


def test_propensities_are_the_frequencies_with_which_other_seeds_select(
    often: Settings, keys: Keys, clock: Clock
) -> None:
    n_seeds = 30
    with TestClient(create_app(often, clock)) as api, Store(often.database) as store:
        live(store, clock)
        post_all(api, keys, clock, range(40))
        office: Office = api.app.state.office  # type: ignore[attr-defined]
        with store.begin_read() as connection:
            scored = all_scores(connection)
            made = np.zeros((n_seeds, len(scored)), dtype=np.bool_)
            nothing = Shadow(
                **{"shadow_id": 1, "bundle_id": None, "rules": None, "started_at": 0, "started_by": "", "after_seq": 0},
                **{"done_seq": 0, "stopped_at": None, "stopped_by": None},
            )
            population = ModelStore(often.models_dir).population
            for number in range(n_seeds):
                other = replace(office, seeds=Seeds(secret=number.to_bytes(32), since_us=0))
                again = Shadowing(other, connection, nothing, None, population).decided(list(scored))
                made[number] = [one.decision.referral.asks_inspection for one in again]
    propensity = np.array([one.propensity for one in scored.values()])
    frequency = made.mean(axis=0)
    spread = np.sqrt(propensity * (1 - propensity) / n_seeds)
    assert (frequency[propensity == 1] == 1).all()
    assert (np.abs(frequency - propensity) <= 4.5 * spread + 1e-12).all()
    assert abs((frequency - propensity).sum()) <= 3 * np.sqrt((spread**2).sum())
    assert 0 < (propensity == 1).sum() < 40
