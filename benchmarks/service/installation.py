"""Our service: a throw-away installation with keys, clients and a store, and a real process that serves it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from benchmarks.service.servers import HOST, ROOT, Server, ServerError, ask, running
from benchmarks.service.wire import bearer
from parcel_risk.client import new_client
from serving.keys import make_keys
from serving.settings import Settings, environment_of
from tests.postgres import database
from tests.postgres import server as postgresql_server

MODEL = ROOT / "models" / "reference"
OPERATOR = "post-a"
StoreName = Literal["sqlite", "postgresql"]
STORES: tuple[StoreName, ...] = get_args(StoreName)
BACKFILL_S, JOB_S = 20_000, 1_800
"""Longest backfill and longest job that are waited for."""


@dataclass(frozen=True, kw_only=True)
class Throwaway:
    """An installation below a folder that is removed in the end."""

    settings: Settings
    operator_key: str
    officer_key: str

    @property
    def name(self) -> str:
        """What it is called next to others."""
        return "parcel-risk on PostgreSQL" if self.settings.database_url else "parcel-risk"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that a process of this installation reads."""
        return {
            **environment_of(self.settings),
            "PARCEL_RISK_HOST": HOST,
            "PARCEL_RISK_PORT": "{port}",
            "PYTHONPATH": str(ROOT),
        }


@contextmanager
def url_of(store: StoreName) -> Iterator[str]:
    """URL of an empty store, as settings have it; a server of PostgreSQL runs as long as the block."""
    if store == "sqlite":
        yield ""
        return
    with postgresql_server() as server, database(server) as url:
        yield url


def installed(folder: Path, database_url: str = "") -> Throwaway:
    """Make an installation with the reference model, an operator's key and an officer's."""
    shutil.copytree(MODEL, folder / "models" / MODEL.name)
    settings = Settings(home=folder / "home", models_dir=folder / "models", database_url=database_url)
    make_keys(settings, approver="benchmark")
    return Throwaway(
        settings=settings,
        operator_key=new_client(settings, "benchmark-post", operator=OPERATOR, scores=True),
        officer_key=new_client(settings, "benchmark-officer", role="officer"),
    )


def backfilled(ours: Throwaway, file: Path) -> None:
    """Give the installation a history, by the command."""
    command = [sys.executable, "-m", "parcel_risk", "ingest", str(file)]
    environment = {**os.environ, **ours.environment, "PARCEL_RISK_PORT": "0"}
    subprocess.run(command, check=True, cwd=file.parent, env=environment, stdout=sys.stderr, timeout=BACKFILL_S)


@contextmanager
def serving(ours: Throwaway, folder: Path) -> Iterator[Server]:
    """Run the service as `parcel-risk serve` does: uvicorn, one process, everything durable."""
    command = [sys.executable, "-m", "parcel_risk", "serve"]
    with running(ours.name, command, folder=folder, health="/livez", environment=ours.environment) as server:
        yield server


def lodged_file(server: Server, ours: Throwaway, data: bytes, media_type: str) -> str:
    """Lodge a file as a job; return the address of the job."""
    headers = {**bearer(ours.operator_key), "Content-Type": media_type, "Prefer": "respond-async"}
    status, body = ask(server.port, "POST", "/v1/manifests", data, headers)
    if status != 202:
        raise ServerError(f"the file was answered with {status} instead of 202: {body[:300]!r}")
    return f"/v1/jobs/{json.loads(body)['job_id']}"


def job_done(server: Server, ours: Throwaway, address: str, *, within_s: float = JOB_S) -> int:
    """Wait until a job has ended; return how many rows it took."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        status, body = ask(server.port, "GET", address, headers=bearer(ours.operator_key))
        job = json.loads(body)
        if status != 200 or job["state"] in ("failed", "cancelled"):
            raise ServerError(f"the job ended without success: {body[:300]!r}")
        if job["state"] == "done":
            return int(job["n_taken"])
        time.sleep(0.05)
    ask(server.port, "DELETE", address, headers=bearer(ours.operator_key))
    raise ServerError(f"the job was not done within {within_s:.0f} s and was cancelled. Give a smaller --job-rows.")
