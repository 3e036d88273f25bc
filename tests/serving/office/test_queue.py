"""The queue: what is asked for and not done, the most urgent first; a claim holds for a quarter of an hour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from features.parcel.reference import shipped_reference
from features.parcel.validation import validate_parcels
from serving.office.office import Office
from serving.office.queue import claim, queue
from serving.store import Client, Role
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, opened
from tests.serving.office.lodging import lodge

POST = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
ONE, OTHER = (Client(client_id=name, role=Role.OFFICER, operator=None) for name in ("officer-7", "officer-8"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(bare_settings(tmp_path_factory.mktemp("queue")), Clock()) as office:
        yield office


def test_only_what_is_asked_for_is_in_the_queue(office: Office) -> None:
    timeless = {"lodged_at": None, "posted_at": None, "due_at": None}
    table = parcel_table([a_parcel(parcel_id=f"P-{n}", operator="post-a", **timeless) for n in range(3)])
    with office.writer.transaction() as transaction:
        lodge(office, transaction, validate_parcels(table, reference=shipped_reference()).rows, POST)
    assert queue(office) == [], "without a model nothing is selected, and nothing is called low risk either"


def test_a_claim_is_one_officers_until_it_ends(office: Office) -> None:
    seq = office.writer.last_seq
    assert claim(office, seq, ONE)
    assert claim(office, seq, ONE), "it is prolonged"
    assert not claim(office, seq, OTHER)
    assert not claim(office, seq + 1, ONE), "there is no such parcel"
    office.clock.pass_by(minutes=16)  # type: ignore[attr-defined]
    assert claim(office, seq, OTHER)
