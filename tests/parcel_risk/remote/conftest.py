"""A service on the loopback address, for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from parcel_risk.demo import EXAMPLE
from parcel_risk.remote import Service
from parcel_risk.serve import background_service
from serving.settings import Settings
from tests.serving.bare import bare_settings, client_key


@dataclass(frozen=True)
class Place:
    address: str
    key: str
    settings: Settings

    def service(self, address: str = "", waits: list[float] | None = None) -> Service:
        """A client that notes its waits instead of waiting."""
        return Service(address or self.address, self.key, sleep=([] if waits is None else waits).append)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = bare_settings(tmp_path_factory.mktemp("remote")).model_copy(update={"inline_bytes": 20_000})
    key = client_key(settings, "post", "post-a")
    with background_service(settings) as address:
        yield Place(address, key, settings)


def parcel(number: str, **changes: object) -> dict[str, object]:
    return {**EXAMPLE, "parcel_id": number, **changes}
