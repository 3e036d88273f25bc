from __future__ import annotations

import asyncio
import socket

import pytest

from features.parcel.problems import ParcelRiskError
from parcel_risk.ports import check_port, free_port, listen
from parcel_risk.serve import serve_forever
from serving.settings import Settings

HOST = "127.0.0.1"


def test_a_taken_port_is_named_with_the_setting_that_chooses_it(settings: Settings) -> None:
    with listen(HOST, 0, "SOME_PORT") as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ParcelRiskError, match=f"port {port} on {HOST} is taken by another process; set SOME_PORT"):
            check_port(HOST, port, "SOME_PORT")
        with pytest.raises(ParcelRiskError, match="is taken by another process; set PARCEL_RISK_PORT"):
            serve_forever(settings.model_copy(update={"host": HOST, "port": port}))
    check_port(HOST, port, "SOME_PORT")


def test_an_address_of_another_machine_is_not_called_a_taken_port() -> None:
    with pytest.raises(ParcelRiskError, match="cannot be used"):
        check_port("192.0.2.1", 8000, "SOME_PORT")


def test_another_port_is_chosen_only_when_the_wanted_one_is_taken() -> None:
    with listen(HOST, 0, "") as opened:
        taken = opened.getsockname()[1]
        assert free_port(HOST, taken) not in (0, taken)
    assert free_port(HOST, taken) == taken


def test_answers_do_not_wait_for_an_acknowledgement() -> None:
    async def options() -> list[int]:
        found: list[int] = []

        class Noted(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                accepted = transport.get_extra_info("socket")
                found.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        with listen(HOST, 0, "") as opened:
            server = await asyncio.get_running_loop().create_server(Noted, sock=opened)
            reader, writer = await asyncio.open_connection(*opened.getsockname())
            await reader.read()
            writer.close()
            server.close()
        return found

    (nodelay,) = asyncio.run(options())
    assert nodelay
