from __future__ import annotations

import polars as pl

from policy.lists import WatchList
from policy.lists.watch import DAY_US


def parcels(*rows: tuple[int | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"sender": pl.Int64, "place": pl.Int64}, orient="row")


def test_what_has_any_watched_value_is_hit_until_the_watch_has_passed():
    watch = WatchList(["sender", "place"], kept=3)
    watch.add(parcels((1, 2)), now=10)
    seen = parcels((1, 9), (9, 2), (2, 1), (9, 9))
    assert watch.hits(seen, now=10).tolist() == [True, True, False, False]
    assert watch.hits(seen, now=13).tolist() == [True, True, False, False]
    assert watch.hits(seen, now=14).tolist() == [False] * 4


def test_another_finding_prolongs_the_watch():
    watch = WatchList(["sender", "place"], kept=3)
    watch.add(parcels((1, None)), now=10)
    watch.add(parcels((1, None)), now=12)
    assert watch.hits(parcels((1, None)), now=15).tolist() == [True]


def test_null_is_never_watched_for():
    watch = WatchList(["sender", "place"], kept=3)
    watch.add(parcels((None, 5)), now=1)
    assert watch.hits(parcels((None, None), (None, 5)), now=1).tolist() == [False, True]


def test_an_empty_list_hits_nothing():
    assert WatchList(["sender"]).hits(parcels((1, 1)), now=0).tolist() == [False]


def test_the_keys_of_findings_are_watched_for_60_days_unless_said_otherwise():
    keys = pl.DataFrame({"sender_key": [-1], "address_key": [2], "look_alike_key": [None]}).cast(pl.Int64)
    watch = WatchList()
    watch.add(keys, now=7)
    assert watch.hits(keys, now=7 + 60 * DAY_US).tolist() == [True]
    assert watch.hits(keys, now=8 + 60 * DAY_US).tolist() == [False]
