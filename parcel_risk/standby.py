"""Waiting as a standby: what answers meanwhile, and how the service begins on the same port behind it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out
from parcel_risk.servers import server_of
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.office.standby import Standby


def waited(settings: Settings, opened: socket.socket) -> Standby:
    """Answer on a listening socket as a standby until it leads; a signal ends the process.

    Raises
    ------
    ParcelRiskError
        When the standby cannot begin, or its server ends without a takeover.
    """
    from serving.installation import Installation

    standby = Installation.open(settings).standby()
    try:
        _answer_until_leading(settings, opened, standby)
    except BaseException:
        standby.close()
        raise
    return standby


def _answer_until_leading(settings: Settings, opened: socket.socket, standby: Standby) -> None:
    from serving.app import create_standby

    # A socket of its own: a server closes what it listens on, and the service is to listen to this one.
    server, mine, leads = server_of(settings, create_standby(settings, standby)), opened.dup(), threading.Event()

    def follow() -> None:
        try:
            if standby.wait(lambda: server.should_exit):
                leads.set()
        finally:  # a standby that does not follow is none: whoever started it starts it again
            server.should_exit = True

    following = threading.Thread(target=follow, name="standby", daemon=True)
    following.start()
    out.print(f"standby on http://{settings.host}:{opened.getsockname()[1]}")
    server.run(sockets=[mine])
    following.join()
    if not leads.is_set():
        raise ParcelRiskError("the standby ended without having led.")
