"""Interrupted at every failpoint, in every way: after a restart the history is the replay of the log."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from features.sources.registry import adapters
from parcel_risk.ingest import ingest_file
from serving.settings import Settings
from serving.store import Store
from tests.builders import a_parcel, parcel_table
from tests.forked import Forked
from tests.manifests import written
from tests.serving.bare import bare_settings, client_key
from tests.serving.conftest import bearer
from tests.serving.crashing import Found, examined, started
from tests.serving.failpoints import FAILPOINTS, SEALING_FAILPOINTS

N = 40
TIMEOUT_S = 240


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    return bare_settings(tmp_path)


def manifest(folder: Path, n: int = N) -> Path:
    """A CSV file of parcels lodged in the past."""
    rows = [a_parcel(parcel_id=f"P-{index}", sender_name=f"Trader {index % 7}") for index in range(n)]
    file = folder / "manifest.csv"
    file.write_bytes(written(adapters()["csv"], parcel_table(rows).drop("line")))
    return file


INGEST = [
    ("before anything is computed", "sigint"),
    ("before the log", "kill"),
    ("before the commit", "failure"),
    ("before the publication", "sigterm"),
    ("in the publication", "sigint"),
    ("behind the publication", "kill"),
    ("-", "full"),
]


@pytest.mark.parametrize(("place", "way"), INGEST)
def test_an_interrupted_file_is_in_the_log_whole_or_not_at_all(
    bare: Settings, tmp_path: Path, place: str, way: str
) -> None:
    Store(bare.database).close()
    process = started(bare, place, way, "ingest", str(manifest(tmp_path)))
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode != 0
    found = examined(bare)
    is_committed = place in FAILPOINTS and FAILPOINTS[place].is_committed
    assert found == Found(n_events=N if is_committed else 0, n_scores=0, faults=())


@contextmanager
def service(settings: Settings, place: str, way: str) -> Iterator[tuple[str, Forked]]:
    """The real service on the loopback address, ended by its own process at the latest."""
    process = started(settings, place, way, "serve")
    try:
        line = next((one for one in process.stdout if one.startswith("station ")), "")
        yield line.split("/station")[0].removeprefix("station "), process
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def post(address: str, path: str, key: str, body: dict[str, Any]) -> int:
    """Status of the answer; 0 when there was none."""
    request = urllib.request.Request(
        address + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json", **bearer(key)}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except OSError:
        return 0


SERVICE = [
    ("between history and feature rows", "kill"),
    ("between log and audit", "sigterm"),
    ("before the commit", "failure"),
    ("before the publication", "kill"),
    ("in the publication", "kill"),
    ("-", "full"),
]


@pytest.mark.parametrize(("place", "way"), SERVICE)
def test_an_interrupted_manifest_is_stored_whole_or_not_at_all(bare: Settings, place: str, way: str) -> None:
    key = client_key(bare, "post", "post-a")
    timeless = {"lodged_at": None, "posted_at": None, "due_at": None, "operator": None}
    items = [
        {name: value for name, value in a_parcel(parcel_id=f"P-{index}", **timeless).items() if value is not None}
        for index in range(N)
    ]
    with service(bare, place, way) as (address, process):
        status = post(address, "/v1/manifests", key, {"parcels": items})
        if way == "kill":
            process.wait(timeout=TIMEOUT_S)
            assert status == 0
    found = examined(bare)
    is_stored = status == 200 or (place in FAILPOINTS and FAILPOINTS[place].is_committed)
    assert found == Found(n_events=N if is_stored else 0, n_scores=N if is_stored else 0, faults=())
    if way in ("failure", "full"):
        assert status >= 500


OUTCOMES = [("before the log", "kill"), ("before the commit", "failure"), ("in the publication", "kill")]


@pytest.mark.parametrize(("place", "way"), OUTCOMES)
def test_an_interrupted_outcome_is_stored_whole_or_not_at_all(
    bare: Settings, tmp_path: Path, place: str, way: str
) -> None:
    loaded = started(bare, "-", "none", "ingest", str(manifest(tmp_path)))
    loaded.communicate("begin\n", timeout=TIMEOUT_S)
    assert loaded.returncode == 0
    key = client_key(bare, "officer", None)
    with service(bare, place, way) as (address, process):
        status = post(address, "/v1/outcomes", key, {"outcomes": [{"parcel_id": "P-3", "result": "found"}]})
        if way == "kill":
            process.wait(timeout=TIMEOUT_S)
    found = examined(bare)  # a stage and the outcome that is derived from it
    assert found == Found(n_events=N + 2 * FAILPOINTS[place].is_committed, n_scores=0, faults=())
    assert (status == 0) if way == "kill" else (status >= 500)


SEGMENT, N_LOG = 1_000, 1_100


@pytest.mark.parametrize("place", ["before the name of the segment is safe", "before the tail is cleared"])
def test_a_log_that_was_being_sealed_is_whole(bare: Settings, tmp_path: Path, place: str) -> None:
    settings = bare.model_copy(update={"segment_events": SEGMENT})
    ingest_file(settings, manifest(tmp_path, N_LOG), None, None, None)
    killed = started(settings, place, "kill", "seal")
    killed.communicate(timeout=TIMEOUT_S)
    assert killed.returncode != 0
    is_sealed = int(SEALING_FAILPOINTS[place].is_committed)
    assert examined(settings) == Found(n_events=N_LOG, n_scores=0, faults=(), n_segments=is_sealed)
