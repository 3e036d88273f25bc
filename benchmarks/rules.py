"""Rules: generated ones against Polars and DuckDB; how long a hundred take on ten thousand parcels, and a refusal.

    python -m benchmarks.rules --rules 500 --parcels 10000 --seed 1

Rules and parcels are drawn from the seed; a tenth of the values is not known. Divisors are columns or powers of two,
because Polars multiplies by the reciprocal of others, and the last bit differs.
"""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from random import Random
from typing import Any

import duckdb
import numpy as np
import polars as pl

from policy.rules import Columns, Predicate, Program, RuleError, of_facts, read
from policy.rules.printing import Engine, printed

WORDS = ("tea", "green tea", "cotton shirt", "phone case", "health product", "teapot", "toy car", "toys", "spare parts")
TEXTS = {
    "dispatch_country": ("NL", "BE", "TH", "CN", "US"),
    "sender_country": ("NL", "DE", "TH", "CN"),
    "stream": ("letter", "parcel", "ems", "express"),
    "hs_code": ("210690", "2106", "610910", "300490", "30"),
}
NUMBERS = {
    "gross_weight_g": (1, 2_000),
    "n_pieces": (1, 6),
    "declared_value_eur": (0, 300),
    "postage_eur": (0, 40),
    "sender_n_28d": (0, 30),
    "sender_found": (0, 3),
}
FLAGS = ("has_order_reference", "sender_has_contact", "value_is_round")
MISSING = 0.1
LISTED = 100_000


def parcels(random: Random, n: int) -> list[dict[str, Any]]:
    """Draw facts of `n` parcels; what is None is not known."""

    def known(value: Any) -> Any:
        return None if random.random() < MISSING else value

    return [
        {
            **{name: known(random.choice(texts)) for name, texts in TEXTS.items()},
            **{name: known(float(random.randint(low, high))) for name, (low, high) in NUMBERS.items()},
            **{name: known(random.random() < 0.5) for name in FLAGS},
            "description": known(" ".join(random.sample(WORDS, random.randint(1, 2)))),
        }
        for _ in range(n)
    ]


def condition(random: Random, depth: int = 3, *, only_sql: bool = False) -> str:
    """Draw a condition, as somebody may write it; `only_sql` leaves out what other engines do not read."""
    if depth == 0 or random.random() < 0.2:
        return random.choice(_SQL if only_sql else _SINGLE)(random)
    inner = [condition(random, depth - 1, only_sql=only_sql) for _ in range(random.randint(2, 3))]
    joined = random.choice((" AND ", " AND ", " OR ")).join(f"({one})" for one in inner)
    return f"NOT ({joined})" if random.random() < 0.2 else joined


def _column(random: Random) -> str:
    return random.choice(list(NUMBERS))


def _bound(random: Random, name: str) -> int:
    return random.randint(*NUMBERS[name])


def _compared(random: Random) -> str:
    name = _column(random)
    return f"{name} {random.choice(('<', '<=', '>', '>=', '=', '<>'))} {_bound(random, name)}"


def _between(random: Random) -> str:
    name = _column(random)
    low, high = sorted((_bound(random, name), _bound(random, name)))
    return f"{name} {random.choice(('', 'NOT '))}BETWEEN {low} AND {high}"


def _computed(random: Random) -> str:
    one, other = _column(random), _column(random)
    left = random.choice((f"{one} / {other}", f"({one} * 2.5 - 3) / 4", f"{one} * {other}", f"-{one} + 7"))
    return f"{left} {random.choice(('<', '>', '>='))} {random.randint(-5, 50)}"


def _text(random: Random) -> str:
    name = random.choice(list(TEXTS))
    some = ", ".join(f"'{text}'" for text in random.sample(TEXTS[name], 2))
    return random.choice(
        (
            f"{name} = '{TEXTS[name][0]}'",
            f"{name} IN ({some})",
            f"{name} NOT IN ({some})",
            f"{name} <> '{TEXTS[name][1]}'",
        )
    )


_SQL = (
    *(_compared, _compared, _between, _computed, _text, _text),
    lambda random: random.choice(("", "NOT ")) + random.choice(FLAGS),
    lambda random: f"{random.choice([*NUMBERS, *TEXTS, *FLAGS, 'description'])} IS {random.choice(('', 'NOT '))}NULL",
    lambda random: f"hs_code {random.choice(('', 'NOT '))}LIKE '{random.choice(('21', '30', '6109'))}%'",
    lambda random: f"{random.choice(FLAGS)} {random.choice(('=', '<>'))} {random.choice(('TRUE', 'FALSE'))}",
    lambda _: "sender_country <> dispatch_country",
    lambda random: f"description {random.choice(('=', '<>'))} '{random.choice(WORDS)}'",
)
_SINGLE = (
    *_SQL,
    lambda random: f"description CONTAINS ANY ('{random.choice(WORDS)}', '{random.choice(WORDS)}')",
    lambda random: f"description {random.choice(('', 'NOT '))}CONTAINS ANY LIST cover_goods",
)


