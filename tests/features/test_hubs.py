"""The shops of the golden log, nineteen under one account and one phone of a platform: who they are is learned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest

from features.catalogue import catalogue
from features.event_rows import rows_of
from features.history import ENTITIES, Engine, kernel
from features.reasons import telling
from features.replay import feature_rows
from tests.builders import MORNING, a_log, a_parcel

SHOPS = kernel.HUB_ABOVE + 3


def shop(number: int, *, days: float = 0.0, **changes: str | None) -> dict[str, object]:
    """A parcel of one of many sellers under the account of a platform."""
    at = MORNING + timedelta(days=days, minutes=number)
    seller = {
        "sender_account": "PLATFORM",
        "sender_phone": "+919812345678",
        "sender_name": f"Seller {chr(65 + number)}",
    }
    return a_parcel(parcel_id=f"P-{number}-{days}", lodged_at=at, posted_at=None, **seller | changes)


def features_of(parcels: list[dict[str, object]]) -> list[Mapping[str, float]]:
    rows = feature_rows(a_log(parcels, []), Engine())
    return [dict(zip(catalogue().names, row, strict=True)) for row in rows.values]


def test_an_account_of_many_sellers_becomes_a_hub_with_the_parcel_behind_the_seventeenth():
    rows = features_of([shop(number) for number in range(SHOPS)])
    is_hub = [row["sender_is_hub"] for row in rows]
    assert is_hub == [0.0] * (kernel.HUB_ABOVE + 1) + [1.0] * (SHOPS - kernel.HUB_ABOVE - 1)
    person, hub = rows[kernel.HUB_ABOVE], rows[-1]
    assert (person["sender_n_7d"], person["sender_parties_90d"]) == (kernel.HUB_ABOVE, kernel.HUB_ABOVE)
    assert np.isnan(person["sender_hub_n_7d"])
    assert all(np.isnan(hub[name]) for name in ("sender_n_7d", "contact_found_share", "new_sender_of_known_contact"))
    assert hub["sender_hub_n_7d"] == hub["contact_hub_n_7d"] == SHOPS - 1
    assert hub["recipient_n_7d"] == SHOPS - 1, "one recipient of one name is a person"


def test_a_seller_in_many_spellings_is_no_hub():
    names = ("Müller Hans", "Hans Mueller", "MULLER, HANS", "Herr Hans Müller")
    rows = features_of([shop(number, sender_name=names[number % 4], sender_country="DE") for number in range(SHOPS)])
    assert {row["sender_is_hub"] for row in rows} == {0.0}


def test_a_hub_is_a_person_again_when_few_share_its_key_for_ninety_days():
    many = [shop(number) for number in range(SHOPS)]
    rows = features_of([*many, shop(0, days=89.0), shop(0, days=120.0)])
    assert [row["sender_is_hub"] for row in rows[-2:]] == [1.0, 0.0]
    assert rows[-1]["sender_n_90d"] == 1.0


def test_a_name_at_many_addresses_of_one_city_is_a_hub_of_the_loose_key():
    rows = features_of(
        [
            shop(
                0,
                days=number / 24,
                sender_account=None,
                sender_name="Ottokar Beispielmann",
                sender_street=f"Street {number}",
            )
            for number in range(SHOPS)
        ]
    )
    assert (rows[5]["sender_loose_n_7d"], rows[5]["sender_n_7d"]) == (5.0, 0.0)
    assert rows[5]["new_writing_of_known_sender"] == 1.0
    assert rows[-1]["sender_loose_is_hub"] == 1.0
    assert np.isnan(rows[-1]["sender_loose_n_7d"])


@pytest.mark.parametrize(
    ("is_hub", "said"),
    [
        (1.0, "more than 16 unlike parties share the key of this sender: a platform, a forwarder or a made-up entry"),
        (0.0, "this sender was never seen before"),
    ],
)
def test_a_hub_is_told_as_a_hub_and_one_never_seen_as_never_seen(is_hub: float, said: str):
    row = np.full(len(catalogue()), np.nan)
    row[catalogue().column("sender_is_hub")] = is_hub
    told = telling(catalogue(), catalogue().column("sender_days_known"), row)
    assert catalogue().features[told].sentence(row[told]).startswith(said)
    other = catalogue().column("recipient_days_known")
    assert telling(catalogue(), other, row) == other


def test_what_an_officer_reads_of_a_hub_says_that_it_is_one():
    assert catalogue()["sender_n_7d"].sentence(float("nan")) == "the sender is not given"
    assert "not one person" in catalogue()["contact_is_hub"].sentence(1.0)
    assert catalogue()["lane_n_7d"].sentence(float("nan")) == "the lane is not given"


@pytest.mark.parametrize("size", [1, 7])
def test_hubs_are_the_same_bits_in_batches_and_row_by_row(size: int):
    log = a_log([shop(number) for number in range(SHOPS)], [])
    whole, parts = Engine(), Engine()
    expected = whole.advance(log)
    got = [parts.advance(rows_of(log.slice(start, size))) for start in range(0, log.height, size)]
    for entity in ENTITIES:
        np.testing.assert_array_equal(np.concatenate([part[entity.name] for part in got]), expected[entity.name])
    assert whole.digest() == parts.digest()


def test_events_of_before_have_no_hubs_and_no_loose_history():
    log = a_log([shop(number) for number in range(SHOPS)], [])
    old = log.with_columns(
        log[name].clear(log.height).alias(name)
        for name in ("sender_name_key", "recipient_name_key", "sender_loose_key", "recipient_loose_key")
    )
    last = dict(zip(catalogue().names, feature_rows(old, Engine()).values[-1], strict=True))
    assert (last["sender_n_7d"], last["sender_is_hub"]) == (SHOPS - 1, 0.0)
    assert np.isnan(last["sender_loose_n_7d"])
