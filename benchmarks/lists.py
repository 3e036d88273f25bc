"""How fast parcels are looked up in lists: exact keys, words and fuzzy names, and how fast bad lists are refused.

`python -m benchmarks.lists [ENTRIES] [PARCELS]`, on one core, processor time, the best of three. Keys are random; names
are two given names and a family name of one language area of the synthetic world, one letter of which may be another
one. One in a hundred parcels is on a list.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # one core; before Polars is imported

import argparse
import datetime as dt
import time
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from data.synthetic.pools import countries, people
from features.identity import IdentityKey
from policy import Referral
from policy.lists import (
    MAX_ENTRIES,
    Content,
    Listed,
    ListField,
    ListIndex,
    ListKind,
    Parcels,
    Terms,
    name_form,
    read_entries,
)
from policy.lists.content import MARKS

KEY = IdentityKey(b"benchmark, nothing is kept: 32 b")
TODAY = dt.date(2026, 11, 26)
SEED = 1
KEYS = ("sender_key", "sender_loose_key", "recipient_key", "address_key", "contact_key", "look_alike_key", "lane_key")
"""Columns over which the entries of exact keys are spread."""


def terms(*fields: ListField) -> Terms:
    """Terms of a list."""
    return Terms(
        name="benchmark",
        kind=ListKind.MANDATORY,
        fields=fields,
        asks=Referral.OPEN,
        owner="benchmark",
        legal_basis="none",
        reason="benchmark",
        source="drawn",
        source_code="X",
        information_code=4,
        handling="H0",
        review_on=TODAY,
    )


def seconds(work: Callable[[], object]) -> float:
    """Processor time, the best of three."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def exact(n_entries: int, n_parcels: int, rng: np.random.Generator) -> tuple[ListIndex, Parcels]:
    """A list of keys, and parcels of which one in a hundred is on it."""
    keys = rng.integers(-(2**62), 2**62, n_entries)
    columns = rng.integers(len(KEYS), size=n_entries)
    marks = pl.DataFrame(
        {
            "entry": np.arange(1, n_entries + 1),
            "column": [KEYS[at] for at in columns.tolist()],
            "key": keys,
            "until_us": pl.Series([None] * n_entries, dtype=pl.Int64),
        },
        schema=MARKS,
    )
    listed = rng.choice(n_entries, n_parcels)
    is_listed = rng.random(n_parcels) < 0.01
    given = {
        column: pl.Series(
            column,
            np.where(is_listed & (columns[listed] == at), keys[listed], rng.integers(-(2**62), 2**62, n_parcels)),
        )
        for at, column in enumerate(KEYS)
    }
    index = ListIndex([Listed(number=1, terms=terms(ListField.SENDER), content=Content(marks=marks))])
    return index, Parcels(n=n_parcels, keys=given, names={}, descriptions=[None] * n_parcels)


def names(n: int, rng: np.random.Generator) -> list[str]:
    """Distinct names in the form in which they are compared."""
    areas = [people(language) for language in sorted({one.language for one in countries()})]
    found: dict[str, None] = {}
    while len(found) < n:
        given, family = areas[int(rng.integers(len(areas)))]
        drawn = (*rng.choice(given, 2), rng.choice(family))
        name = _misspelled(name_form(" ".join(map(str, drawn)), None), rng)
        found.setdefault(name)
    return list(found)


def _misspelled(name: str, rng: np.random.Generator) -> str:
    at, letter = int(rng.integers(len(name))), chr(97 + int(rng.integers(26)))
    return f"{name[:at]}{letter}{name[at + 1 :]}"


def fuzzy(n_entries: int, n_parcels: int, rng: np.random.Generator) -> tuple[ListIndex, Parcels]:
    """A list of names of senders, and parcels whose senders are others, or in one of a hundred nearly the same."""
    drawn = names(n_entries + n_parcels, rng)
    known, others = drawn[:n_entries], drawn[n_entries:]
    asked = [_misspelled(known[int(rng.integers(n_entries))], rng) if rng.random() < 0.01 else name for name in others]
    marks = pl.DataFrame(
        {"entry": np.arange(1, n_entries + 1), "column": "sender_name", "key": None, "until_us": None}, schema=MARKS
    )
    content = Content(marks=marks, forms=tuple(known))
    index = ListIndex([Listed(number=1, terms=terms(ListField.SENDER_NAME), content=content)])
    return index, Parcels(n=n_parcels, keys={}, names={"sender_name": asked}, descriptions=[None] * n_parcels)


