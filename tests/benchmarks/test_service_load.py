"""The load generator against a server that does nothing."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.service.driving import Clients, Driven, drive, started
from benchmarks.service.machine import cpu_s_of, fsync_ms, memory_of
from benchmarks.service.servers import ROOT, Server, ServerError, ask, running
from benchmarks.service.wire import Incoming, keep, kept, request

N = 40


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = [sys.executable, "-m", "benchmarks.service.trivial", "{port}"]
    folder = tmp_path_factory.mktemp("trivial")
    with running("trivial", command, folder=folder, health="/", environment={"PYTHONPATH": str(ROOT)}) as server:
        yield server


def requests(folder: Path, n: int = N) -> Path:
    return keep(folder / "requests", (request("POST", "/", b"%d" % index) for index in range(n)))


def driven(server: Server, folder: Path, *clients: Clients, seconds: float = 30.0) -> Driven:
    return drive(server.port, clients, seconds=seconds, file=folder / "load.json", warm_up_s=0.0)


def test_every_request_of_a_file_is_sent_once(endpoint: Server, tmp_path: Path) -> None:
    seen = driven(endpoint, tmp_path, Clients(name="all", file=requests(tmp_path), clients=4)).seen["all"]
    assert (len(seen.ms), seen.n_answered, seen.n_within, seen.n_failed) == (N, N, N, 0)
    assert min(seen.ms) > 0
    assert seen.per_s == pytest.approx(N / seen.seconds)


def test_a_file_begins_again_until_enough_was_sent(endpoint: Server, tmp_path: Path) -> None:
    clients = Clients(name="again", file=requests(tmp_path, 3), clients=2, most=N, again=True)
    assert len(driven(endpoint, tmp_path, clients).seen["again"].ms) == N


def test_requests_end_with_the_time_and_those_of_the_warm_up_do_not_count(endpoint: Server, tmp_path: Path) -> None:
    clients = Clients(name="timed", file=requests(tmp_path), again=True, pause_s=0.01)
    seen = drive(endpoint.port, [clients], seconds=0.2, file=tmp_path / "load.json", warm_up_s=0.2).seen["timed"]
    assert 0 < len(seen.ms) < seen.n_answered < 100


def test_groups_are_told_apart(endpoint: Server, tmp_path: Path) -> None:
    file = requests(tmp_path)
    found = driven(endpoint, tmp_path, Clients(name="a", file=file, most=5), Clients(name="b", file=file, most=7))
    assert {name: len(seen.ms) for name, seen in found.seen.items()} == {"a": 5, "b": 7}


def test_a_load_ends_early_when_it_is_told_to(endpoint: Server, tmp_path: Path) -> None:
    clients = Clients(name="endless", file=requests(tmp_path), again=True, pause_s=0.001)
    with started(endpoint.port, [clients], seconds=600.0, file=tmp_path / "load.json", warm_up_s=0.0) as load:
        ask(endpoint.port, "GET", "/")
        found = load.result(early=True)
    assert found.seen["endless"].n_failed == 0


def test_an_answer_that_is_no_success_is_counted_as_failed(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_answer_once, args=(listening, answer), daemon=True).start()
        server = Server(name="busy", port=listening.getsockname()[1], group=0)
        seen = driven(server, tmp_path, Clients(name="one", file=requests(tmp_path, 1))).seen["one"]
    assert (seen.n_failed, seen.first_fault) == (1, "503 wait")


def test_a_connection_that_ends_before_the_answer_is_counted_as_failed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_answer_once, args=(listening, b""), daemon=True).start()
        server = Server(name="gone", port=listening.getsockname()[1], group=0)
        seen = driven(server, tmp_path, Clients(name="one", file=requests(tmp_path, 1))).seen["one"]
    assert seen.n_failed == 1
    assert "before the answer" in seen.first_fault


def _answer_once(listening: socket.socket, answer: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(answer)


def test_memory_and_processor_time_are_those_of_the_server(endpoint: Server) -> None:
    memory = memory_of(endpoint.group)
    assert memory.n_processes == 1
    assert 5 < memory.pss_mb <= memory.rss_mb < 200
    assert cpu_s_of(endpoint.group) > 0


def test_a_server_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = "import subprocess, sys, runpy; subprocess.Popen(['sleep', '600']); sys.argv = ['', '{port}']; "
    command = [sys.executable, "-c", child + "runpy.run_module('benchmarks.service.trivial', run_name='__main__')"]
    with running("parent", command, folder=tmp_path, health="/", environment={"PYTHONPATH": str(ROOT)}) as server:
        assert memory_of(server.group).n_processes == 2
    assert memory_of(server.group).n_processes == 0


def test_a_server_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no model here')"]
    with (
        pytest.raises(ServerError, match=r"broken.*\n.*no model here"),
        running("broken", command, folder=tmp_path, health="/"),
    ):
        raise AssertionError("it answers")


def test_an_fsync_is_timed_and_leaves_nothing(tmp_path: Path) -> None:
    assert all(ms > 0 for ms in fsync_ms(tmp_path, 5))
    assert list(tmp_path.iterdir()) == []


def test_requests_are_kept_as_they_are(tmp_path: Path) -> None:
    made = [request("GET", "/a"), request("POST", "/b", b"\r\n\r\n{}", headers={"X": "1"})]
    assert list(kept(keep(tmp_path / "kept", made))) == made


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_messages_are_cut_wherever_the_bytes_break(size: int) -> None:
    first = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    second = b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"
    data, incoming = first + second + first, Incoming()
    found = [part for start in range(0, len(data), size) for part in incoming.messages(data[start : start + size])]
    assert [body for _, body in found] == [b"{}", b"2\r\n[]\r\n0\r\n\r\n", b"{}"]
