"""A bag of evidence of a running service: both editions as a ZIP, for the API and for the station."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from features.model_store import ModelStore
from serving.office.bags import Files, Order, Render, make
from serving.office.checkpoints import Checkpoints
from serving.office.evidence import Sources
from serving.office.office import Office
from serving.store import Connection, Role
from serving.store.clients import INSPECTING
from serving.store.times import microseconds

MAKING = (*INSPECTING, Role.AUDITOR)
"""Who makes bags of evidence."""


def archive(office: Office, models: ModelStore, kept: Checkpoints, order: Order, render: Render) -> bytes:
    """Make both editions, and note in the audit who asked; return them as a ZIP with a folder of each.

    Raises
    ------
    StoreError
        When no single parcel has the number.
    """

    def sources(connection: Connection) -> Sources:
        return Sources(
            connection=connection,
            vault=office.secrets.vault,
            models=models,
            draw_secret=office.seeds.secret,
            at_us=microseconds(order.at),
            client=order.client,
        )

    @contextmanager
    def write() -> Iterator[Connection]:
        with office.writer.transaction(can_wait=True) as transaction:
            yield transaction.connection

    return _zip(make(office.store, write, sources, kept, order, render))


def _zip(editions: Mapping[str, Files]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for edition, files in editions.items():
            for name, data in files.items():
                written.writestr(f"{edition}/{name}", data)
    return content.getvalue()
