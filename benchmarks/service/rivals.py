"""The peers, measured: model servers that score a ready feature row and write nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import polars as pl

from benchmarks.service.driving import Clients
from benchmarks.service.environment import PEERS, prepared, saved_for_mlflow, versions
from benchmarks.service.installation import MODEL
from benchmarks.service.machine import memory_of
from benchmarks.service.measuring import (
    BATCH_S,
    N_CLIENTS,
    Bulk,
    Figures,
    Latency,
    Plan,
    by_batch,
    by_clients,
    under_load,
)
from benchmarks.service.servers import ROOT, Server, ServerError, ask, running
from benchmarks.service.wire import keep, request

Row = Sequence[float]
BULK_ROWS, BULK_CLIENTS = 1_000, 2
"""Batch and clients with which the peers are asked for many rows: one client for each core of a small machine."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A model server.

    Attributes
    ----------
    command:
        How it is started, see `benchmarks.service.servers.running`.
    path:
        Where it scores.
    body:
        Makes the body of a request from feature rows.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    path: str
    body: Callable[[Sequence[Row]], bytes]


def peers(folder: Path) -> list[Peer]:
    """The peers, installed into `folder` where they are not yet."""
    python = prepared(folder).absolute()
    model, known = MODEL / "model.lgb", versions()
    saved = saved_for_mlflow(python, model, folder.absolute())
    names = _golden().columns

    def table(rows: Sequence[Row]) -> bytes:
        # MLflow reads NaN, and not a column of which every value is null.
        return json.dumps({"dataframe_split": {"columns": names, "data": rows}}).encode()

    mlflow = [str(python.parent / "mlflow"), "models", "serve", "-m", str(saved), "-h", "127.0.0.1", "-p", "{port}"]
    # The commands that MLflow runs come from its environment; more threads make single rows slower.
    of_mlflow = {"PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    return [
        Peer(
            name=f"LitServe {known['litserve']}",
            command=[str(python), str(PEERS / "lit.py"), str(model), "{port}"],
            environment={},
            path="/predict",
            body=_rows,
        ),
        *(
            Peer(
                name=f"FastAPI {known['fastapi']}, {kind}, Booster.predict",
                command=[str(python), str(PEERS / "plain.py"), str(model), "{port}", kind],
                environment={},
                path="/predict",
                body=_rows,
            )
            for kind in ("numpy", "pandas")
        ),
        Peer(
            name=f"mlflow models serve {known['mlflow']}",
            command=[*mlflow, "--env-manager", "local"],
            environment=of_mlflow,
            path="/invocations",
            body=table,
        ),
    ]


def _rows(rows: Sequence[Row]) -> bytes:
    written = [[None if math.isnan(value) else value for value in row] for row in rows]
    return json.dumps({"rows": written}).encode()


def _golden() -> pl.DataFrame:
    return pl.read_parquet(MODEL / "golden.parquet").drop("expected_raw").cast(pl.Float64).fill_null(math.nan)


def batches(rows: Sequence[Row], size: int, n: int) -> Iterator[list[Row]]:
    """`n` batches of `size` rows, which are gone through again and again."""
    again = cycle(rows)
    return (list(islice(again, size)) for _ in range(n))


def measure(peer: Peer, plan: Plan, folder: Path, figures: Figures) -> None:
    """Measure one peer; its files go below `folder`."""
    rows = _golden().rows()

    def requests(size: int, n: int) -> Path:
        made = (request("POST", peer.path, peer.body(batch)) for batch in batches(rows, size, n))
        return keep(folder / f"{size}.requests", made)

    files = {size: requests(size, max(1, min(100, 2_000 // size))) for size in plan.batches}
    with _running(peer, folder, rows) as server:
        singles = {n: files[1] for n in N_CLIENTS}
        figures.latencies += by_clients(server, singles, plan, folder, again=True)
        figures.batches += by_batch(server, files, plan, folder, again=True)
        most = max(2 * BULK_CLIENTS, plan.bulk_rows // BULK_ROWS)
        clients = Clients(name="bulk", file=files[BULK_ROWS], clients=BULK_CLIENTS, most=most, again=True)
        bulk = under_load(server, [clients], seconds=BATCH_S, folder=folder, warm_up_s=0.0)["bulk"]
        figures.bulk.append(_bulk(bulk))
        figures.memory[server.name] = memory_of(server.group)


@contextmanager
def _running(peer: Peer, folder: Path, rows: Sequence[Row]) -> Iterator[Server]:
    with running(
        peer.name, peer.command, folder=folder, health="/health", environment={**peer.environment, "PYTHONPATH": ""}
    ) as server:
        status, body = ask(server.port, "POST", peer.path, peer.body(rows), {"Content-Type": "application/json"})
        if status != 200:
            raise ServerError(f"{peer.name} answers feature rows with {status}: {body[:300]!r}")
        check_scores(peer.name, json.loads(body))
        yield server


def check_scores(name: str, answer: Mapping[str, Sequence[float]]) -> None:
    """Compare the scores of the golden rows with those that the bundle expects of them."""
    scores = next(iter(answer.values()))
    raw = pl.read_parquet(MODEL / "golden.parquet")["expected_raw"].to_list()
    if any(abs(given - 1 / (1 + math.exp(-one))) > 1e-9 for given, one in zip(scores, raw, strict=True)):
        raise ServerError(f"{name} gives the golden rows other scores than {MODEL.relative_to(ROOT)} does")


def _bulk(seen: Latency) -> Bulk:
    return Bulk(
        what=seen.what,
        way=f"{BULK_CLIENTS} clients, batches of {BULK_ROWS:,} ready feature rows, score only",
        rows_per_s=seen.per_s * BULK_ROWS,
        cpu_us_per_row=(seen.cpu_ms or 0.0) * 1e3 / BULK_ROWS,
        fsync_ms=seen.fsync_ms,
    )
