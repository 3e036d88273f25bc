from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from features.history import ENTITIES, Entity
from features.history.ledger import WINDOWS, ledger
from tests.worlds import eventful_log

CHECKED = [entity for entity in ENTITIES if entity.value == "value_eur_cents"]


def some_keys(entity: Entity) -> list[int]:
    """The busiest key, one with a finding, and one in the middle."""
    log = eventful_log().filter(pl.col(entity.key).is_not_null())
    counts = log[entity.key].value_counts(sort=True)[entity.key]
    found = log.filter((pl.col("kind") == "outcome") & (pl.col("result") == "found"))[entity.key]
    return [counts[0], counts[len(counts) // 2], *found.tail(1)]


def moments() -> list[datetime]:
    times = eventful_log()["known_at"].sort()
    return [times[len(times) // 2], times[-1]]


@pytest.mark.parametrize("entity", CHECKED, ids=lambda entity: entity.name)
@pytest.mark.parametrize("at", moments(), ids=["in the middle", "at the end"])
def test_the_list_of_parcels_behind_each_number_agrees_with_it(entity: Entity, at: datetime) -> None:
    for key in some_keys(entity):
        found = ledger(eventful_log(), entity, key, at)
        for name in WINDOWS:
            window = found.parcels.filter(pl.col(f"in_{name}"))
            assert window.height == found.numbers[f"n_{name}"]
            assert window["declared_value_eur_cents"].sum() == found.numbers[f"value_{name}"]
            assert window["gross_weight_g"].sum() == found.numbers[f"weight_{name}"]
        assert found.parcels["counts"].sum() == found.numbers["n"]
        assert (found.parcels["result"] == "found").sum() == found.numbers["found"]
        assert found.parcels["result"].is_in(["found", "nothing_found"]).sum() == found.numbers["inspected"]


def test_a_key_that_never_occurred_has_an_empty_ledger() -> None:
    found = ledger(eventful_log(), CHECKED[0], 12_345, moments()[1])
    assert found.parcels.height == 0
    assert found.numbers["n"] == 0
    assert found.numbers["first_at"] == -1