def rules(random: Random, n: int, depth: int = 3) -> list[Predicate]:
    """Draw `n` rules; a condition that the language refuses, as one that no parcel can meet, is drawn again."""
    found: list[Predicate] = []
    while len(found) < n:
        try:
            found.append(read(condition(random, depth)))
        except RuleError:
            continue
    return found


def table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Parcels as a table."""
    numbers = dict.fromkeys(NUMBERS, pl.Float64)
    kinds = {**numbers, **dict.fromkeys(FLAGS, pl.Boolean), **dict.fromkeys((*TEXTS, "description"), pl.String)}
    return pl.DataFrame(rows, schema=kinds)


def ours(trees: list[Predicate], rows: list[dict[str, Any]]) -> list[list[bool | None]]:
    """Truth of each rule for each parcel; None where it is NULL."""
    return [
        np.where(truth.is_null, None, truth.is_true).tolist()  # type: ignore[call-overload]
        for truth in Program(trees).truths(of_facts(rows))
    ]


def by_polars(trees: list[Predicate], known: pl.DataFrame) -> list[list[bool | None]]:
    """Do as `ours`, by Polars."""
    return [known.select(pl.sql_expr(printed(tree, Engine.POLARS)).alias("hit"))["hit"].to_list() for tree in trees]


def by_duckdb(trees: list[Predicate], known: pl.DataFrame) -> list[list[bool | None]]:
    """Do as `ours`, by DuckDB."""
    return read_by_duckdb([printed(tree, Engine.DUCKDB) for tree in trees], known)


def read_by_duckdb(conditions: list[str], known: pl.DataFrame) -> list[list[bool | None]]:
    """Do as `ours` with conditions as they are written, by DuckDB's own reader."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("parcels", known.to_arrow())
        return [
            [row[0] for row in connection.execute(f"SELECT {condition} FROM parcels").fetchall()]
            for condition in conditions
        ]


def median_ms(work: Any, n: int = 30) -> float:
    """Median processor time of a call, after one that warms up."""
    work()
    times = []
    for _ in range(n):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return 1_000 * float(np.median(times))


REFUSED = (
    "x" * 1_000_000,
    " OR ".join(["gross_weight_g > 1"] * 20_000),
    " OR ".join(["n_pieces>1"] * 200),
    "(" * 200 + "gross_weight_g > 1" + ")" * 200,
    "gross_weight_g > " + " + ".join(["n_pieces * 1"] * 120),
    "gross_wieght_g > 1",
    "gross_weight_g > AVG(gross_weight_g)",
    "gross_weight_g / 0 > 1",
    "gross_weight_g > 1 -- comment",
    "gross_weight_g IN (SELECT 1)",
)
"""Conditions that are too long, too deep or not of the language."""


def refusal_ms(written: str) -> float:
    """Time until a bad condition is refused, the slowest of five."""
    times = []
    for _ in range(5):
        begun = time.process_time()
        with suppress(RuleError):
            read(written)
            raise ValueError(f"{written[:40]} was not refused")
        times.append(time.process_time() - begun)
    return 1_000 * max(times)


def main() -> None:
    """Compare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--parcels", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random = Random(given.seed)
    rows = parcels(random, given.parcels)
    trees = rules(random, given.rules)
    known = table(rows)
    answers = ours(trees, rows)
    n_null = sum(one.count(None) for one in answers)
    for engine, others in (("Polars", by_polars(trees, known)), ("DuckDB", by_duckdb(trees, known))):
        n_other = sum(mine != theirs for mine, theirs in zip(_flat(answers), _flat(others), strict=True))
        print(f"{engine}: {n_other:,} of {len(trees) * len(rows):,} truth values differ ({n_null:,} are NULL)")
    program, columns, one = Program(rules(random, 100, depth=2)), of_facts(rows), of_facts(rows[:1])
    print(f"100 rules on {len(rows):,} parcels: {median_ms(lambda: program.hits(columns)):.1f} ms")
    print(f"with a list of {LISTED:,} entries: {_with_a_list(columns, random):.1f} ms, each text for the first time")
    print(f"with columns made of plain rows: {median_ms(lambda: program.hits(of_facts(rows))):.1f} ms")
    print(f"the slowest of {len(REFUSED)} bad conditions is refused after {max(map(refusal_ms, REFUSED)):.1f} ms")
    print(f"100 rules on one parcel: {median_ms(lambda: program.hits(one)):.2f} ms")


def _with_a_list(columns: Columns, random: Random) -> float:
    """Processor time of a hundred rules that read a long list, each time on texts that no rule has seen."""
    entries = frozenset(f"{random.choice(WORDS)} number {number}" for number in range(LISTED))
    trees, lists = rules(random, 99, depth=2), {"cover_goods": entries}
    trees.append(read("gross_weight_g > 1 AND description CONTAINS ANY LIST cover_goods"))
    times = []
    for _ in range(5):
        program = Program(trees, None, lists)
        begun = time.process_time()
        program.hits(columns)
        times.append(time.process_time() - begun)
    return 1_000 * float(np.median(times))


def _flat(answers: list[list[bool | None]]) -> list[bool | None]:
    return [answer for one in answers for answer in one]


if __name__ == "__main__":
    main()
