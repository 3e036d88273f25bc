"""A table of cases: what is counted of each party when an item is declared twice, live or by backfill, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.history import ENTITIES, Engine, kernel
from features.identity import derive
from features.log import LOG_SCHEMA, PARCEL
from features.parcel.reference import shipped_reference
from features.parcel.s10 import check_digit
from features.parcel.schema import LINE
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.reading import Reading
from serving.intake.backfill import backfill
from serving.office.office import Office
from serving.office.outcomes import record
from serving.store import Client, Role
from serving.store import log as event_log
from tests.builders import outcome_table, parcel_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.lodging import lodge
from tests.serving.office.test_linking import BACK, ELSEWHERE, FIRST, RETURN
from tests.worlds import past_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICER = Client(client_id="officer", role=Role.OFFICER, operator=None)
OAK = {"sender_name": "Oak Trading", "sender_street": "Elm Street 9"}
TRANSIT = {**FIRST, **ELSEWHERE}
Counts = dict[str, int]


@dataclass(frozen=True)
class Case:
    """Two declarations under one number, by two clients unless `is_amendment`.

    `sent` and `received` say how many parcels history counts for each party, 0 for the others; `turned` the same for
    the other order, where it differs. `found` are the parties of a finding recorded for the one that is declared last.
    """

    name: str
    one: dict[str, Any]
    other: dict[str, Any]
    sent: Counts
    received: Counts
    turned: tuple[Counts, Counts] | None = None
    is_amendment: bool = False
    found: tuple[str, str] = ("Maple Crafts", "Anna Example")
    found_turned: tuple[str, str] = ("Maple Crafts", "Anna Example")


ONCE, ANNA = {"Maple Crafts": 1}, {"Anna Example": 1}
CASES = (
    Case("returned", FIRST, {**FIRST, **RETURN}, ONCE, ANNA),
    Case("returned by the same client", FIRST, {**FIRST, **RETURN}, ONCE, ANNA, is_amendment=True),
    Case(
        "returned, no sender named", FIRST, {**FIRST, **RETURN, "sender_name": None, "sender_street": None}, ONCE, ANNA
    ),
    Case(
        "redirected",
        FIRST,
        {**FIRST, **ELSEWHERE, "dispatch_country": "DE"},
        ONCE,
        ANNA,
        found=("Maple Crafts", "Berta Muster"),
    ),
    Case(
        "redirected by an amendment",
        FIRST,
        {**FIRST, **ELSEWHERE},
        ONCE,
        {"Berta Muster": 1},
        turned=(ONCE, ANNA),
        is_amendment=True,
        found=("Maple Crafts", "Berta Muster"),
    ),
    Case("declared again", FIRST, {**FIRST, "gross_weight_g": 900}, ONCE, ANNA),
    Case(
        "declared again, another sender",
        FIRST,
        {**FIRST, **OAK},
        ONCE,
        ANNA,
        turned=({"Oak Trading": 1}, ANNA),
        found=("Oak Trading", "Anna Example"),
    ),
    Case(
        "in transit, declared by both posts",
        TRANSIT,
        {**TRANSIT, "gross_weight_g": 345},
        ONCE,
        {"Berta Muster": 1},
        found=("Maple Crafts", "Berta Muster"),
        found_turned=("Maple Crafts", "Berta Muster"),
    ),
    Case(
        "another parcel under the number",
        FIRST,
        {**FIRST, **BACK, **ELSEWHERE, "sender_name": "Nobody Known"},
        {"Maple Crafts": 1, "Nobody Known": 1},
        {"Anna Example": 1, "Berta Muster": 1},
        found=("Nobody Known", "Berta Muster"),
    ),
)
ORDERS = [(case, is_turned) for case in CASES for is_turned in (False, True)]
OF_BACKFILL = [(case, is_turned) for case, is_turned in ORDERS if not case.is_amendment]


def number(at: int) -> str:
    serial = 47312400 + at
    return f"RB{serial:08d}{check_digit(f'{serial:08d}')}US"


def of_its_own(at: int, facts: dict[str, Any]) -> dict[str, Any]:
    """The same for persons and a number that no other case has."""
    mark = f" {chr(65 + at) * 3}"
    named = {name: value and value + mark for name, value in facts.items() if name.endswith("_name")}
    return {**facts, **named, "parcel_id": number(at)}


def declarations(at: int, case: Case, is_turned: bool) -> list[dict[str, Any]]:
    """Both in the order in which they come; each operator declares what it always does."""
    both = [(case.one, "post-a"), (case.other, "post-a" if case.is_amendment else "courier-a")]
    ordered = reversed(both) if is_turned else both
    return [{**of_its_own(at, facts), "operator": operator} for facts, operator in ordered]


def validated(rows: list[dict[str, Any]]) -> pl.DataFrame:
    accepted = validate_parcels(parcel_table(rows), reference=shipped_reference())
    assert not accepted.rejections
    return accepted.rows


HOMES: dict[str, dict[str, str]] = {
    "Maple Crafts": {"street": "Mill Lane 4", "city": "Springfield", "country": "US"},
    "Anna Example": {"street": "Example Road 17", "postcode": "10115", "city": "Berlin", "country": "DE"},
    "Berta Muster": {"street": "Rue de la Paix 3", "postcode": "1000", "city": "Brussels", "country": "BE"},
    "Oak Trading": {"street": "Elm Street 9", "city": "Springfield", "country": "US"},
    "Nobody Known": {"street": "Example Road 17", "postcode": "10115", "city": "Berlin", "country": "DE"},
}
"""Where each lives who may be a sender or a recipient."""


def keys_of(office: Office, n_cases: int) -> dict[tuple[int, str], dict[str, int | None]]:
    """Keys of each person of each case, as a sender and as a recipient."""
    wanted = [(at, name) for at in range(n_cases) for name in HOMES]
    rows = []
    for at, name in wanted:
        home = {part: None for part in ("postcode", "city", "country")} | {"name": name, **HOMES[name]}
        parties = {f"{role}_{part}": value for role in ROLES for part, value in home.items()}
        rows.append({**of_its_own(at, {**FIRST, **parties}), "operator": "post-a"})
    derived = derive(validated(rows), office.secrets.identity, reference=office.reference).to_dicts()
    keys = [{role: row[f"{role}_key"] for role in ROLES} for row in derived]
    return dict(zip(wanted, keys, strict=True))


ROLES = ("sender", "recipient")
Counted = dict[tuple[int, str], dict[str, int]]


def counted(log: pl.DataFrame, role: str, keys: dict[tuple[int, str], int]) -> Counted:
    """What the engine would read for each person if a parcel of theirs came now."""
    entity = next(one for one in ENTITIES if one.name == role)
    last = int(log["seq"].max() or 0)  # type: ignore[arg-type]
    probes = [
        {"seq": last + n, "kind": PARCEL, "known_at": NOW, entity.key: key} for n, key in enumerate(keys.values(), 1)
    ]
    asked = pl.DataFrame(probes, schema={name: LOG_SCHEMA[name] for name in probes[0]})
    words = Engine((entity,)).advance(pl.concat([log, asked], how="diagonal"))[entity.name][-len(probes) :]
    return {who: dict(zip(kernel.READ, row.tolist(), strict=True)) for who, row in zip(keys, words, strict=True)}


def check(office: Office, cases: Sequence[tuple[Case, bool]], *, has_findings: bool) -> None:
    """Counters are those of the table, and replay has the history that is served."""
    with office.store.begin_read() as connection:
        log = event_log.read(connection)
    engine = Engine()
    engine.advance(log)
    assert office.writer.digest() == engine.digest()
    keys = keys_of(office, len(cases))
    by_role = {
        role: counted(log, role, {who: key for who, both in keys.items() if (key := both[role]) is not None})
        for role in ROLES
    }
    for at, (case, is_turned) in enumerate(cases):
        counts = case.turned if is_turned and case.turned else (case.sent, case.received)
        found = case.found_turned if is_turned else case.found
        for role, n, finder in zip(ROLES, counts, found, strict=True):
            numbers = {name: by_role[role][at, name] for name in HOMES if (at, name) in by_role[role]}
            says = case.name, is_turned, role
            assert {name: one["n"] for name, one in numbers.items() if one["n"]} == n, says
            if has_findings:
                assert {name: one["found"] for name, one in numbers.items() if one["found"]} == {finder: 1}, says


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = Clock(NOW - timedelta(days=9))
    with opened(bare_settings(tmp_path), clock) as office:
        yield office


def lodge_all(office: Office, rows: list[dict[str, Any]]) -> None:
    for operator in ("post-a", "courier-a"):
        client = Client(client_id=operator, role=Role.OPERATOR, operator=operator)
        mine = [row for row in rows if row["operator"] == operator]
        with office.writer.transaction() as transaction:
            lodge(office, transaction, validated(mine), client)
    clock: Any = office.clock
    clock.pass_by(days=3)


def find_in(office: Office, rows: list[dict[str, Any]]) -> None:
    given = [{"parcel_id": row["parcel_id"], "operator": row["operator"], "result": "found"} for row in rows]
    with office.writer.transaction() as transaction:
        record(office, transaction, validate_outcomes(outcome_table(given)).rows, OFFICER)


def test_live_every_party_is_counted_as_the_table_says(office: Office) -> None:
    both = [declarations(at, case, is_turned) for at, (case, is_turned) in enumerate(ORDERS)]
    lodge_all(office, [first for first, _ in both])
    lodge_all(office, [second for _, second in both])
    check(office, ORDERS, has_findings=False)
    find_in(office, [second for _, second in both])
    check(office, ORDERS, has_findings=True)


def test_what_was_found_in_a_return_that_was_declared_first_counts_for_the_parties_of_its_first_way(
    office: Office,
) -> None:
    case = CASES[0]
    back, first = declarations(0, case, is_turned=True)
    lodge_all(office, [back])
    find_in(office, [back])
    lodge_all(office, [first])
    check(office, [(case, True)], has_findings=True)


def as_reading(rows: list[dict[str, Any]]) -> Reading:
    parcels = validated(rows).with_columns(pl.int_range(2, 2 + len(rows), dtype=pl.Int64).alias(LINE))
    outcomes = validate_outcomes(outcome_table([])).rows
    return Reading(parcels=parcels, outcomes=outcomes, rejections=(), ignored=(), n_rows=len(rows))


@pytest.mark.parametrize(
    ("files", "is_live_first", "comes_turned"),
    [([(0, 1)], False, False), ([(0,), (1,)], False, False), ([(1,), (0,)], False, True), ([(0,)], True, True)],
    ids=["one file", "two files", "two files, the later one first", "the later one live"],
)
def test_by_backfill_every_party_is_counted_as_the_table_says(
    office: Office, tmp_path: Path, files: list[tuple[int, ...]], is_live_first: bool, comes_turned: bool
) -> None:
    """Where what was declared later is on record first, the table speaks of the other order."""
    both = [declarations(at, case, is_turned) for at, (case, is_turned) in enumerate(OF_BACKFILL)]
    if is_live_first:
        lodge_all(office, [second for _, second in both])
    for n, of_file in enumerate(files):
        rows = [{**pair[at], "lodged_at": NOW - timedelta(days=40 - at)} for at in of_file for pair in both]
        done = backfill(office, past_of([as_reading(rows)], name=f"file {n}"), folder=tmp_path / "work")
        assert done.n_parcels == len(rows)
    check(office, [(case, is_turned is not comes_turned) for case, is_turned in OF_BACKFILL], has_findings=False)
