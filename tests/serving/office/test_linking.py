"""Returns, redirections, transit and second declarations: no history of a party changes wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.catalogue import catalogue
from features.history import ENTITIES, Engine
from features.history.ledger import ledger
from features.log import PARCEL
from features.parcel.s10 import check_digit
from features.replay import joined, replay
from serving.store.scores import all_scores
from tests.conftest import Clock
from tests.serving.conftest import Keys, bearer
from tests.serving.office.test_outcomes import log_of

FIRST = {
    "parcel_id": "RB473124829US",
    "stream": "letter",
    "dispatch_country": "US",
    "sender_name": "Maple Crafts",
    "sender_street": "Mill Lane 4",
    "sender_city": "Springfield",
    "sender_country": "US",
    "recipient_name": "Anna Example",
    "recipient_street": "Example Road 17",
    "recipient_postcode": "10115",
    "recipient_city": "Berlin",
    "recipient_country": "DE",
    "category": "sale",
    "gross_weight_g": 340,
    "pieces": [{"description": "cotton t-shirt", "quantity": 1, "value_cents": 2400, "hs_code": "610910"}],
}
PARTS = ("name", "street", "postcode", "city", "country")
BACK = {f"sender_{part}": FIRST.get(f"recipient_{part}") for part in PARTS} | {
    f"recipient_{part}": FIRST.get(f"sender_{part}") for part in PARTS
}
RETURN = {"category": "returned", "dispatch_country": "DE", **BACK}
ELSEWHERE = {
    "recipient_name": "Berta Muster",
    "recipient_street": "Rue de la Paix 3",
    "recipient_postcode": "1000",
    "recipient_city": "Brussels",
    "recipient_country": "BE",
}


@dataclass(frozen=True)
class Case:
    """What is declared second, by whom, and the counters that each party has behind it.

    `flags` are those of the second declaration that say how it is linked; `sent` and `received` how many parcels
    history counts for the first sender and for the first recipient.
    """

    name: str
    second: dict[str, Any]
    by_courier: bool
    flags: set[str]
    sent: int = 1
    received: int = 1


CASES = (
    Case("return by the other post", RETURN, True, {"returned"}),
    Case("return lodged by the same client", RETURN, False, {"returned"}),
    Case("return that names no sender", {**RETURN, "sender_name": None, "sender_street": None}, True, {"returned"}),
    Case("redirected by the other post", {**ELSEWHERE, "dispatch_country": "DE"}, True, {"redirected"}),
    Case("redirected by an amendment", ELSEWHERE, False, set(), received=0),
    Case("declared again, the same", {}, True, {"declared_again"}),
    Case("declared again, other weight", {"gross_weight_g": 900}, True, {"declared_again", "other_weight"}),
    Case(
        "declared again, other goods and value",
        {"pieces": [{"description": "phone case", "quantity": 1, "value_cents": 99000, "hs_code": "392690"}]},
        True,
        {"declared_again", "other_goods", "other_value"},
    ),
    Case(
        "declared again, other sender",
        {"sender_name": "Oak Trading", "sender_street": "Elm Street 9"},
        True,
        {"declared_again", "other_parties"},
    ),
    Case("another parcel under the number", {**BACK, **ELSEWHERE, "sender_name": "Nobody Known"}, True, set()),
)


def lodge(api: TestClient, key: str, **changes: Any) -> dict[str, Any]:
    response = api.post("/v1/parcels", json={**FIRST, **changes}, headers=bearer(key))
    assert response.status_code == 200, response.text
    return dict(response.json())


def n_of(log: pl.DataFrame, kind: str, key: int | None) -> int:
    """Parcels that history counts for an entity."""
    entity = next(one for one in ENTITIES if one.name == kind)
    return (
        0 if key is None or key not in log[entity.key] else ledger(log, entity, key, log["known_at"][-1]).numbers["n"]
    )


def of_its_own(case: Case, facts: dict[str, Any]) -> dict[str, Any]:
    """The same for persons and a number that no other case has."""
    mark = f" {chr(65 + CASES.index(case)) * 3}"
    named = {name: value and value + mark for name, value in facts.items() if name.endswith("_name")}
    return {**facts, **named, "parcel_id": NUMBERS[CASES.index(case)]}


NUMBERS = [f"RB{serial:08d}{check_digit(f'{serial:08d}')}US" for serial in range(47312400, 47312400 + len(CASES))]


def test_no_history_of_a_party_changes_wrongly(api: TestClient, app: FastAPI, keys: Keys, clock: Clock) -> None:
    for case in CASES:
        lodge(api, keys.post, **of_its_own(case, FIRST))
    clock.pass_by(days=3)
    for case in CASES:
        second = of_its_own(case, {**FIRST, **case.second})
        shown = lodge(api, keys.courier if case.by_courier else keys.post, **second)
        assert not set(shown["quality_flags"]) & LINKS, "operators are not shown what others declared"
    log = log_of(app)
    for case in CASES:
        check(case, log, log.filter((pl.col("kind") == PARCEL) & (pl.col("parcel_id") == NUMBERS[CASES.index(case)])))
    assert_served_as_replayed(app, log)


def check(case: Case, log: pl.DataFrame, parcels: pl.DataFrame) -> None:
    sent, back = parcels.row(0, named=True), parcels.row(-1, named=True)
    assert set(back["quality_flags"]) & LINKS == case.flags, case.name
    counted = (n_of(log, "sender", sent["sender_key"]), n_of(log, "recipient", sent["recipient_key"]))
    assert counted == (case.sent, case.received), case.name
    if "returned" in case.flags:
        assert (back["sender_key"], back["recipient_key"]) == (sent["sender_key"], sent["recipient_key"])


def test_a_second_declaration_counts_once_the_first_is_cancelled(
    api: TestClient, app: FastAPI, keys: Keys, clock: Clock
) -> None:
    lodge(api, keys.post)
    clock.pass_by(hours=1)
    lodge(api, keys.courier, gross_weight_g=900)
    clock.pass_by(hours=1)
    lodge(api, keys.post, function="cancel")
    log = log_of(app)
    last = log.filter(pl.col("kind") == PARCEL).row(-1, named=True)
    assert (last["operator"], set(last["quality_flags"]) & LINKS) == ("courier-a", set())
    assert n_of(log, "sender", last["sender_key"]) == 1


LINKS = {"returned", "redirected", "declared_again", "other_value", "other_weight", "other_goods", "other_parties"}


def assert_served_as_replayed(app: FastAPI, log: pl.DataFrame) -> None:
    rows = joined(replay(log, Engine(), chunk=2))
    with app.state.office.store.begin_read() as connection:
        stored = all_scores(connection)
    for seq, values in zip(rows.seq.tolist(), rows.values, strict=True):
        names = catalogue().names
        served = dict(zip(names, stored[seq].features.tolist(), strict=True))
        replayed = dict(zip(names, values.tolist(), strict=True))
        for name in ("sender_n_7d", "recipient_n_7d", "n_contradictions", "n_quality_flags"):
            assert served[name] == replayed[name] or served[name] != served[name]
