"""A service that is asked to end: work in hand is answered, streams end, and the next start has nothing to replay."""

from __future__ import annotations

import http.client
import signal
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

from features.history import snapshots
from features.parcel.problems import SnapshotError
from serving.store import Role
from tests.serving.bare import bare_settings, client_key
from tests.serving.crashing import examined
from tests.serving.services import WAIT_S, service
from tests.serving.traffic import Traffic, not_once

N_STREAMS = 3


def stream(connections: ExitStack, address: str, key: str) -> http.client.HTTPResponse:
    """The stream of a station that has signed in; its first event was read."""
    connection = connections.enter_context(closing(http.client.HTTPConnection(address, timeout=WAIT_S)))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{address}"}
    connection.request("POST", "/station/login", urlencode({"key": key}), headers)
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    connection.request("GET", "/station/events", headers={"Cookie": cookie})
    opened = connections.enter_context(closing(connection.getresponse()))
    assert opened.readline() == b"event: queue\n"
    return opened


def test_a_service_with_open_streams_ends_in_order_under_load(tmp_path: Path) -> None:
    settings = bare_settings(tmp_path)
    supervisor = client_key(settings, "supervisor", None, Role.SUPERVISOR)
    post, officer = client_key(settings, "post", "post-a"), client_key(settings, "officer", None)
    with service(settings) as (address, process), ExitStack() as connections:
        traffic = Traffic([address], post, officer)
        traffic.start(2)
        traffic.wait_for(5)
        streams = [stream(connections, address, supervisor) for _ in range(N_STREAMS)]
        threads = [threading.Thread(target=one.read, daemon=True) for one in streams]
        for thread in threads:
            thread.start()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=WAIT_S) == -signal.SIGTERM  # in order, and then as it was asked
        for thread in threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()  # by an end of the stream, not by an error
        traffic.stop()
    assert traffic.faults == []
    assert not_once(settings, [traffic]) == []
    newest = next(iter(snapshots.usable(settings.home / "history")))
    assert not isinstance(newest, SnapshotError)
    found = examined(settings)
    assert (newest.engine.last_seq, found.faults) == (found.n_events, ())
