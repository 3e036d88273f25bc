from __future__ import annotations

import pytest

from data.synthetic import World, generate, load_scenario
from features.identity import IdentityKey


@pytest.fixture(scope="session")
def baseline() -> World:
    return generate(load_scenario("baseline"), n_parcels=60_000, n_days=120, seed=11)


@pytest.fixture(scope="session")
def identity() -> IdentityKey:
    return IdentityKey(bytes(range(32)))