def worded(n_entries: int, n_parcels: int, rng: np.random.Generator) -> tuple[ListIndex, Parcels]:
    """A list of two words each of twenty thousand, and parcels whose descriptions have four."""
    vocabulary = np.array([f"word{number:05}" for number in range(20_000)])
    forms = tuple(map(" ".join, vocabulary[rng.integers(vocabulary.size, size=(n_entries, 2))].tolist()))
    descriptions = list(map(" ".join, vocabulary[rng.integers(vocabulary.size, size=(n_parcels, 4))].tolist()))
    marks = pl.DataFrame(
        {"entry": np.arange(1, n_entries + 1), "column": "description", "key": None, "until_us": None}, schema=MARKS
    )
    content = Content(marks=marks, forms=forms)
    index = ListIndex([Listed(number=1, terms=terms(ListField.DESCRIPTION), content=content)])
    return index, Parcels(n=n_parcels, keys={}, names={}, descriptions=descriptions)


def bad_files(n_entries: int) -> dict[str, bytes]:
    """Lists that are refused: what is wrong, and the file."""
    good = b"".join(b"shoes %d\n" % number for number in range(n_entries))
    megabyte = b"words\n" + b"".join(b"shoes of number %d\n" % number for number in range(2**20 // 22))
    return {
        "unknown column": b"wrods\n" + good,
        "one cell of 1 MB": b"words\n" + b"x" * 2**20 + b"\n",
        "1 MB, last line a duplicate": megabyte + b"shoes of number 7\n",
        "1 MB, last line expired": megabyte.replace(b"words\n", b"words,expires_on\n", 1) + b"shoes,2020-01-01\n",
        f"{n_entries:,} lines, the last spelled otherwise": b"words\n" + good + b"SHOES 7!\n",
        f"{n_entries:,} lines, the last says nothing": b"words\n" + good + b"a-b\n",
        f"{n_entries:,} lines, the last open": b"words\n" + good + b'"shoes\n',
        "a million lines": b"words\n" + b"shoes\n" * 1_000_000,
        f"{MAX_ENTRIES:,} times the same": b"words\n" + b"shoes\n" * MAX_ENTRIES,
    }


def report(name: str, index_s: float, match_s: float, n_parcels: int, n_hits: int) -> None:
    """Print one line."""
    took = f"{1e3 * match_s:.0f} ms, {n_parcels / match_s:,.0f}/s"
    print(f"{name}: index {index_s:.2f} s; {n_parcels:,} parcels in {took}, {n_hits:,} hits")


def measured(name: str, made: tuple[ListIndex, Parcels], content: Sequence[Listed]) -> None:
    """Measure the index and the look-up."""
    index, parcels = made
    matches = index.match(parcels, 0)
    took = seconds(lambda: index.asked(index.match(parcels, 0), parcels.n))
    report(name, seconds(lambda: ListIndex(content)), took, parcels.n, matches.rows.size)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", nargs="?", type=int, default=100_000)
    parser.add_argument("parcels", nargs="?", type=int, default=10_000)
    given = parser.parse_args()
    for name, make in (("exact keys", exact), ("words", worded), ("fuzzy names", fuzzy)):
        index, parcels = make(given.entries, given.parcels, np.random.default_rng(SEED))
        measured(name, (index, parcels), index.lists)
    for what, data in bad_files(given.entries).items():
        took = seconds(lambda data=data: read_entries(data, terms(ListField.DESCRIPTION), KEY, TODAY))  # type: ignore[misc]
        fault = read_entries(data, terms(ListField.DESCRIPTION), KEY, TODAY).faults[0]
        print(f"refused, {what}: {1e3 * took:.0f} ms, line {fault.line:,}, {fault.code}")


if __name__ == "__main__":
    main()
