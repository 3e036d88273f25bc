from __future__ import annotations

import numpy as np

from benchmarks.lists import bad_files, exact, fuzzy, terms
from policy.lists import ListField, read_entries
from tests.policy.lists.making import KEY, TODAY


def test_one_parcel_in_a_hundred_is_on_the_list():
    index, parcels = exact(2_000, 3_000, np.random.default_rng(2))
    assert 10 < index.match(parcels, 0).rows.size < 60
    index, parcels = fuzzy(500, 300, np.random.default_rng(2))
    assert index.match(parcels, 0).rows.size > 0


def test_every_bad_file_is_refused():
    for what, data in bad_files(100).items():
        if "times the same" not in what:
            assert read_entries(data, terms(ListField.DESCRIPTION), KEY, TODAY).faults, what
