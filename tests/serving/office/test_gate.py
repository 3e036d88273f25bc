"""The legal gate at the office: a sealed letter that was drawn is x-rayed, and answer, card and store say why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policy import Limit, Referral, shipped_gate
from serving.office.lookup import look_up
from serving.office.office import Office
from serving.pages.card import card, limit_words
from serving.store.policy_history import policies_known
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.test_writer import OFFICER, lodged

LETTER = {"stream": "letter", "category": "documents", "gross_weight_g": 20}


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """An office without a model, which draws everything."""
    with opened(bare_settings(tmp_path).model_copy(update={"capacity_share": 1.0}), clock) as office:
        yield office


def test_a_drawn_letter_is_x_rayed_and_a_drawn_parcel_opened(office: Office) -> None:
    (letter,) = lodged(office, "L-1", **LETTER)
    (parcel,) = lodged(office, "P-1", stream="parcel")
    assert (letter.referral, letter.limit, letter.propensity) == (Referral.XRAY, Limit.SUSPICION, 1.0)
    assert (parcel.referral, parcel.limit) == (Referral.OPEN, Limit.NONE)
    (shown,) = look_up(office, "L-1", OFFICER).parcels
    assert shown.answer.limit is Limit.SUSPICION
    assert card(shown).limit == limit_words(Limit.SUSPICION)
    (shown,) = look_up(office, "P-1", OFFICER).parcels
    assert "Limit" not in dict(card(shown).facts)


def test_a_parcel_that_turns_out_to_be_a_letter_is_no_longer_to_be_opened(office: Office) -> None:
    (parcel,) = lodged(office, "P-1", stream="parcel", gross_weight_g=20)
    (letter,) = lodged(office, "P-1", **LETTER)
    assert (parcel.referral, letter.referral, letter.cause) == (Referral.OPEN, Referral.XRAY, parcel.cause)


def test_the_table_belongs_to_the_policy_that_is_kept_with_the_decision(office: Office) -> None:
    lodged(office, "L-1", **LETTER)
    with office.store.begin_read() as connection:
        assert policies_known(connection) == {office.policy.policy_id: office.policy.settings}
    assert office.policy.gate == shipped_gate().digest


@pytest.mark.parametrize("limit", Limit)
def test_every_limit_has_words(limit: Limit) -> None:
    assert bool(limit_words(limit)) is (limit is not Limit.NONE)
