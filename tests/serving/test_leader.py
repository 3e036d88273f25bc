"""Two services on one PostgreSQL database: one leads, the other follows, and takes over when the first is gone."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from features.parcel.problems import StoreError
from features.parcel.validation import validate_parcels
from serving.installation import Installation
from serving.office.recovery import Followed
from serving.settings import Settings
from serving.store import Client, Role, Store
from serving.store.read_spool import Look
from serving.store.tables import lease
from tests.builders import a_parcel, parcel_table
from tests.conftest import Clock
from tests.serving.bare import bare_settings, client_key, opened
from tests.serving.crashing import examined
from tests.serving.office.lodging import lodge
from tests.serving.services import WAIT_S, asked, leads, service
from tests.serving.traffic import Sent, Traffic, not_once


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Settings:
    """An installation whose store is a PostgreSQL database."""
    return bare_settings(tmp_path).model_copy(update={"database_url": postgres_url, "lease_s": 2.0})


def test_a_standby_takes_over_from_a_killed_leader_and_from_one_that_hangs(shared: Settings) -> None:
    with ExitStack() as services:
        first, leader = services.enter_context(service(shared, "--standby"))
        leads(first)  # nobody else did
        traffic = Traffic([first], client_key(shared, "post", "post-a"), client_key(shared, "officer", None))
        second, follower = services.enter_context(service(shared, "--standby"))
        is_a_standby(second, traffic)
        traffic.addresses = [first, second]
        traffic.start(3)
        traffic.wait_for(20)
        leader.send_signal(signal.SIGKILL)
        traffic.wait_for(20)
        assert traffic.not_repeated(second) == []

        third, _ = services.enter_context(service(shared, "--standby"))
        traffic.addresses = [second, third]
        follower.send_signal(signal.SIGSTOP)
        leads(third)
        traffic.addresses = [third]
        traffic.wait_for(5)
        follower.send_signal(signal.SIGCONT)
        assert follower.wait(timeout=WAIT_S) == 1  # it has noticed, and ends by itself
        traffic.wait_for(5)
        traffic.stop()
        assert traffic.faults == []
        assert traffic.not_repeated(third) == []
    assert not_once(shared, [traffic]) == []
    assert examined(shared).faults == ()


def is_a_standby(address: str, traffic: Traffic) -> None:
    status, said = asked(address, "/readyz")
    assert (status, said["status"], said["following"]) == (503, "standby", "possible")
    assert "process" in said["leader"]
    assert asked(address, "/livez") == (200, {"status": "alive"})
    lodging = Sent(path="/v1/parcels", key=traffic.post, once="refused", body=b"{}", parcels=())
    status, said, _ = lodging.at(address)
    assert (status, said["title"]) == (503, "Standby")
    assert "Send the request there" in said["detail"]


def test_a_store_that_one_host_opens_has_no_standby(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a standby needs a store that several hosts share"):
        Installation.open(bare_settings(tmp_path)).standby()


def test_a_replaced_writer_shows_nothing_that_it_cannot_log(tmp_path: Path, clock: Clock) -> None:
    settings = bare_settings(tmp_path)
    look = Look(at_us=1, client_id="officer", action="viewed", seqs=[])
    with opened(settings, clock) as office:
        assert office.writer.reads.add(look)
        with Store(settings.database) as other, other.begin() as connection:
            connection.execute(lease.update().values(token=lease.c.token + 1))
        assert not office.writer.reads.add(look)
        assert office.store.is_replaced


def test_a_standby_reads_a_changed_log_again(tmp_path: Path, clock: Clock) -> None:
    settings = bare_settings(tmp_path)
    with opened(settings, clock) as office:
        post = Client(client_id="post", role=Role.OPERATOR, operator="post-a")
        with office.writer.transaction() as transaction:
            rows = validate_parcels(parcel_table([a_parcel(parcel_id="one")]), reference=office.reference).rows
            lodge(office, transaction, rows, post)
        with office.store.begin_read() as connection:
            followed = Followed(connection, tmp_path / "none")
            assert followed.engine.digest() == office.writer.digest()
            followed._mark = "of another log"
            before = followed.engine
            followed.follow(connection)
        assert followed.engine is not before
        assert followed.engine.digest() == office.writer.digest()
