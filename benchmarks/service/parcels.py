"""Synthetic parcels, all different, as requests and files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from pydantic_core import to_json

from benchmarks.service.wire import bearer, keep, request
from data.synthetic import generate, load_scenario
from features.sources.registry import adapter_named
from parcel_risk.worlds import given


class Supply:
    """Parcels of one synthetic world, handed out in portions of which no two share a parcel."""

    def __init__(self, n: int, *, seed: int) -> None:
        """Generate `n` parcels whose last day is yesterday."""
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        self._parcels = generate(load_scenario("baseline"), n_parcels=n, n_days=30, seed=seed, end_on=yesterday).parcels
        self._next = 0

    def take(self, n: int) -> pl.DataFrame:
        """The next `n` parcels.

        Raises
        ------
        ValueError
            When so many are not left.
        """
        portion = self._parcels.slice(self._next, n)
        if portion.height < n:
            raise ValueError(f"{n:,} parcels are asked for and {portion.height:,} are left; generate more of them.")
        self._next += n
        return portion


def bodies(parcels: pl.DataFrame) -> Iterator[bytes]:
    """Each parcel as JSON; the operator is whoever calls."""
    return (to_json(given(row)) for row in parcels.drop("operator").iter_rows(named=True))


def single_requests(file: Path, parcels: pl.DataFrame, key: str) -> Path:
    """`POST /v1/parcels` for each parcel."""
    return keep(file, (request("POST", "/v1/parcels", body, headers=bearer(key)) for body in bodies(parcels)))


def manifest(parcels: Iterable[bytes]) -> bytes:
    """Body of `POST /v1/manifests`."""
    return b'{"parcels": [' + b",".join(parcels) + b"]}"


def manifest_requests(file: Path, parcels: pl.DataFrame, key: str, *, size: int) -> Path:
    """`POST /v1/manifests` for batches of `size` parcels."""
    batches = (manifest(bodies(batch)) for batch in parcels.iter_slices(size))
    return keep(file, (request("POST", "/v1/manifests", body, headers=bearer(key)) for body in batches))


def lookup_requests(file: Path, parcels: pl.DataFrame, key: str, *, seed: int) -> Path:
    """`GET /v1/parcels/{id}` in random order."""
    ids = parcels["parcel_id"].sample(fraction=1.0, shuffle=True, seed=seed)
    return keep(file, (request("GET", f"/v1/parcels/{one}", headers=bearer(key)) for one in ids))


def manifest_file(parcels: pl.DataFrame, format_name: str) -> tuple[bytes, str]:
    """Manifest file and its content type."""
    adapter, file = adapter_named(format_name), io.BytesIO()
    adapter.write(parcels, file)
    return file.getvalue(), adapter.media_type
