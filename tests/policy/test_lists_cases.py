"""Lists of what an office watches for."""

from __future__ import annotations

import polars as pl

from policy import WatchList


def parcels(*senders: int | None) -> pl.DataFrame:
    return pl.DataFrame({"sender": senders}, schema={"sender": pl.Int64()})


def test_what_was_found_is_watched_for_up_to_the_last_moment() -> None:
    watched = WatchList(["sender"], kept=10)
    watched.add(parcels(7), now=100)
    seen = parcels(7, 8, None)
    assert watched.hits(seen, now=110).tolist() == [True, False, False]
    assert watched.hits(seen, now=111).tolist() == [False, False, False]


def test_what_is_not_known_is_never_watched_for() -> None:
    watched = WatchList(["sender"], kept=10)
    watched.add(parcels(None), now=0)
    assert not watched.hits(parcels(None, 1), now=0).any()
